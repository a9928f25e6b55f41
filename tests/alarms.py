"""Staff on call and alerts, for tests of what comes of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from followup.actions import alarms, alerting, staffing
from followup.actions.staffing import StaffEntry
from followup.models import Alert, Clinic as Location, Message, Patient, Reply, Staff
from followup.terms import AlertCause, Channel, Label, Origin, Status
from tests.builders import MONDAY, Clinic

FIRST, SECOND, THIRD = "first@maple.example", "second@maple.example", "third@maple.example"


def put_on_call(
    clinic: Clinic, email: str = FIRST, *, phone: str | None = None, hours: str = "", key: str = "maple", **said: Any
) -> Staff:
    """A member of staff at the end of a clinic's list."""
    with clinic.open_db() as db:
        place = staffing.find_clinic(db, key)
        entry = replace(StaffEntry(email=email, phone=phone), **said)
        staff = staffing.put_staff(db, entry=entry, country="US", now=MONDAY, by="test")
        staffing.put_on_call(db, clinic=place, staff=staff, hours=hours, now=MONDAY, by="test")
    return staff


def location(clinic: Clinic, key: str = "maple") -> Location:
    with clinic.open_db() as db:
        return db.scalars(select(Location).where(Location.key == key)).one()


def patient(clinic: Clinic) -> Patient:
    """Who was recorded last."""
    with clinic.open_db() as db:
        return db.scalars(select(Patient).order_by(Patient.id.desc()).limit(1)).one()


def raise_one(
    clinic: Clinic, label: Label = Label.NERVE, /, *, now: datetime = MONDAY, once_key: str = "test", **more: Any
) -> UUID:
    """An alert of the sample clinic, of nobody in particular unless `more` says of whom."""
    with clinic.open_db() as db:
        fields: dict[str, Any] = {
            "cause": AlertCause.REPLY,
            "clinic": staffing.find_clinic(db, "maple"),
            "patient": None,
        } | more
        return alerting.raise_alert(db, once_key=once_key, label=label, now=now, **fields).id


def hear(
    clinic: Clinic, label: Label, *, now: datetime, who: Patient | None = None, sent_from: str = "+12125550123"
) -> tuple[UUID, bool]:
    """A reply that says something of this kind, already understood; the alert, and whether it is new."""
    with clinic.open_db() as db:
        reply = Reply(
            channel=Channel.SMS,
            reference=f"IN-{sent_from}-{label}-{now}",
            sent_from=sent_from,
            sent_to="+15005550006",
            body="…",
            raw={},
            received_at=now,
            patient_id=who.id if who else None,
        )
        db.add(reply)
        db.flush()
        place = db.get(Location, who.clinic_id) if who else None
        alert, is_new = alerting.hear(db, reply=reply, label=label, clinic=place, patient=who, now=now)
        return alert.id, is_new


def escalate(clinic: Clinic, now: datetime) -> int:
    with clinic.open_db() as db:
        return alarms.escalate(db, now=now)


def prove(clinic: Clinic, now: datetime) -> int:
    with clinic.open_db() as db:
        return alarms.prove(db, now=now)


def take(clinic: Clinic, alert_id: UUID, *, by: str = "Lee", now: datetime = MONDAY) -> None:
    with clinic.open_db() as db:
        alerting.take(db, alert=db.get_one(Alert, alert_id), by=by, now=now)


def resolve(clinic: Clinic, alert_id: UUID, *, by: str = "Lee", note: str = "Called.", now: datetime = MONDAY) -> None:
    with clinic.open_db() as db:
        alerting.resolve(db, alert=db.get_one(Alert, alert_id), by=by, note=note, now=now)


def alert(clinic: Clinic, alert_id: UUID) -> Alert:
    with clinic.open_db() as db:
        return db.get_one(Alert, alert_id)


def notices(clinic: Clinic, *, at: datetime | None = None) -> Sequence[tuple[str, str, str]]:
    """To whom, on which channel and with which wording staff were told, all of it or at one instant."""
    with clinic.open_db() as db:
        query = select(Staff.email, Message.channel, Message.wording).join(Staff, Message.staff_id == Staff.id)
        if at is not None:
            query = query.where(Message.nominal_at == at)
        rows = db.execute(query.where(Message.origin == Origin.ALARM).order_by(Message.id))
        return [(email, channel, wording) for email, channel, wording in rows]


def told(clinic: Clinic, at: datetime) -> set[str]:
    """Who was told at an instant."""
    return {email for email, *_ in notices(clinic, at=at)}


def waiting(clinic: Clinic, alert_id: UUID) -> int:
    """How many notices of an alert have not left and will."""
    with clinic.open_db() as db:
        query = select(Message.id).where(Message.alert_id == alert_id, Message.status == Status.SCHEDULED)
        return len(db.scalars(query).all())
