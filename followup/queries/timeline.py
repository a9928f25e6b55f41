"""Everything between a clinic and one patient, in one order: by time, and by id where times are the same."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from followup.models import (
    Alert,
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
from followup.models.owed import IS_OWED, load
from followup.queries import alerts, cursors, messages, outcomes, patients, replies, treatments
from followup.queries.alerts import AlertView
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
    ALERT = "alert"
    RESOLUTION = "resolution"


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


@dataclass(frozen=True, slots=True)
class AlertEvent:
    kind: Literal[Kind.ALERT]
    at: Annotated[datetime, Field(description="When it was raised.")]
    alert: AlertView


@dataclass(frozen=True, slots=True)
class ResolutionEvent:
    kind: Literal[Kind.RESOLUTION]
    at: Annotated[datetime, Field(description="When a person resolved the alert.")]
    alert: AlertView


Event = Annotated[
    TreatmentEvent
    | MessageEvent
    | ReceiptEvent
    | ReplyEvent
    | OutcomeEvent
    | ConsentEvent
    | AlertEvent
    | ResolutionEvent,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class Timeline:
    items: Sequence[Event]
    next_cursor: str | None


_Loader = Callable[[Session, Sequence[UUID], datetime], dict[UUID, Event]]
_MOST_COMING = 100


def page(
    db: Session, *, patient_id: UUID, now: datetime, cursor: str | None = None, limit: int = 50
) -> Timeline | None:
    """What happened and what is owed, oldest first; None if there is no such patient. Raises BadCursor.

    A message stands where it left, else where it is due.
    """
    patient = db.get(Patient, patient_id)
    if patient is None:
        return None
    heads = _heads(patient, tuple(Kind)).subquery()
    wanted = select(heads).order_by(heads.c.at, heads.c.id).limit(limit + 1)
    if cursor:
        wanted = wanted.where(tuple_(heads.c.at, heads.c.id) > cursors.after(cursor))
    return _told(db, db.execute(wanted).all(), limit, now, _LOADERS)


def story(
    db: Session,
    *,
    patient: Patient,
    now: datetime,
    kinds: Collection[Kind],
    cursor: str | None = None,
    limit: int = 50,
) -> Timeline:
    """What happened, newest first, each message with its whole life; without what is `coming`. Raises BadCursor."""
    heads = _heads(patient, kinds, ~_is_coming(now)).subquery()
    wanted = select(heads).order_by(heads.c.at.desc(), heads.c.id.desc()).limit(limit + 1)
    if cursor:
        wanted = wanted.where(tuple_(heads.c.at, heads.c.id) < cursors.after(cursor))
    return _told(db, db.execute(wanted).all(), limit, now, _LOADERS | {Kind.MESSAGE: _stories})


def coming(db: Session, *, patient: Patient, now: datetime) -> list[MessageEvent]:
    """What is to leave, and what would have left later had nobody cancelled it: the latest first, 100 at most."""
    ids = select(Message.id).where(Message.patient_id == patient.id, _is_coming(now)).order_by(Message.due_at)
    owed = load(db, Message.id.in_(db.scalars(ids.limit(_MOST_COMING)).all()))
    events = [MessageEvent(Kind.MESSAGE, told.due_at, told) for told in messages.stories(db, owed, now=now)]
    return sorted(events, key=lambda event: (event.at, event.message.id), reverse=True)


def _is_coming(now: datetime) -> ColumnElement[bool]:
    return or_(IS_OWED, and_(Message.left_at.is_(None), Message.due_at > now))


def _told(
    db: Session, rows: Sequence[Row[Any]], limit: int, now: datetime, loaders: Mapping[Kind, _Loader]
) -> Timeline:
    """A page of the heads, of which there is one more than the page holds if it is not the last."""
    shown, last = rows[:limit], rows[limit - 1] if len(rows) > limit else None
    events: dict[tuple[str, UUID], Event] = {}
    for kind, load_these in loaders.items():
        if ids := [row.id for row in shown if row.kind == kind]:
            events |= {(kind.value, one): event for one, event in load_these(db, ids, now).items()}
    return Timeline(
        items=[events[row.kind, row.id] for row in shown],
        next_cursor=cursors.cursor(last.at, last.id) if last else None,
    )


def _heads(patient: Patient, kinds: Collection[Kind], *of_messages: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Kind, id and time of everything about this patient that is of these kinds."""
    left = func.coalesce(Message.left_at, Message.due_at)
    heads = {
        Kind.TREATMENT: _head(Kind.TREATMENT, TreatmentSession, TreatmentSession.ended_at).where(
            TreatmentSession.patient_id == patient.id
        ),
        Kind.MESSAGE: _head(Kind.MESSAGE, Message, left).where(Message.patient_id == patient.id, *of_messages),
        Kind.RECEIPT: _head(Kind.RECEIPT, Receipt, Receipt.received_at)
        .join(Message, Receipt.message_id == Message.id)
        .where(Message.patient_id == patient.id),
        Kind.REPLY: _head(Kind.REPLY, Reply, Reply.received_at).where(Reply.patient_id == patient.id),
        Kind.OUTCOME: _head(Kind.OUTCOME, Outcome, Outcome.measured_at).where(Outcome.patient_id == patient.id),
        Kind.CONSENT: _head(Kind.CONSENT, Consent, Consent.recorded_at).where(Consent.patient_id == patient.id),
        Kind.ALERT: _head(Kind.ALERT, Alert, Alert.raised_at).where(Alert.patient_id == patient.id),
        Kind.RESOLUTION: _head(Kind.RESOLUTION, Alert, Alert.resolved_at).where(
            Alert.patient_id == patient.id, Alert.resolved_at.is_not(None)
        ),
    }
    return union_all(*(heads[kind] for kind in kinds))


def _head(kind: Kind, table: Any, at: ColumnElement[datetime] | InstrumentedAttribute[Any]) -> Select[Any]:
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


def _stories(db: Session, ids: Sequence[UUID], now: datetime) -> dict[UUID, Event]:
    told = messages.stories(db, load(db, Message.id.in_(ids)), now=now)
    return {one.id: MessageEvent(Kind.MESSAGE, one.left_at or one.due_at, one) for one in told}


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


def _alerts(db: Session, ids: Sequence[UUID], now: datetime) -> dict[UUID, Event]:
    found = alerts.look_at(db, alert_ids=ids, now=now)
    return {one.id: AlertEvent(Kind.ALERT, one.raised_at, one) for one in found}


def _resolutions(db: Session, ids: Sequence[UUID], now: datetime) -> dict[UUID, Event]:
    found = alerts.look_at(db, alert_ids=ids, now=now)
    return {one.id: ResolutionEvent(Kind.RESOLUTION, one.resolved_at, one) for one in found if one.resolved_at}


_LOADERS: dict[Kind, _Loader] = {
    Kind.TREATMENT: _treatments,
    Kind.MESSAGE: _messages,
    Kind.RECEIPT: _receipts,
    Kind.REPLY: _replies,
    Kind.OUTCOME: _outcomes,
    Kind.CONSENT: _consents,
    Kind.ALERT: _alerts,
    Kind.RESOLUTION: _resolutions,
}
