"""What staff do to one message on a page, only while it is what they were shown: the second of two people is told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import auditing, changing, settling, versions
from followup.actions.changing import NotFound, TooLate
from followup.models import Message, Patient
from followup.terms import Status


def version_of(status: Status, due_at: datetime) -> str:
    """What a form about a message remembers of it."""
    return versions.version_of(_shown(status, due_at))


def cancel(db: Session, *, message_id: UUID, version: str, now: datetime, by: str) -> Message:
    """Let it never leave. Raises NotFound, ChangedMeanwhile, TooLate."""
    _lock(db, message_id, version)
    return changing.cancel_message(db, message_id=message_id, now=now, by=by)


def move(db: Session, *, message_id: UUID, version: str, due_at: datetime, now: datetime, by: str) -> Message:
    """Let it leave at another time, if that is before it expires. Raises NotFound, ChangedMeanwhile, TooLate."""
    _lock(db, message_id, version)
    return changing.reschedule_message(db, message_id=message_id, due_at=due_at, now=now, by=by)


def send_now(db: Session, *, message_id: UUID, version: str, now: datetime, by: str) -> Message:
    """Let it leave with the next tick, if it may. Raises NotFound, ChangedMeanwhile, TooLate."""
    _lock(db, message_id, version)
    return changing.send_now(db, message_id=message_id, now=now, by=by)


def settle(db: Session, *, message_id: UUID, was_sent: bool, now: datetime, by: str) -> Message:
    """Say whether it went; it is not sent again either way. Raises NotFound, CannotSettle."""
    message = _lock(db, message_id)
    settling.settle_by_hand(db, message=message, was_sent=was_sent, now=now, by=by)
    return message


def restore(db: Session, *, message_id: UUID, now: datetime, by: str) -> Message:
    """Take back that a person cancelled it. Raises NotFound, or TooLate once it would no longer be right."""
    message = _lock(db, message_id)
    if message.status is not Status.CANCELLED or now >= message.expires_at:
        raise TooLate(f"message {message_id} is {message.status}; only a cancelled one that has not expired comes back")
    message.status, message.cancelled_at, message.cancelled_by = Status.SCHEDULED, None, None
    message.due_at = max(message.due_at, now)
    auditing.note(db, did="restore", subject="message", subject_id=message.id, now=now, by=by)
    return message


def _shown(status: Status, due_at: datetime) -> dict[str, str]:
    return {"status": status, "due_at": due_at.isoformat()}


def _lock(db: Session, message_id: UUID, version: str | None = None) -> Message:
    """The patient first, as everywhere, so that the engine and we wait for each other instead of blocking."""
    of_patient = select(Message.patient_id).where(Message.id == message_id).scalar_subquery()
    db.execute(select(Patient.id).where(Patient.id == of_patient).with_for_update())
    message = db.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None or message.patient_id is None:
        raise NotFound(f"there is no message {message_id} to a patient")
    if version is not None:
        versions.check(_shown(message.status, message.due_at), version)
    return message
