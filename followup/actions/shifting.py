"""Moves business time while nothing is live, so that two weeks of follow-up can be watched in a minute."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.db import real_time
from followup.models import Clock, Message


class CannotTurnBack(Exception):
    """Once there are messages, business time goes forward only."""


def move_clock(db: Session, *, to: datetime, now: datetime) -> Clock:
    """Let business time go on from `to`. Raises CannotTurnBack."""
    if to < now and db.scalar(select(Message.id).limit(1)) is not None:
        raise CannotTurnBack(
            f"the clock is at {now:%Y-%m-%d %H:%M} UTC and there are messages already, so it only goes forward; "
            "choose a later time, or begin with an empty data folder"
        )
    clock = db.get(Clock, 1) or Clock(id=1)
    db.add(clock)
    clock.moved_at = real_time(db)
    clock.ahead = to - clock.moved_at
    return clock
