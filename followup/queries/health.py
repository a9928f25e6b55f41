"""The watchdog: does what is due leave? Asked by `/readyz` and `followup doctor`, and cheap however much is owed.

Waiting is measured in real time, so that a jump of the practice clock does not look like an outage: what became due
by the jump has waited since the jump. Nor does a sender at its rate: what queues behind it waits since it was free.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Row, literal, or_, select
from sqlalchemy.orm import Session

from followup.db import real_time
from followup.models import Clock, Message, Sender, Switch
from followup.models.desk import SENDING
from followup.models.owed import IS_TO_STAFF
from followup.models.traffic import ORDINARY_LANE, PRIORITY_LANE
from followup.terms import Channel, Status

PATIENCE = timedelta(seconds=60)

# Written into the statement: a database uses the index of what is owed only for this very word.
_IS_OWED = Message.status == literal(Status.SCHEDULED, Message.status.type, literal_execute=True)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps messages from leaving. `check` is for machines, `detail` a sentence with the mend."""

    check: str
    detail: str


def problems(db: Session, *, now: datetime) -> list[Problem]:
    """What is wrong with sending at business time `now`; empty while everything that is due leaves.

    A pause is no problem: only what goes to staff is judged then. What is taken up again (a resume, a message that a gateway
    turned out not to have) may count as late until the next tick.
    """
    senders = db.scalars(select(Sender).order_by(Sender.channel)).all()
    return [*_stopped(senders), *_late(db, senders, now)]


def _stopped(senders: Sequence[Sender]) -> Iterator[Problem]:
    for sender in senders:
        if sender.stopped_at:
            yield Problem("sender", f"Nothing leaves by {sender.channel}: {sender.stopped_because}")


def _late(db: Session, senders: Sequence[Sender], now: datetime) -> Iterator[Problem]:
    clock, paused = real_time(db), db.get(Switch, SENDING) is not None
    since = clock - PATIENCE
    moved_at = db.scalar(select(Clock.moved_at))
    if moved_at and moved_at > since:
        return
    for sender in senders:
        if sender.stopped_at or (sender.free_at and sender.free_at > since):
            continue
        for lane in (PRIORITY_LANE, ORDINARY_LANE):
            if late := _oldest(db, sender.channel, lane, due_before=now - PATIENCE, free_before=since, paused=paused):
                due_at = clock - (now - late.due_at)  # in real time
                yield _too_late(late.id, sender.channel, waited=clock - max(due_at, moved_at or due_at))


def _oldest(
    db: Session, channel: Channel, lane: int, *, due_before: datetime, free_before: datetime, paused: bool
) -> Row[UUID, datetime] | None:
    where: list[ColumnElement[bool]] = [IS_TO_STAFF] if paused else []
    return db.execute(
        select(Message.id, Message.due_at)
        .where(
            _IS_OWED,
            Message.channel == channel,
            Message.lane == lane,
            Message.due_at < due_before,
            or_(Message.next_try_at.is_(None), Message.next_try_at < free_before),
            *where,
        )
        .order_by(Message.due_at, Message.id)
        .limit(1)
    ).one_or_none()


def _too_late(message_id: UUID, channel: Channel, *, waited: timedelta) -> Problem:
    minutes = int(waited.total_seconds() // 60)
    return Problem(
        "watchdog",
        f"Message {message_id} ({channel}) has been due for {minutes} min and nothing sends it; "
        "see whether worker, tick and beat are running.",
    )
