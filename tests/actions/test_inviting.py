from datetime import timedelta

from sqlalchemy import select

from followup import models
from followup.actions import inviting
from followup.db import OpenDb, new_id
from followup.models import Message, Staff
from followup.terms import Channel, Role, Status
from tests.builders import LINKS, MONDAY, Clinic


def invited(open_db: OpenDb, clinic: Clinic, **more: str) -> Staff:
    staff = Staff(id=new_id(), email="carla@maple.example", role=Role.DESK, added_at=MONDAY, added_by="test", **more)
    with open_db() as db:
        db.add(staff)
        db.flush()
        inviting.invite(db, staff=staff, now=MONDAY, by="test")
        inviting.invite(db, staff=staff, now=MONDAY, by="test")
    clinic.tick(MONDAY)
    return staff


def test_an_invitation_leaves_once_with_a_link_that_opens(open_db: OpenDb) -> None:
    clinic = Clinic(open_db)
    staff = invited(open_db, clinic)
    [parcel] = clinic.email.sent
    [link] = {word.rstrip(".") for word in parcel.text.split() if "/password/" in word}
    token = link.rpartition("/")[2]

    assert parcel.to == "carla@maple.example"
    assert token in parcel.html
    assert parcel.subject == "Maple Clinic: choose your password"
    assert "Stop these emails" not in parcel.text
    with open_db() as db:
        assert inviting.holder(db, token=token, links=LINKS, now=MONDAY + timedelta(days=6)).id == staff.id


def test_what_is_kept_of_an_invitation_opens_nothing(open_db: OpenDb) -> None:
    clinic = Clinic(open_db)
    invited(open_db, clinic, language="es")
    with open_db() as db:
        message = db.scalars(select(Message).where(Message.channel == Channel.EMAIL)).one()

    assert message.status is Status.SENT
    assert message.body
    assert "/password/link-left-out" in message.body
    assert clinic.email.sent[0].subject == "Maple Clinic: elija su contraseña"


def test_an_invitation_leaves_before_the_clinic_has_an_emergency_number(open_db: OpenDb) -> None:
    clinic = Clinic(open_db)
    with open_db() as db:
        db.scalars(select(models.Clinic)).one().emergency = ""
    invited(open_db, clinic)
    assert len(clinic.email.sent) == 1
