"""What a patient's phone shows that no carrier tells: what they wrote; and which phones something happened on last."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import Message, Patient, Reply, Step, TreatmentSession
from followup.models.owed import IS_OWED, load
from followup.queries import finding, messages
from followup.queries.finding import PatientLine
from followup.terms import Question

_SHARERS = 5
_LATELY = 200  # messages and sessions among which the newest patients are found


def newest(db: Session, *, now: datetime, limit: int) -> list[PatientLine]:
    """Patients whom a message was sent to or whose session was recorded last, the latest first."""
    left = (
        select(Message.left_at, Message.patient_id)
        .where(Message.due_at <= now, Message.left_at.is_not(None), Message.patient_id.is_not(None))
        .order_by(Message.due_at.desc(), Message.id.desc())
        .limit(_LATELY)
    )
    recorded = (
        select(TreatmentSession.recorded_at, TreatmentSession.patient_id)
        .order_by(TreatmentSession.id.desc())
        .limit(_LATELY)
    )
    happened = [(at, patient_id) for query in (left, recorded) for at, patient_id in db.execute(query) if at]
    latest = dict.fromkeys(patient_id for _, patient_id in sorted(happened, reverse=True) if patient_id)
    return finding.lines(db, list(latest)[:limit])


def next_message(db: Session, *, patient: Patient, now: datetime) -> datetime | None:
    """When the next message for a patient is due that leaves as things stand; None if none is owed."""
    owed = messages.views(db, load(db, Message.patient_id == patient.id, IS_OWED, Message.due_at > now), now=now)
    return min((one.due_at for one in owed if not one.blocked), default=None)


def sharers(db: Session, *, patient: Patient) -> list[str]:
    """The given names of others who get their texts on the same number."""
    others = select(Patient.given_name).where(Patient.phone == patient.phone, Patient.id != patient.id)
    return list(db.scalars(others.order_by(Patient.given_name).limit(_SHARERS))) if patient.phone else []


def has_left(db: Session, *, patient: Patient) -> bool:
    """Whether anything was sent to a patient."""
    left = select(Message.id).where(Message.patient_id == patient.id, Message.left_at.is_not(None))
    return db.scalar(left.limit(1)) is not None


def written(db: Session, *, phone: str, limit: int) -> Sequence[Reply]:
    """The last texts that came from a number, oldest first."""
    last = select(Reply).where(Reply.sent_from == phone).order_by(Reply.received_at.desc(), Reply.id.desc())
    return db.scalars(last.limit(limit)).all()[::-1]


def last_question(db: Session, *, message_ids: Sequence[UUID]) -> Question | None:
    """What the last of these messages that asks something asks; they come oldest first."""
    asks = select(Message.id, Step.question).join(Step, Message.step_id == Step.id)
    found = {row.id: row.question for row in db.execute(asks.where(Message.id.in_(message_ids)))}
    return next((question for one in reversed(message_ids) if (question := found.get(one))), None)
