"""Keeps a sender under its rate, over all workers: the sender's row says when its next segment may be spoken."""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from followup.models import Message, Sender
from followup.terms import Channel

# No more is taken than can be spoken in this time: a worker sleeps while it waits for its slot, and answers, emails and
# a STOP must not wait for it.
_HORIZON = timedelta(seconds=3)
_NO_WAIT = timedelta(0)


def room(db: Session, sender: Sender, *, clock: datetime) -> float:
    """How many more messages may be leased now; infinite for a sender without a rate."""
    if sender.segments_per_second is None:
        return float("inf")
    backlog = max((sender.free_at or clock) - clock, _NO_WAIT)
    # A lease that ran out is no longer on its way: counted, it would keep its own message from being leased again.
    on_its_way = select(func.count()).where(Message.channel == sender.channel, Message.leased_until >= clock)
    return ceil((_HORIZON - backlog).total_seconds() * sender.segments_per_second) - db.scalars(on_its_way).one()


class Pace:
    """Gives out slots of one sender inside one transaction, which holds the sender's row."""

    def __init__(self, db: Session, channel: Channel, *, clock: datetime) -> None:
        self._clock = clock
        self._sender = db.get_one(Sender, channel)
        if self._sender.segments_per_second is not None:
            self._sender = db.scalars(
                select(Sender).where(Sender.channel == channel).with_for_update(),
                execution_options={"populate_existing": True},
            ).one()

    @property
    def is_stopped(self) -> bool:
        """Whether nothing may leave here until a person resumes."""
        return self._sender.stopped_at is not None

    def slot(self, segments: int, *, at_once: bool) -> timedelta:
        """How long to wait before speaking. What goes at once waits for nobody, but pushes the others back."""
        if self._sender.segments_per_second is None:
            return _NO_WAIT
        free_at = max(self._sender.free_at or self._clock, self._clock)
        self._sender.free_at = free_at + timedelta(seconds=segments / self._sender.segments_per_second)
        return _NO_WAIT if at_once else free_at - self._clock
