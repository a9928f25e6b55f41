"""Everything between a clinic and one patient, in one order: by time, and by id where times are the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, CompoundSelect, Select, func, literal, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from followup.models import (
    Clinic,
    Consent,
    Enrolment,
    Message,
    Outcome,
    Patient,
    Plan,
    Receipt,
    Reply,
    TreatmentSession,
)
from followup.models.owed import load
from followup.queries import cursors, messages, outcomes, patients, replies, treatments
from followup.queries.messages import MessageView, ReceiptView
from followup.queries.outcomes import OutcomeView
from followup.queries.patients import ConsentView
from followup.queries.replies import ReplyView
from followup.queries.treatments import TreatmentSummary


class Kind(StrEnum):
    """What happened, or will."""

    TREATMENT = "treatment"
    MESSAGE = "message"
    RECEIPT = "receipt"
    REPLY = "reply"
    OUTCOME = "outcome"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class TreatmentEvent:
    kind: Literal[Kind.TREATMENT]
    at: Annotated[datetime, Field(description="When the treatment session ended.")]
    treatment: TreatmentSummary


@dataclass(frozen=True, slots=True)
class MessageEvent:
    kind: Literal[Kind.MESSAGE]
    at: Annotated[datetime, Field(description="When the message left, or is due.")]
    message: MessageView


@dataclass(frozen=True, slots=True)
class ReceiptEvent:
    kind: Literal[Kind.RECEIPT]
    at: Annotated[datetime, Field(description="When the receipt came.")]
    message: Annotated[UUID, Field(description="The message that it is about.")]
    receipt: ReceiptView


@dataclass(frozen=True, slots=True)
class ReplyEvent:
    kind: Literal[Kind.REPLY]
    at: Annotated[datetime, Field(description="When the reply came.")]
    reply: ReplyView


@dataclass(frozen=True, slots=True)
class OutcomeEvent:
    kind: Literal[Kind.OUTCOME]
    at: Annotated[datetime, Field(description="When it was measured.")]
    outcome: OutcomeView


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    kind: Literal[Kind.CONSENT]
    at: Annotated[datetime, Field(description="When it was recorded.")]
    consent: ConsentView


Event = Annotated[
    TreatmentEvent | MessageEvent | ReceiptEvent | ReplyEvent | OutcomeEvent | ConsentEvent,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class Timeline:
    items: Sequence[Event]
    next_cursor: str | None


def page(
    db: Session, *, patient_id: UUID, now: datetime, cursor: str | None = None, limit: int = 50
) -> Timeline | None:
    """What happened and what is owed, oldest first; None if there is no such patient. Raises BadCursor.

    A message stands where it left, else where it is due.
    """
    patient = db.get(Patient, patient_id)
    if patient is None:
        return None
    heads = _heads(patient).subquery()
    wanted = select(heads).order_by(heads.c.at, heads.c.id).limit(limit + 1)
    if cursor:
        wanted = wanted.where(tuple_(heads.c.at, heads.c.id) > cursors.after(cursor))
    rows = db.execute(wanted).all()
    shown, last = rows[:limit], rows[limit - 1] if len(rows) > limit else None
    events: dict[UUID, Event] = {}
    for kind, load_these in _LOADERS.items():
        if ids := [row.id for row in shown if row.kind == kind]:
            events |= load_these(db, ids, now)
    return Timeline(
        items=[events[row.id] for row in shown],
        next_cursor=cursors.cursor(last.at, last.id) if last else None,
    )


def _heads(patient: Patient) -> CompoundSelect[Any]:
    """Kind, id and time of everything about this patient."""
    left = func.coalesce(Message.left_at, Message.due_at)
    return union_all(
        _head(Kind.TREATMENT, TreatmentSession, TreatmentSession.ended_at).where(
            TreatmentSession.patient_id == patient.id
        ),
        _head(Kind.MESSAGE, Message, left).where(Message.patient_id == patient.id),
        _head(Kind.RECEIPT, Receipt, Receipt.received_at)
        .join(Message, Receipt.message_id == Message.id)
        .where(Message.patient_id == patient.id),
        _head(Kind.REPLY, Reply, Reply.received_at).where(Reply.patient_id == patient.id),
        _head(Kind.OUTCOME, Outcome, Outcome.measured_at).where(Outcome.patient_id == patient.id),
        _head(Kind.CONSENT, Consent, Consent.recorded_at).where(Consent.patient_id == patient.id),
    )


def _head(kind: Kind, table: Any, at: ColumnElement[datetime] | InstrumentedAttribute[datetime]) -> Select[Any]:
    return select(literal(kind.value).label("kind"), table.id.label("id"), at.label("at")).select_from(table)


def _treatments(db: Session, ids: Sequence[UUID], _now: datetime) -> dict[UUID, Event]:
    rows = db.execute(
        select(TreatmentSession, Clinic, Plan)
        .join(Clinic, TreatmentSession.clinic_id == Clinic.id)
        .join(Enrolment, Enrolment.treatment_id == TreatmentSession.id)
        .join(Plan, Enrolment.plan_id == Plan.id)
        .where(TreatmentSession.id.in_(ids))
    )
    return {
        one.id: TreatmentEvent(Kind.TREATMENT, one.ended_at, treatments.summary(one, clinic, plan))
        for one, clinic, plan in rows
    }


def _messages(db: Session, ids: Sequence[UUID], now: datetime) -> dict[UUID, Event]:
    views = messages.views(db, load(db, Message.id.in_(ids)), now=now)
    return {view.id: MessageEvent(Kind.MESSAGE, view.left_at or view.due_at, view) for view in views}


def _receipts(db: Session, ids: Sequence[UUID], _now: datetime) -> dict[UUID, Event]:
    rows = db.scalars(select(Receipt).where(Receipt.id.in_(ids)))
    return {
        one.id: ReceiptEvent(Kind.RECEIPT, one.received_at, one.message_id, messages.receipt_view(one)) for one in rows
    }


def _replies(db: Session, ids: Sequence[UUID], _now: datetime) -> dict[UUID, Event]:
    rows = db.scalars(select(Reply).where(Reply.id.in_(ids)))
    return {one.id: ReplyEvent(Kind.REPLY, one.received_at, replies.view(one)) for one in rows}


def _outcomes(db: Session, ids: Sequence[UUID], _now: datetime) -> dict[UUID, Event]:
    return {one.id: OutcomeEvent(Kind.OUTCOME, one.measured_at, one) for one in outcomes.views(db, ids)}


def _consents(db: Session, ids: Sequence[UUID], _now: datetime) -> dict[UUID, Event]:
    rows = db.scalars(select(Consent).where(Consent.id.in_(ids)))
    return {one.id: ConsentEvent(Kind.CONSENT, one.recorded_at, patients.consent_view(one)) for one in rows}


_LOADERS: dict[Kind, Callable[[Session, Sequence[UUID], datetime], dict[UUID, Event]]] = {
    Kind.TREATMENT: _treatments,
    Kind.MESSAGE: _messages,
    Kind.RECEIPT: _receipts,
    Kind.REPLY: _replies,
    Kind.OUTCOME: _outcomes,
    Kind.CONSENT: _consents,
}
