"""Alerts: raised once for each thing that a person must see, taken by one person, and resolved with a note.

Whoever changes an alert locks it first, so that of two people, or of a person and the tick, one wins and the other sees.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from followup.actions import alarms, auditing, notices
from followup.db import new_id, on_postgresql
from followup.models import Alert, Clinic, Message, Patient, Reply, Staff
from followup.models.owed import IS_OWED
from followup.rules import escalation
from followup.terms import AlertCause, Label, Origin

_AS_IT_IS = {"populate_existing": True}  # under the lock, whatever was read before
BY_NOTICE = "reply to the notice"  #: in the audit log: through what an alert was taken


class AlreadyTaken(Exception):
    """Someone else was faster; the text says who and when."""


class Unsigned(ValueError):
    """A name, or the note of what was done, is missing."""


def raise_alert(
    db: Session,
    *,
    once_key: str,
    cause: AlertCause,
    label: Label,
    clinic: Clinic | None,
    patient: Patient | None,
    now: datetime,
    must_phone: bool = False,
) -> Alert:
    """The alert of this key. A new one starts its clock, and if it is a worry the first person is told."""
    dialect = postgresql if on_postgresql(db) else sqlite
    insert = dialect.insert(Alert).on_conflict_do_nothing(index_elements=["once_key"])
    db.flush()
    made = db.scalar(
        insert.values(
            id=new_id(),
            once_key=once_key,
            clinic_id=clinic.id if clinic else None,
            patient_id=patient.id if patient else None,
            cause=cause,
            label=label,
            must_phone=must_phone,
            raised_at=now,
            answer_by=now,
        ).returning(Alert.id)
    )
    alert = db.scalars(select(Alert).where(Alert.once_key == once_key).with_for_update()).one()
    if made:
        alarms.start_clock(db, alert=alert, now=now)
    return alert


def hear(
    db: Session,
    *,
    reply: Reply,
    label: Label,
    clinic: Clinic | None,
    patient: Patient | None,
    now: datetime,
    must_phone: bool = False,
) -> tuple[Alert, bool]:
    """The alert that a reply belongs to, and whether it says anything new: a new worry, a worse one, or one come back.

    It joins what the same person wrote before as long as nobody has taken that. A reply that is read again stays with
    its alert.
    """
    if patient:  # two replies at once must not raise two alerts
        db.execute(select(Patient.id).where(Patient.id == patient.id).with_for_update())
    known = _of(db, reply)
    alert = known or _joinable(db, reply, patient, label)
    if alert is None:
        is_new = True
        alert = raise_alert(
            db,
            once_key=f"reply:{reply.id}",
            cause=AlertCause.REPLY,
            label=label,
            clinic=clinic,
            patient=patient,
            now=now,
            must_phone=must_phone,
        )
    else:
        if alert.patient_id is None and patient:
            alert.patient_id, alert.clinic_id = patient.id, patient.clinic_id
        alert.must_phone = alert.must_phone or must_phone
        is_back = known is None and alert.released_at is not None
        is_new = alert.taken_at is None and _renew(db, alert, label, now, is_back=is_back)
    reply.alert_id = alert.id
    return alert, is_new


def release(db: Session, *, patient: Patient, now: datetime) -> None:
    """The patient says that it is gone: nerve alerts hold no prompts any more. They stay open for a person."""
    alerts = select(Alert).where(
        Alert.patient_id == patient.id,
        Alert.label == Label.NERVE,
        Alert.resolved_at.is_(None),
        Alert.released_at.is_(None),
    )
    for alert in db.scalars(alerts.order_by(Alert.id).with_for_update(), execution_options=_AS_IT_IS):
        alert.released_at = now
        let_go(db, alert)


def take(db: Session, *, alert: Alert, by: str, now: datetime, via: str = "") -> None:
    """Somebody looks after it, and nobody else is told any more. Taking again what one has changes nothing.

    `via` is what the name came through: a key of the API, the command line. Raises AlreadyTaken or Unsigned.
    """
    name = _signed(by, "a name")
    _lock(db, alert)
    if alert.taken_by == name and not alert.resolved_at:
        return
    if alert.taken_at:
        raise AlreadyTaken(_who(alert))
    _take(db, alert, name, now)
    auditing.note(db, did="take", subject="alert", subject_id=alert.id, now=now, by=name, details={"via": via})


def take_over(db: Session, *, alert: Alert, was: str, by: str, now: datetime, via: str = "") -> None:
    """Look after what a colleague (`was`) has; the audit log names both.

    Raises AlreadyTaken if someone else has it by now, or has resolved it, or Unsigned.
    """
    name = _signed(by, "a name")
    _lock(db, alert)
    if alert.taken_by == name and not alert.resolved_at:
        return
    if alert.taken_by != was or alert.resolved_at:
        raise AlreadyTaken(_who(alert))
    _take(db, alert, name, now)
    details = {"from": was, "via": via}
    auditing.note(db, did="take over", subject="alert", subject_id=alert.id, now=now, by=name, details=details)


def resolve(db: Session, *, alert: Alert, by: str, note: str, now: datetime, via: str = "") -> None:
    """Close it for good, with what was done. Whoever resolves what nobody has taken has taken it.

    The same person may say the same twice. Raises AlreadyTaken if it is resolved otherwise, or Unsigned.
    """
    name, said = _signed(by, "a name"), _signed(note, "a note of what was done")
    _lock(db, alert)
    if alert.resolved_at and (alert.resolved_by, alert.note) == (name, said):
        return
    if alert.resolved_at:
        raise AlreadyTaken(_who(alert))
    if alert.taken_at is None:
        _take(db, alert, name, now)
    alert.resolved_at, alert.resolved_by, alert.note = now, name, said
    let_go(db, alert)
    auditing.note(db, did="resolve", subject="alert", subject_id=alert.id, now=now, by=name, details={"via": via})


def shown(alert: Alert) -> dict[str, str]:
    """How far people have come with it, as a form shows it; for `versions`."""
    return {"taken by": alert.taken_by or "", "resolved by": alert.resolved_by or ""}


def lock(db: Session, alert_id: UUID) -> Alert | None:
    """An alert as it is now, locked; None if there is no such one."""
    return db.get(Alert, alert_id, with_for_update=True, populate_existing=True)


def take_by_reply(db: Session, *, staff: Staff, body: str, now: datetime) -> Alert | None:
    """The alert that a member of staff takes by answering its notice: of those that nobody has, the one told last.

    None if the words say anything else, or if there is none.
    """
    if not escalation.takes(body):
        return None
    alert = db.scalars(
        select(Alert)
        .join(Message, Message.alert_id == Alert.id)
        .where(Alert.taken_at.is_(None), Alert.resolved_at.is_(None))
        .where(Message.staff_id == staff.id, Message.origin == Origin.ALARM, Message.left_at.is_not(None))
        .order_by(Message.left_at.desc(), Message.id.desc())
        .limit(1)
        .with_for_update(of=Alert),
        execution_options=_AS_IT_IS,
    ).one_or_none()
    if alert:
        take(db, alert=alert, by=staff.name or staff.email, now=now, via=BY_NOTICE)
    return alert


def _take(db: Session, alert: Alert, name: str, now: datetime) -> None:
    alert.taken_at, alert.taken_by, alert.next_at = now, name, None
    notices.call_off(db, alert=alert, now=now, by=name)


def let_go(db: Session, alert: Alert) -> None:
    """What it held is judged again with the next tick, not when its wait runs out."""
    held = update(Message).where(Message.patient_id == alert.patient_id, IS_OWED, Message.tries == 0)
    db.execute(held.values(next_try_at=None), execution_options={"synchronize_session": False})


def _of(db: Session, reply: Reply) -> Alert | None:
    """The alert that this reply raised or joined when it was read before."""
    mine = Alert.once_key == f"reply:{reply.id}"
    return db.scalars(
        select(Alert).where(mine if reply.alert_id is None else Alert.id == reply.alert_id).with_for_update(),
        execution_options=_AS_IT_IS,
    ).one_or_none()


def _joinable(db: Session, reply: Reply, patient: Patient | None, label: Label) -> Alert | None:
    """What the same person wrote before and nobody has taken: the mildest that is severe enough, else the worst."""
    if patient:
        same = Alert.patient_id == patient.id
    else:
        theirs = select(Reply.alert_id).where(Reply.sent_from == reply.sent_from, Reply.alert_id.is_not(None))
        same = Alert.patient_id.is_(None) & Alert.id.in_(theirs)
    found = db.scalars(
        select(Alert)
        .where(same, Alert.cause == AlertCause.REPLY, Alert.taken_at.is_(None), Alert.resolved_at.is_(None))
        .order_by(Alert.id)
        .with_for_update(),
        execution_options=_AS_IT_IS,
    ).all()
    severe = [alert for alert in found if not escalation.is_worse(label, alert.label)]
    return max(severe, key=_severity, default=None) or min(found, key=_severity, default=None)


def _severity(alert: Alert) -> int:
    return list(Label).index(alert.label)


def _renew(db: Session, alert: Alert, label: Label, now: datetime, *, is_back: bool) -> bool:
    """Start the clock anew if it got worse, or came back after it was gone."""
    is_worse = escalation.is_worse(label, alert.label)
    if not (is_worse or is_back):
        return False
    alert.released_at = None
    if is_worse:
        alert.label = label
    if alert.label.is_worry:
        alarms.start_clock(db, alert=alert, now=now, not_after=None if is_back else alert.answer_by)
    return True


def _lock(db: Session, alert: Alert) -> None:
    db.refresh(alert, with_for_update=True)


def _signed(text: str, what: str) -> str:
    if not text.strip():
        raise Unsigned(f"{what} is missing; alerts are taken and resolved by people who sign")
    return text.strip()


def _who(alert: Alert) -> str:
    resolved = alert.resolved_at is not None
    who, at = (alert.resolved_by, alert.resolved_at) if resolved else (alert.taken_by, alert.taken_at)
    return f"alert {alert.id} was {'resolved' if resolved else 'taken'} by {who} at {at:%Y-%m-%d %H:%M} UTC"
