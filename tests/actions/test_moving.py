"""What becomes of a reply that was given to the wrong patient."""

from datetime import datetime

import pytest
from sqlalchemy import select

from followup.actions import alerting, moving, relabelling
from followup.actions.moving import Unmovable
from followup.actions.whose import Assigned
from followup.models import Alert, AuditEntry, Message, Outcome, Patient, Reply
from followup.models.facts import latest_consents
from followup.terms import Channel, Consented, Label, Origin, Purpose, Status
from tests.builders import PHONE, Clinic, local

NOON = local(7, 12)
OTHER = "+12125550177"


@pytest.fixture
def two(clinic: Clinic) -> Clinic:
    """Sam, and Alex with another phone; both have been asked for a score, and Sam's phone is Alex's today."""
    clinic.record("T1", patient={"given_name": "Sam", "external_id": "Sam"})
    clinic.record("T2", patient={"given_name": "Alex", "external_id": "Alex", "phone": OTHER})
    return clinic


def named(clinic: Clinic, name: str) -> Patient:
    with clinic.open_db() as db:
        return db.scalars(select(Patient).where(Patient.given_name == name)).one()


def newest(clinic: Clinic) -> Reply:
    with clinic.open_db() as db:
        return db.scalars(select(Reply).order_by(Reply.id.desc()).limit(1)).one()


def alerts(clinic: Clinic) -> list[Alert]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Alert).order_by(Alert.id)))


def move(clinic: Clinic, now: datetime, *, to: str = "Alex", was: str = "Sam") -> list[str]:
    reply_id, to_id, was_id = newest(clinic).id, named(clinic, to).id, named(clinic, was).id
    with clinic.open_db() as db:
        patient = db.get_one(Patient, to_id, with_for_update=True)
        reply = relabelling.lock(db, reply_id)
        assert reply
        stays = moving.move(db, reply=reply, patient=patient, was=was_id, by="kim", now=now)
    clinic.read(now)
    return list(stays)


def test_a_score_is_measured_for_the_right_patient(two: Clinic) -> None:
    two.run_to(local(14, 10))
    two.reply("4", now=local(14, 11))
    stays = move(two, local(14, 12))
    with two.open_db() as db:
        score = db.scalars(select(Outcome)).one()
        noted = db.scalars(select(AuditEntry).where(AuditEntry.did == "move")).one()
    assert (score.patient_id, score.value) == (named(two, "Alex").id, 4)
    assert newest(two).answers_id == two.message("pain-score", "T2").id
    assert (noted.did_by, noted.details["scores"]) == ("kim", {"pain_0_10": 4})
    assert "It had counted as an answer of Sam" in stays[-1]


def test_an_alert_that_nobody_has_follows_and_holds_the_right_prompts(two: Clinic) -> None:
    two.reply("my foot is numb", now=NOON)
    move(two, NOON)
    [alert] = alerts(two)
    assert (alert.patient_id, alert.label, alert.once_key) == (
        named(two, "Alex").id,
        Label.NERVE,
        f"reply:{newest(two).id}",
    )
    assert newest(two).alert_id == alert.id


def test_an_alert_that_somebody_has_stays_and_the_right_patient_gets_their_own(two: Clinic) -> None:
    two.reply("my foot is numb", now=NOON)
    with two.open_db() as db:
        alerting.take(db, alert=db.scalars(select(Alert)).one(), by="Kim", now=NOON)
    stays = move(two, NOON)
    old, new = alerts(two)
    assert (old.patient_id, old.taken_by) == (named(two, "Sam").id, "Kim")
    assert (new.patient_id, new.taken_by, newest(two).alert_id) == (named(two, "Alex").id, None, new.id)
    assert stays[0].startswith("An alert of Sam")


def test_an_answer_that_has_not_left_is_cancelled_and_another_goes_to_the_right_phone(two: Clinic) -> None:
    two.reply("my foot is numb", now=NOON)
    move(two, NOON)
    with two.open_db() as db:
        said = db.scalars(select(Message).where(Message.origin == Origin.REPLY).order_by(Message.id)).all()
    assert [(one.patient_id, one.status) for one in said] == [
        (named(two, "Sam").id, Status.CANCELLED),
        (named(two, "Alex").id, Status.SCHEDULED),
    ]


def test_a_stop_holds_for_both(two: Clinic) -> None:
    two.reply("STOP", now=NOON)
    stays = move(two, NOON)
    both = [named(two, name).id for name in ("Sam", "Alex")]
    with two.open_db() as db:
        held = latest_consents(db, both)
    for each in both:
        assert held[each, Channel.SMS, Purpose.CARE] is Consented.WITHDRAWN
        assert held[each, Channel.EMAIL, Purpose.CARE] is Consented.GIVEN
    assert any("The STOP in it holds for both" in line for line in stays)


def test_a_worry_that_was_let_go_holds_again(two: Clinic) -> None:
    two.run_to(local(8, 10))
    two.reply("C", now=local(8, 11))
    two.run_to(local(9, 10))
    two.reply("GONE", now=local(9, 11))
    assert alerts(two)[0].released_at == local(9, 11)
    move(two, local(9, 12))
    assert alerts(two)[0].released_at is None


def test_of_two_who_move_it_the_second_is_refused_and_a_form_is_its_patients(two: Clinic) -> None:
    two.reply("thanks", now=NOON, sent_from=PHONE)
    assert move(two, NOON, to="Sam") == []
    move(two, NOON)
    with pytest.raises(Assigned):
        move(two, NOON)
    with two.open_db() as db:
        db.scalars(select(Reply)).one().channel = Channel.EMAIL
    with pytest.raises(Unmovable):
        move(two, NOON, to="Sam", was="Alex")
