"""Alerts as staff and a clinic's other software see them: what needs a person, how soon, and who has it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from followup.models import Alert, Clinic, Reply
from followup.queries import cursors
from followup.queries.cursors import BadCursor
from followup.terms import AlertCause, Label

_SEVERITIES = list(Label)
how_bad = case({label: place for place, label in enumerate(_SEVERITIES)}, value=Alert.label)  #: 0 is the worst


class AlertStatus(StrEnum):
    """How far people have come with an alert."""

    OPEN = "open"  #: nobody has it
    TAKEN = "taken"
    RESOLVED = "resolved"


_WHERE: dict[AlertStatus, ColumnElement[bool]] = {
    AlertStatus.OPEN: and_(Alert.resolved_at.is_(None), Alert.taken_at.is_(None)),
    AlertStatus.TAKEN: and_(Alert.resolved_at.is_(None), Alert.taken_at.is_not(None)),
    AlertStatus.RESOLVED: Alert.resolved_at.is_not(None),
}


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert without anything that names its patient."""

    id: UUID
    status: AlertStatus
    label: Annotated[Label, Field(description="How bad it is, as far as we can tell; it may only get worse.")]
    cause: AlertCause
    clinic: Annotated[str | None, Field(description="Null while nobody knows whose it is: it is everyone's.")]
    patient: Annotated[UUID | None, Field(description="Null while nobody knows who wrote.")]
    replies: Annotated[Sequence[UUID], Field(description="What was written, oldest first.")]
    must_phone: Annotated[bool, Field(description="The patient stopped our texts, so a person must call.")]
    raised_at: datetime
    answer_by: Annotated[datetime, Field(description="Someone should have taken it by then.")]
    is_overdue: Annotated[bool, Field(description="Nobody has taken it, and `answer_by` is over.")]
    minutes: Annotated[int, Field(description="How long nobody had it, in whole minutes.")]
    told: Annotated[int, Field(description="Rounds of notices to staff since it was raised or got worse.")]
    next_at: Annotated[datetime | None, Field(description="When more people are told, unless someone takes it.")]
    released_at: Annotated[datetime | None, Field(description="When the patient said that it is gone.")]
    taken_at: datetime | None
    taken_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class AlertPage:
    items: Sequence[AlertView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """What the red banner says: alerts that nobody took in time."""

    count: int
    worst: Label
    since: datetime  #: the earliest `answer_by` of them


def page(
    db: Session,
    *,
    status: AlertStatus = AlertStatus.OPEN,
    now: datetime,
    cursor: str | None = None,
    limit: int = 50,
) -> AlertPage:
    """Alerts in the order of acting, the worst and most pressing first; resolved ones newest first. Raises BadCursor."""
    query = _resolved(cursor) if status is AlertStatus.RESOLVED else _to_act_on(cursor)
    rows = db.execute(query.where(_WHERE[status]).limit(limit + 1)).all()
    shown = rows[:limit]
    return AlertPage(
        items=_views(db, shown, now),
        next_cursor=_cursor(shown[-1], status) if len(rows) > limit else None,
    )


def look(db: Session, *, alert_id: UUID, now: datetime) -> AlertView | None:
    """One alert; None if there is no such one."""
    rows = db.execute(_query().where(Alert.id == alert_id)).all()
    return _views(db, rows, now)[0] if rows else None


def look_at(db: Session, *, alert_ids: Collection[UUID], now: datetime) -> list[AlertView]:
    """These alerts, the newest first; without those that there are not."""
    newest = Alert.raised_at.desc(), Alert.id.desc()
    return _views(db, db.execute(_query().where(Alert.id.in_(alert_ids)).order_by(*newest)).all(), now)


def overdue(db: Session, *, now: datetime) -> Overdue | None:
    """What nobody has taken in time; None while all is well."""
    count, severity, since = db.execute(
        select(func.count(), func.min(how_bad), func.min(Alert.answer_by)).where(
            _WHERE[AlertStatus.OPEN], Alert.answer_by <= now
        )
    ).one()
    return Overdue(count, _SEVERITIES[severity], since) if since else None


def _query() -> Select[Alert, str]:
    return select(Alert, Clinic.key).outerjoin(Clinic, Alert.clinic_id == Clinic.id)


def _to_act_on(cursor: str | None) -> Select[Alert, str]:
    query = _query().order_by(how_bad, Alert.answer_by, Alert.id)
    if not cursor:
        return query
    label, _, place = cursor.partition("~")
    if label not in _SEVERITIES:
        raise BadCursor(f"cursor {cursor[:80]!r} is not one of ours; use next_cursor of the page before")
    at_severity = _SEVERITIES.index(Label(label))
    later = tuple_(Alert.answer_by, Alert.id) > cursors.after(place)
    return query.where(or_(how_bad > at_severity, and_(how_bad == at_severity, later)))


def _resolved(cursor: str | None) -> Select[Alert, str]:
    query = _query().order_by(Alert.raised_at.desc(), Alert.id.desc())
    return query.where(tuple_(Alert.raised_at, Alert.id) < cursors.after(cursor)) if cursor else query


def _cursor(last: Row[Alert, str], status: AlertStatus) -> str:
    alert, _ = last
    if status is AlertStatus.RESOLVED:
        return cursors.cursor(alert.raised_at, alert.id)
    return f"{alert.label}~{cursors.cursor(alert.answer_by, alert.id)}"


def _views(db: Session, rows: Sequence[Row[Alert, str]], now: datetime) -> list[AlertView]:
    replies: defaultdict[UUID | None, list[UUID]] = defaultdict(list)
    if rows:
        ids = [alert.id for alert, _ in rows]
        of_these = select(Reply.alert_id, Reply.id).where(Reply.alert_id.in_(ids))
        for alert_id, reply_id in db.execute(of_these.order_by(Reply.received_at, Reply.id)):
            replies[alert_id].append(reply_id)
    return [_view(alert, key, replies[alert.id], now) for alert, key in rows]


def _view(alert: Alert, clinic: str | None, replies: Sequence[UUID], now: datetime) -> AlertView:
    return AlertView(
        id=alert.id,
        status=_status(alert),
        label=alert.label,
        cause=alert.cause,
        clinic=clinic,
        patient=alert.patient_id,
        replies=replies,
        must_phone=alert.must_phone,
        raised_at=alert.raised_at,
        answer_by=alert.answer_by,
        is_overdue=alert.taken_at is None and alert.answer_by <= now,
        minutes=max(0, int(((alert.taken_at or now) - alert.raised_at).total_seconds() // 60)),
        told=alert.told,
        next_at=alert.next_at,
        released_at=alert.released_at,
        taken_at=alert.taken_at,
        taken_by=alert.taken_by,
        resolved_at=alert.resolved_at,
        resolved_by=alert.resolved_by,
        note=alert.note,
    )


def _status(alert: Alert) -> AlertStatus:
    if alert.resolved_at:
        return AlertStatus.RESOLVED
    return AlertStatus.TAKEN if alert.taken_at else AlertStatus.OPEN
