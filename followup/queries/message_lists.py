"""Messages in lists as staff read them, with their patient and the day after the treatment session; no alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from followup.models import Message
from followup.models.owed import IS_OWED, Owed, load
from followup.models.traffic import ORDINARY_LANE, PRIORITY_LANE
from followup.queries import cursors, messages
from followup.queries.messages import MessageView
from followup.rules.quiet import local_date
from followup.terms import Channel, Origin, Status

_LANES = PRIORITY_LANE, ORDINARY_LANE


@dataclass(frozen=True, slots=True)
class Listed:
    """One message in a list."""

    view: MessageView
    name: str  #: of the patient
    day: int | None  #: since the treatment session
    local_at: datetime  #: when it is due where the patient is


@dataclass(frozen=True, slots=True)
class Listing:
    items: Sequence[Listed]
    next_cursor: str | None


def upcoming(db: Session, *, now: datetime, cursor: str | None = None, limit: int) -> Listing:
    """What is scheduled, soonest first. Raises BadCursor."""
    after = cursors.after(cursor) if cursor else None
    # Its own statement for each channel and lane, which lie together in the index of what is owed.
    statements = [_soonest(channel, lane, after).limit(limit + 1) for channel, lane in product(Channel, _LANES)]
    rows = sorted((due_at, message_id) for one in statements for message_id, due_at in db.execute(one))
    return _listing(db, rows[: limit + 1], now, limit)


def of_day(
    db: Session,
    *,
    since: datetime,
    until: datetime,
    status: Status | None,
    now: datetime,
    cursor: str | None = None,
    limit: int,
) -> Listing:
    """What was or is due in between, soonest first. Raises BadCursor."""
    query = select(Message.id, Message.due_at).where(
        Message.due_at >= since, Message.due_at < until, Message.origin != Origin.ALARM
    )
    if status:
        query = query.where(Message.status == status)
    if cursor:
        query = query.where(tuple_(Message.due_at, Message.id) > cursors.after(cursor))
    found = db.execute(query.order_by(Message.due_at, Message.id).limit(limit + 1))
    return _listing(db, [(due_at, message_id) for message_id, due_at in found], now, limit)


def _soonest(channel: Channel, lane: int, after: tuple[datetime, UUID] | None) -> Select[UUID, datetime]:
    query = (
        select(Message.id, Message.due_at)
        .where(IS_OWED, Message.channel == channel, Message.lane == lane, Message.origin != Origin.ALARM)
        .order_by(Message.due_at, Message.id)
    )
    return query.where(tuple_(Message.due_at, Message.id) > after) if after else query


def _listing(db: Session, rows: Sequence[tuple[datetime, UUID]], now: datetime, limit: int) -> Listing:
    ids = [message_id for _, message_id in rows[:limit]]
    found = {each.message.id: each for each in load(db, Message.id.in_(ids))} if ids else {}
    owed = [found[message_id] for message_id in ids]
    return Listing(
        items=[_listed(each, view) for each, view in zip(owed, messages.views(db, owed, now=now), strict=True)],
        next_cursor=cursors.cursor(*rows[limit - 1]) if len(rows) > limit else None,
    )


def _listed(each: Owed, view: MessageView) -> Listed:
    return Listed(
        view=view,
        name=f"{each.patient.given_name} {each.patient.family_name}".strip() if each.patient else "",
        day=_days_between(each.treatment.ended_at, view.due_at, each.zone) if each.treatment else None,
        local_at=view.due_at.astimezone(each.zone),
    )


def _days_between(earlier: datetime, later: datetime, zone: ZoneInfo) -> int:
    return (local_date(later, zone) - local_date(earlier, zone)).days
