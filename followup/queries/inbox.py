"""Conversations, one for each patient and one for each number that nobody knows: who needs a person comes first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from followup.models import Alert, Patient, Reply, Staff
from followup.queries import cursors, desk
from followup.queries.alerts import how_bad
from followup.queries.cursors import BadCursor
from followup.terms import AlertCause, Label

_MOST_WORDS = 200  # characters of the latest reply
_SEVERITIES = list(Label)
_AFTER_ALERTS = len(_SEVERITIES)


class View(StrEnum):
    """Which conversations."""

    NEEDS = "needs"  #: with an open alert, or a reply that someone should read
    ALL = "all"
    MINE = "mine"  #: with an alert that this person has
    UNKNOWN = "unknown"  #: of whom nobody knows who wrote


@dataclass(frozen=True, slots=True)
class Open:
    """The worst alert of a conversation that is still open."""

    label: Label
    cause: AlertCause
    raised_at: datetime
    answer_by: datetime
    taken_by: str | None
    must_phone: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """One conversation as a list shows it."""

    id: UUID  #: the patient's, else that of the latest reply from this number
    name: str  #: the patient's, else the number
    face: str  #: initials; empty while nobody knows who wrote
    at: datetime
    words: str  #: what was written last; empty if nothing was
    label: Label | None
    is_unread: bool
    alert: Open | None
    is_known: bool


@dataclass(frozen=True, slots=True)
class Threads:
    items: Sequence[Thread]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Head:
    patient_id: UUID | None
    number: str | None  #: of no patient's conversation


@dataclass(frozen=True, slots=True)
class _Last:
    """The latest reply of a conversation, and whether any waits to be read."""

    id: UUID
    body: str
    at: datetime
    label: Label | None
    is_unread: bool


def page(
    db: Session, *, view: View, mine: Sequence[str] = (), now: datetime, cursor: str | None = None, limit: int = 50
) -> Threads:
    """Conversations; `mine` is how the reader signs. Raises BadCursor."""
    if view in (View.ALL, View.UNKNOWN):
        heads, more = _by_time(db, view, cursor, limit)
    else:
        heads, more = _by_need(db, view, mine, now, cursor, limit)
    return Threads(_threads(db, heads), more)


def since(db: Session, *, at: datetime) -> int:
    """How many replies of patients and strangers came later than that, counted up to `desk.MOST`."""
    return desk.count(db, select(Reply.id).where(Reply.received_at > at, _is_from_patient()))[0]


def _is_from_patient() -> ColumnElement[bool]:
    staff = select(Staff.phone).where(Staff.phone.is_not(None))
    return or_(Reply.patient_id.is_not(None), Reply.sent_from.not_in(staff))


def _by_time(db: Session, view: View, cursor: str | None, limit: int) -> tuple[list[_Head], str | None]:
    """The latest reply of each, newest first."""
    later = aliased(Reply)
    is_later = tuple_(later.received_at, later.id) > tuple_(Reply.received_at, Reply.id)
    of_patient = exists().where(later.patient_id == Reply.patient_id, is_later)
    of_number = exists().where(later.patient_id.is_(None), later.sent_from == Reply.sent_from, is_later)
    is_last_unknown = and_(Reply.patient_id.is_(None), ~of_number)
    is_last = or_(and_(Reply.patient_id.is_not(None), ~of_patient), is_last_unknown)
    query = (
        select(Reply.patient_id, Reply.sent_from, Reply.received_at, Reply.id)
        .where(is_last_unknown if view is View.UNKNOWN else is_last, _is_from_patient())
        .order_by(Reply.received_at.desc(), Reply.id.desc())
        .limit(limit + 1)
    )
    if cursor:
        query = query.where(tuple_(Reply.received_at, Reply.id) < cursors.after(cursor))
    rows = db.execute(query).all()
    heads = [_Head(row.patient_id, None if row.patient_id else row.sent_from) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return heads, cursors.cursor(last.received_at, last.id) if last else None


def _by_need(
    db: Session, view: View, mine: Sequence[str], now: datetime, cursor: str | None, limit: int
) -> tuple[list[_Head], str | None]:
    """In the order of acting: the worst and most pressing first, then who has waited longest to be read."""
    number = select(func.min(Reply.sent_from)).where(Reply.alert_id == Alert.id, Alert.patient_id.is_(None))
    alerts = select(
        Alert.patient_id, number.scalar_subquery().label("number"), how_bad.label("rank"), Alert.answer_by.label("at")
    ).where(Alert.resolved_at.is_(None))
    needs: Any = alerts.where(Alert.taken_by.in_(mine))
    if view is View.NEEDS:
        unknown = case((Reply.patient_id.is_(None), Reply.sent_from), else_=cast(null(), String))
        unread = select(
            Reply.patient_id, unknown.label("number"), literal(_AFTER_ALERTS).label("rank"), Reply.received_at
        ).where(*desk.is_unread(now), _is_from_patient())
        needs = union_all(alerts, unread)
    each = needs.subquery()
    key = func.coalesce(cast(each.c.patient_id, String), each.c.number)
    worst = (
        select(each.c.patient_id, each.c.number, key.label("key"))
        .add_columns(func.min(each.c.rank).label("rank"), func.min(each.c.at).label("at"))
        .where(key.is_not(None))
        .group_by(each.c.patient_id, each.c.number)
        .subquery()
    )
    place = (worst.c.rank, worst.c.at, worst.c.key)
    query = select(worst).order_by(*place).limit(limit + 1)
    if cursor:
        rank, at, after = _place(cursor)
        query = query.where(tuple_(*place) > tuple_(literal(rank), literal(at, each.c.at.type), literal(after)))
    rows = db.execute(query).all()
    last = rows[limit - 1] if len(rows) > limit else None
    more = f"{last.rank}~{last.at.isoformat()}~{last.key}" if last else None
    return [_Head(row.patient_id, row.number) for row in rows[:limit]], more


def _place(cursor: str) -> tuple[int, datetime, str]:
    rank, _, rest = cursor.partition("~")
    at, _, key = rest.partition("~")
    try:
        when = datetime.fromisoformat(at)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None or not rank.isdecimal() or int(rank) > _AFTER_ALERTS:
        raise BadCursor(f"cursor {cursor[:80]!r} is not one of ours; begin with the first page")
    return int(rank), when, key


def _threads(db: Session, heads: Sequence[_Head]) -> list[Thread]:
    """These conversations as a list shows them; a fixed number of queries."""
    known = [head.patient_id for head in heads if head.patient_id]
    unknown = [head.number for head in heads if head.number]
    patients = {one.id: one for one in db.scalars(select(Patient).where(Patient.id.in_(known)))} if known else {}
    said = _said(db, Reply.patient_id, Reply.patient_id.in_(known)) if known else {}
    if unknown:
        said |= _said(db, Reply.sent_from, Reply.patient_id.is_(None), Reply.sent_from.in_(unknown))
    alerts = _open_alerts(db, known, unknown)
    found = [
        _thread(
            head,
            patients.get(head.patient_id) if head.patient_id else None,
            said.get(_key(head)),
            alerts.get(_key(head)),
        )
        for head in heads
    ]
    return [thread for thread in found if thread]


def _key(head: _Head) -> UUID | str:
    return head.patient_id or head.number or ""


def _said(db: Session, key: Any, *where: ColumnElement[bool]) -> dict[UUID | str, _Last]:
    """By patient or number: the latest reply."""
    place = func.row_number().over(partition_by=key, order_by=(Reply.received_at.desc(), Reply.id.desc()))
    unseen = func.sum(case((Reply.seen_at.is_(None), 1), else_=0)).over(partition_by=key)
    numbered = select(Reply.id, place.label("place"), unseen.label("unseen")).where(*where).subquery()
    query: Select[Any] = (
        select(
            *(key.label("key"), Reply.id, Reply.received_at, Reply.labels, Reply.relabelled, numbered.c.unseen),
            func.substr(Reply.body, 1, _MOST_WORDS).label("body"),
        )
        .join(numbered, numbered.c.id == Reply.id)
        .where(numbered.c.place == 1)
    )
    return {
        row.key: _Last(
            row.id, row.body, row.received_at, row.relabelled or next(map(Label, row.labels), None), row.unseen > 0
        )
        for row in db.execute(query)
    }


def _open_alerts(db: Session, known: Sequence[UUID], unknown: Sequence[str]) -> Mapping[UUID | str, Open]:
    """By patient or number: the worst alert that is open."""
    found: dict[UUID | str, Alert] = {}
    rows: list[tuple[UUID | str, Alert]] = []
    if known:
        of_known = select(Alert).where(Alert.patient_id.in_(known), Alert.resolved_at.is_(None))
        rows += [(alert.patient_id or "", alert) for alert in db.scalars(of_known)]
    if unknown:
        of_unknown = (
            select(Reply.sent_from, Alert)
            .join(Alert, Reply.alert_id == Alert.id)
            .where(Reply.sent_from.in_(unknown), Alert.patient_id.is_(None), Alert.resolved_at.is_(None))
        )
        rows += [(number, alert) for number, alert in db.execute(of_unknown)]
    for key, alert in sorted(rows, key=lambda row: (_SEVERITIES.index(row[1].label), row[1].answer_by)):
        found.setdefault(key, alert)
    return {
        key: Open(one.label, one.cause, one.raised_at, one.answer_by, one.taken_by, one.must_phone)
        for key, one in found.items()
    }


def _thread(head: _Head, patient: Patient | None, last: _Last | None, alert: Open | None) -> Thread | None:
    at = last.at if last else alert.raised_at if alert else None
    thread_id = head.patient_id or (last.id if last else None)
    if at is None or thread_id is None:
        return None
    return Thread(
        id=thread_id,
        name=name_of(patient) if patient else head.number or "",
        face=_initials(patient) if patient else "",
        at=at,
        words=last.body if last else "",
        label=alert.label if alert and alert.cause is AlertCause.REPLY else last.label if last else None,
        is_unread=bool(last and last.is_unread),
        alert=alert,
        is_known=patient is not None,
    )


def name_of(patient: Patient) -> str:
    """What pages call a patient."""
    return f"{patient.given_name} {patient.family_name}".strip()


def _initials(patient: Patient) -> str:
    return "".join(name[0].upper() for name in (patient.given_name, patient.family_name) if name)
