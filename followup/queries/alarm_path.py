"""Would an alarm reach a person? What the lists of who is on call lack, and which notices lately did not arrive."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from followup.models import Alert, Clinic, Message, Patient, Staff
from followup.models.duty import Duty, listed, proof_key
from followup.queries.findings import Finding, Grade, Mend
from followup.terms import Channel, Origin, Role, Status

_LATELY = timedelta(days=1)
_ADDRESS = {Channel.SMS: "number", Channel.EMAIL: "address"}
_DID_NOT_ARRIVE = Status.FAILED, Status.UNDELIVERED, Status.SKIPPED


def deaf(db: Session) -> Iterator[Finding]:
    """Clinics whose patients' alarms nobody would hear."""
    if db.scalar(select(exists().where(Staff.role == Role.ADMIN, Staff.left_at.is_(None)))):
        return
    for clinic in _unlisted(db):
        if db.scalar(select(exists().where(Patient.clinic_id == clinic.id))):
            what = f"{clinic.key} has patients and nobody who is told of alerts."
            yield Finding(Grade.STOP, "alarms", what, _list_somebody(clinic))


def weak(db: Session, *, now: datetime) -> Iterator[Finding]:
    """What makes the way to a person worse than it should be."""
    for clinic in _unlisted(db):
        what = f"{clinic.key} has nobody on call, so that alerts go to administrators alone."
        yield Finding(Grade.WARN, "alarms", what, _list_somebody(clinic))
    duties = listed(db)
    for duty in duties:
        if not duty.staff.phone:
            what = f"{duty.staff.email} is on call for {duty.clinic.key} without a phone, and emails wake nobody."
            run = f"Run `followup staff add {duty.staff.email} --phone NUMBER`."
            mend = Mend(run, f"/settings/staff/{duty.staff.id}#phone", "Give them a number")
            yield Finding(Grade.WARN, "alarms", what, mend)
    yield from _unproven(db, duties, now)
    lost = db.scalar(
        select(func.count())
        .select_from(Alert)
        .join(Message, Message.alert_id == Alert.id)
        .where(Alert.raised_at > now - _LATELY, Message.origin == Origin.ALARM, Message.status.in_(_DID_NOT_ARRIVE))
    )
    if lost:
        what = f"{lost} {'notice' if lost == 1 else 'notices'} of alerts of the last day did not arrive."
        mend = Mend("`followup messages` says why.", "/settings/on-call", "See who is told")
        yield Finding(Grade.WARN, "alarms", what, mend)


def _unlisted(db: Session) -> Iterator[Clinic]:
    listed_ids = {duty.clinic.id for duty in listed(db)}
    for clinic in db.scalars(select(Clinic).order_by(Clinic.key)):
        if clinic.id not in listed_ids:
            yield clinic


def _unproven(db: Session, duties: list[Duty], now: datetime) -> Iterator[Finding]:
    first = {duty.clinic.id: duty for duty in reversed(duties)}
    for duty in first.values():
        for channel in duty.channels:
            keys = [proof_key(duty.clinic, channel, day) for day in (now, now - _LATELY)]
            newest = select(Message).where(Message.once_key.in_(keys)).order_by(Message.due_at.desc()).limit(1)
            test = db.scalars(newest).one_or_none()
            if test and test.status in _DID_NOT_ARRIVE:
                what = f"The daily test of {duty.clinic.key} by {channel} did not reach {duty.staff.email}."
                field = "phone" if channel is Channel.SMS else "email"
                page, label = f"/settings/staff/{duty.staff.id}#{field}", f"Check the {_ADDRESS[channel]}"
                yield Finding(Grade.WARN, "alarms", what, Mend(f"`followup message {test.id}` says why.", page, label))


def _list_somebody(clinic: Clinic) -> Mend:
    run = f"Run `followup staff add EMAIL --phone NUMBER --on-call always --clinic {clinic.key}`."
    return Mend(run, f"/settings/on-call/{clinic.key}", "Put somebody on call")
