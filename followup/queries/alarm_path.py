"""Would an alarm reach a person? What the lists of who is on call lack, and which notices lately did not arrive."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from followup.models import Alert, Clinic, Message, Patient, Staff
from followup.models.duty import Duty, listed, proof_key
from followup.terms import Origin, Role, Status

_LATELY = timedelta(days=1)
_DID_NOT_ARRIVE = Status.FAILED, Status.UNDELIVERED, Status.SKIPPED


def deaf(db: Session) -> Iterator[str]:
    """Clinics whose patients' alarms nobody would hear, as sentences with the mend."""
    if db.scalar(select(exists().where(Staff.role == Role.ADMIN))):
        return
    for clinic in _unlisted(db):
        if db.scalar(select(exists().where(Patient.clinic_id == clinic.id))):
            yield f"{clinic.key} has patients and nobody who is told of alerts; {_mend(clinic)}."


def weak(db: Session, *, now: datetime) -> Iterator[str]:
    """What makes the way to a person worse than it should be, as sentences with the mend."""
    for clinic in _unlisted(db):
        yield f"{clinic.key} has nobody on call, so that alerts go to administrators alone; {_mend(clinic)}."
    duties = listed(db)
    for duty in duties:
        if not duty.staff.phone:
            yield (
                f"{duty.staff.email} is on call for {duty.clinic.key} without a phone, and emails wake nobody; "
                f"run `followup staff add {duty.staff.email} --phone NUMBER`."
            )
    yield from _unproven(db, duties, now)
    lost = db.scalar(
        select(func.count())
        .select_from(Alert)
        .join(Message, Message.alert_id == Alert.id)
        .where(Alert.raised_at > now - _LATELY, Message.origin == Origin.ALARM, Message.status.in_(_DID_NOT_ARRIVE))
    )
    if lost:
        yield f"{lost} notices of alerts of the last day did not arrive; `followup messages` says why."


def _unlisted(db: Session) -> Iterator[Clinic]:
    listed_ids = {duty.clinic.id for duty in listed(db)}
    for clinic in db.scalars(select(Clinic).order_by(Clinic.key)):
        if clinic.id not in listed_ids:
            yield clinic


def _unproven(db: Session, duties: list[Duty], now: datetime) -> Iterator[str]:
    first = {duty.clinic.id: duty for duty in reversed(duties)}
    for duty in first.values():
        for channel in duty.channels:
            keys = [proof_key(duty.clinic, channel, day) for day in (now, now - _LATELY)]
            newest = select(Message).where(Message.once_key.in_(keys)).order_by(Message.due_at.desc()).limit(1)
            test = db.scalars(newest).one_or_none()
            if test and test.status in _DID_NOT_ARRIVE:
                yield (
                    f"The daily test of {duty.clinic.key} by {channel} did not reach {duty.staff.email}; "
                    f"`followup message {test.id}` says why."
                )


def _mend(clinic: Clinic) -> str:
    return f"run `followup staff add EMAIL --phone NUMBER --on-call always --clinic {clinic.key}`"
