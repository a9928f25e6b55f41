"""What one should know before one answers a patient: the last treatment session, how it went since, and what waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from followup.models import Alert, Message, Outcome, Patient, Staff, TreatmentSession
from followup.models.owed import IS_OWED, load
from followup.queries import messages
from followup.queries.messages import MessageView
from followup.terms import Channel, Measure, Origin, Reason, Status

_LAST_SCORES = 6


@dataclass(frozen=True, slots=True)
class Glance:
    """One patient. `treatment` is the latest session, None before there is one."""

    treatment: TreatmentSession | None
    sessions: int
    pain: Sequence[int]  #: oldest first
    next_visit_at: datetime | None
    held: Sequence[MessageView]  #: prompts that leave once their alerts are closed


@dataclass(frozen=True, slots=True)
class Notice:
    """One person who was told of an alert in one round, and how each notice to them fared."""

    staff: str
    ways: list[tuple[Channel, datetime, Status]]


def look(db: Session, *, patient: Patient, now: datetime) -> Glance:
    """This patient at `now`; a fixed number of queries."""
    stands = (TreatmentSession.patient_id == patient.id, TreatmentSession.cancelled_at.is_(None))
    latest = select(TreatmentSession).where(*stands).order_by(TreatmentSession.ended_at.desc()).limit(1)
    scores = select(Outcome.value).where(Outcome.patient_id == patient.id, Outcome.measure == Measure.PAIN)
    newest = scores.order_by(Outcome.measured_at.desc(), Outcome.id.desc()).limit(_LAST_SCORES)
    owed = messages.views(db, load(db, Message.patient_id == patient.id, IS_OWED), now=now)
    return Glance(
        treatment=db.scalars(latest).one_or_none(),
        sessions=db.scalar(select(func.count()).select_from(TreatmentSession).where(*stands)) or 0,
        pain=db.scalars(newest).all()[::-1],
        next_visit_at=patient.next_visit_at,
        held=[each for each in owed if each.blocked is Reason.OPEN_ALERT],
    )


def open_alerts(db: Session, *, patient_id: UUID | None, alert_ids: Sequence[UUID] = ()) -> Sequence[Alert]:
    """The alerts of a patient, or of these those that nobody knows whose they are, that are still open; oldest first."""
    whose = Alert.patient_id == patient_id
    if patient_id is None:
        whose = Alert.patient_id.is_(None) & Alert.id.in_(alert_ids)
    return db.scalars(select(Alert).where(whose, Alert.resolved_at.is_(None)).order_by(Alert.raised_at, Alert.id)).all()


def notices(db: Session, *, alert_ids: Sequence[UUID]) -> Mapping[UUID | None, Sequence[Notice]]:
    """Whom each of these alerts was told to, in that order."""
    told: dict[UUID | None, dict[tuple[UUID, datetime], Notice]] = {alert_id: {} for alert_id in alert_ids}
    rows = db.execute(
        select(Message, Staff)
        .join(Staff, Message.staff_id == Staff.id)
        .where(Message.alert_id.in_(alert_ids), Message.origin == Origin.ALARM)
        .order_by(Message.nominal_at, Message.id)
    )
    for message, staff in rows:
        notice = told[message.alert_id].setdefault((staff.id, message.nominal_at), Notice(staff.shown_name, []))
        notice.ways.append((message.channel, message.left_at or message.due_at, message.status))
    return {alert_id: list(notices.values()) for alert_id, notices in told.items()}
