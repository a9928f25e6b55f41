"""What `/metrics` tells: what is owed, what lately left and came back, and whether the engine runs.

A scrape must not hold up what it measures, however many rows there are. So each question reads one index from its end,
at most `MOST` rows of it: what is owed and what is uncertain have partial indexes; ids are time-ordered, so the last
hour of attempts, receipts or replies is a range of a primary key. A count that reaches `MOST` means that many or more.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from followup.db import first_id, real_time
from followup.models import Alert, Attempt, Heartbeat, Message, Receipt, Reply, Sender, Switch
from followup.models.desk import SENDING
from followup.models.owed import IS_OWED
from followup.models.traffic import ORDINARY_LANE, PRIORITY_LANE
from followup.terms import AttemptOutcome, Channel, Label, ReceiptKind, Status

MOST = 10_000
SAMPLE = 2_000  #: how many of what left just now are enough for its slowest hundredth
JUST_NOW, LATELY, TODAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)

_LANES, _NO_WAIT = (PRIORITY_LANE, ORDINARY_LANE), timedelta(0)
# Written into the statement: a database uses the index of what is uncertain only for this very word.
_IS_UNCERTAIN = Message.status == literal(Status.UNCERTAIN, Message.status.type, literal_execute=True)


@dataclass(frozen=True, slots=True)
class Queue:
    """What is due and free to go by one channel and lane."""

    channel: Channel
    lane: int
    due: int
    waited: timedelta  #: how long the oldest of it has been free to go


@dataclass(frozen=True, slots=True)
class Metrics:
    """Everything that a scrape tells; counts alone, nothing that names a patient or a message."""

    queues: Sequence[Queue]
    lateness: Mapping[Channel, Sequence[timedelta]]  #: shortest first, of what left `JUST_NOW`
    statuses: Mapping[Status, int]  #: of what became due in the last day
    uncertain: int
    attempts: Mapping[tuple[Channel, AttemptOutcome | None], int]  #: begun `LATELY`; None is not answered yet
    receipts: Mapping[ReceiptKind, int]  #: kept `LATELY`
    replies: Mapping[Channel, int]  #: kept `LATELY`
    unread: int  #: replies that nobody has read yet
    unread_for: timedelta  #: how long the oldest of them has waited
    silent_for: Mapping[str, timedelta]  #: by task: how long ago it last did its work
    stopped: Mapping[Channel, bool]
    paused: bool
    alerts: Mapping[Label, int]  #: that nobody has resolved
    overdue: int  #: alerts that nobody took in time
    untaken_for: timedelta  #: how long the oldest alert has been waiting for somebody


def measure(db: Session, *, now: datetime) -> Metrics:
    """All of it at business time `now`, with a fixed number of queries."""
    clock = real_time(db)
    lately = first_id(clock - LATELY)
    today = Message.due_at > now - TODAY, Message.due_at <= now
    attempts = _tally(db, Attempt.channel, Attempt.outcome, where=[Attempt.id >= lately], newest=Attempt.id)
    unread, oldest = _unread(db)
    return Metrics(
        queues=[_queue(db, channel, lane, now, clock) for channel in Channel for lane in _LANES],
        lateness=_lateness(db, clock),
        statuses=_counts(_tally(db, Message.status, where=today, newest=Message.due_at)),
        uncertain=sum(_tally(db, Message.channel, where=[_IS_UNCERTAIN], newest=Message.due_at).values()),
        attempts={(channel, outcome): count for (channel, outcome), count in attempts.items()},
        receipts=_counts(_tally(db, Receipt.kind, where=[Receipt.id >= lately], newest=Receipt.id)),
        replies=_counts(_tally(db, Reply.channel, where=[Reply.id >= lately], newest=Reply.id)),
        unread=unread,
        unread_for=max(now - (oldest or now), _NO_WAIT),
        silent_for={beat.task: max(clock - beat.beat_at, _NO_WAIT) for beat in db.scalars(select(Heartbeat))},
        stopped={sender.channel: sender.stopped_at is not None for sender in db.scalars(select(Sender))},
        paused=db.get(Switch, SENDING) is not None,
        **_alerts(db, now),
    )


def _queue(db: Session, channel: Channel, lane: int, now: datetime, clock: datetime) -> Queue:
    """Waiting counts from the due time, but after an unavailable gateway or a worry from when it was free to go."""
    free = (
        select(Message.due_at, Message.next_try_at)
        .where(IS_OWED, Message.channel == channel, Message.lane == lane, Message.due_at <= now)
        .where(or_(Message.next_try_at.is_(None), Message.next_try_at <= clock))
        .order_by(Message.due_at)
        .limit(MOST)
        .subquery()
    )
    first_due = func.min(free.c.due_at).filter(free.c.next_try_at.is_(None))
    due, due_at, next_try_at = db.execute(select(func.count(), first_due, func.min(free.c.next_try_at))).one()
    return Queue(channel, lane, due, max(now - (due_at or now), clock - (next_try_at or clock)))


def _alerts(db: Session, now: datetime) -> dict[str, Any]:
    nobody_has_it = Alert.taken_at.is_(None)
    unresolved = (
        select(Alert.label, Alert.raised_at, nobody_has_it.label("free"), Alert.answer_by)
        .where(Alert.resolved_at.is_(None))
        .order_by(Alert.patient_id)  # the index of what is open: by time it would read all that ever was
        .limit(MOST)
        .subquery()
    )
    free = unresolved.c.free
    counts = func.count(), func.count().filter(free, unresolved.c.answer_by <= now)
    oldest = func.min(unresolved.c.raised_at).filter(free)
    rows = db.execute(select(unresolved.c.label, *counts, oldest).group_by(unresolved.c.label)).all()
    return {
        "alerts": {label: count for label, count, _, _ in rows},
        "overdue": sum(overdue for _, _, overdue, _ in rows),
        "untaken_for": max([now - raised_at for *_, raised_at in rows if raised_at], default=_NO_WAIT),
    }


def _unread(db: Session) -> tuple[int, datetime | None]:
    waiting = (
        select(Reply.received_at).where(Reply.read_at.is_(None)).order_by(Reply.received_at).limit(MOST).subquery()
    )
    count, oldest = db.execute(select(func.count(), func.min(waiting.c.received_at))).one()
    return count, oldest


def _lateness(db: Session, clock: datetime) -> dict[Channel, list[timedelta]]:
    begun = select(Attempt.channel, Attempt.message_id, Attempt.number).where(Attempt.id >= first_id(clock - JUST_NOW))
    sample = begun.order_by(Attempt.id.desc()).limit(SAMPLE).subquery()
    # Looked up one by one: to join them, a database may read every message that there is.
    message = select(Message).where(Message.id == sample.c.message_id, Message.tries == sample.c.number)
    left_at, due_at = (message.with_only_columns(at).scalar_subquery() for at in (Message.left_at, Message.due_at))
    found = defaultdict(list)
    for channel, left, due in db.execute(select(sample.c.channel, left_at, due_at)):
        if left is not None and due is not None:
            found[channel].append(left - due)
    return {channel: sorted(waits) for channel, waits in found.items()}


def _tally(
    db: Session,
    *kinds: InstrumentedAttribute[Any],
    where: Iterable[ColumnElement[bool]],
    newest: InstrumentedAttribute[Any],
) -> dict[tuple[Any, ...], int]:
    """How many there are of each kind among the newest rows."""
    rows = select(*kinds).where(*where).order_by(newest.desc()).limit(MOST).subquery()
    return {tuple(kind): count for *kind, count in db.execute(select(*rows.c, func.count()).group_by(*rows.c))}


def _counts(tally: Mapping[tuple[Any, ...], int]) -> dict[Any, int]:
    return {kind: count for (kind,), count in tally.items()}
