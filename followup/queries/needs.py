"""What needs a person: alerts, replies that nobody has read, patients who were not reached, and what may have gone.

Of each group the first rows are read, the most pressing first, by a fixed number of statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, literal, select, tuple_
from sqlalchemy.orm import Session

from followup.models import Alert, Message, Reply
from followup.queries import cursors, desk
from followup.queries.alerts import how_bad
from followup.queries.cursors import BadCursor
from followup.queries.need_rows import Group, Need, of_alerts, of_messages, of_replies, state
from followup.terms import AlertCause


@dataclass(frozen=True, slots=True)
class Rows:
    """The first rows of a group, and how many there are, counted up to `desk.MOST`."""

    group: Group
    items: Sequence[Need]
    count: int
    next_cursor: str | None = None


def every(db: Session, *, now: datetime, limit: int) -> Sequence[Rows]:
    """The first rows of every group that has any."""
    counts = dict(zip(Group, desk.count(db, *(_of(group, now) for group in Group)), strict=True))
    return [page(db, group=group, now=now, limit=limit, count=counts[group]) for group in Group if counts[group]]


def page(
    db: Session, *, group: Group, now: datetime, limit: int, cursor: str | None = None, count: int | None = None
) -> Rows:
    """Rows of one group in the order of acting. Raises BadCursor."""
    query = _of(group, now)
    found = desk.count(db, query)[0] if count is None else count
    if group in (Group.ALERTS, Group.UNREACHED):
        items, more = _alerts(db, query, group, cursor, limit)
    elif group is Group.REPLIES:
        items, more = _replies(db, query, cursor, limit)
    else:
        items, more = _uncertain(db, query, cursor, limit)
    return Rows(group, items, found, more)


def look(db: Session, *, group: Group, need_id: UUID) -> Need | None:
    """One row as it stands, even if it needs nobody any more; None if there is no such one."""
    if group in (Group.ALERTS, Group.UNREACHED):
        found = db.scalars(select(Alert).where(Alert.id == need_id)).all()
        return next(iter(of_alerts(db, found, group)), None)
    if group is Group.REPLIES:
        return next(iter(of_replies(db, [need_id])), None)
    return next(iter(of_messages(db, [need_id])), None)


def versions(db: Session, *, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """How far rows that somebody is looking at have come; a fixed number of statements for all of them."""
    alerts = select(Alert.id, Alert.taken_at, Alert.resolved_at, Alert.label).where(Alert.id.in_(ids))
    replies = select(Reply.id, Reply.seen_at).where(Reply.id.in_(ids))
    sent = select(Message.id, Message.status).where(Message.id.in_(ids))
    found = {row.id: f"{state(row.taken_at, row.resolved_at)}-{row.label}" for row in db.execute(alerts)}
    found |= {row.id: "read" if row.seen_at else "open" for row in db.execute(replies)}
    return found | {row.id: row.status.value for row in db.execute(sent)}


def _of(group: Group, now: datetime) -> Select[Any]:
    """The ids of everything in a group."""
    if group is Group.REPLIES:
        return select(Reply.id).where(*desk.is_unread(now))
    if group is Group.UNCERTAIN:
        return select(Message.id).where(desk.IS_UNCERTAIN)
    is_reply = Alert.cause == AlertCause.REPLY
    return select(Alert.id).where(Alert.resolved_at.is_(None), is_reply if group is Group.ALERTS else ~is_reply)


def _alerts(
    db: Session, query: Select[Any], group: Group, cursor: str | None, limit: int
) -> tuple[list[Need], str | None]:
    """What nobody has comes first, then the worst, then the shortest clock."""
    is_taken = case((Alert.taken_at.is_(None), 0), else_=1)
    place = (is_taken, how_bad, Alert.answer_by, Alert.id)
    chosen = query.with_only_columns(Alert, is_taken.label("is_taken"), how_bad.label("severity")).order_by(*place)
    if cursor:
        chosen = chosen.where(tuple_(*place) > tuple_(*map(literal, _alert_place(cursor))))
    rows = db.execute(chosen.limit(limit + 1)).all()
    more = None
    if len(rows) > limit:
        last = rows[limit - 1]
        more = f"{last.is_taken}~{last.severity}~{cursors.cursor(last.Alert.answer_by, last.Alert.id)}"
    return of_alerts(db, [row.Alert for row in rows[:limit]], group), more


def _alert_place(cursor: str) -> tuple[int, int, datetime, UUID]:
    taken, _, rest = cursor.partition("~")
    severity, _, place = rest.partition("~")
    if taken not in ("0", "1") or not severity.isdecimal() or len(severity) > 3:
        raise BadCursor(f"cursor {cursor[:80]!r} is not one of ours; begin with the first page")
    return int(taken), int(severity), *cursors.after(place)


def _replies(db: Session, query: Select[Any], cursor: str | None, limit: int) -> tuple[list[Need], str | None]:
    """The oldest first: who has waited longest."""
    ids, more = _in_time(db, query, Reply.received_at, Reply.id, cursor, limit)
    return of_replies(db, ids), more


def _uncertain(db: Session, query: Select[Any], cursor: str | None, limit: int) -> tuple[list[Need], str | None]:
    ids, more = _in_time(db, query, Message.due_at, Message.id, cursor, limit)
    return of_messages(db, ids), more


def _in_time(
    db: Session, query: Select[Any], at: Any, row_id: Any, cursor: str | None, limit: int
) -> tuple[list[UUID], str | None]:
    chosen = query.with_only_columns(row_id, at.label("at")).order_by(at, row_id)
    if cursor:
        chosen = chosen.where(tuple_(at, row_id) > cursors.after(cursor))
    rows = db.execute(chosen.limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return [row.id for row in rows[:limit]], cursors.cursor(last.at, last.id) if last else None
