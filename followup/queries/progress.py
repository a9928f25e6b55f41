"""How far the engine has come: what it still has to do now, and when it has to do something next."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from followup.db import real_time
from followup.models import Message, Sender, Switch
from followup.models.desk import SENDING
from followup.models.owed import IS_OWED
from followup.models.traffic import PRIORITY_LANE
from followup.terms import Origin, Status


def unfinished(db: Session, *, now: datetime) -> int:
    """How many messages the engine could move on at once: due and free to go, or already on their way."""
    going = select(Sender.channel).where(Sender.stopped_at.is_(None))
    due = select(func.count()).where(
        IS_OWED,
        Message.due_at <= now,
        Message.channel.in_(going),
        or_(Message.next_try_at.is_(None), Message.next_try_at <= real_time(db)),
    )
    if db.get(Switch, SENDING):
        due = due.where(Message.lane == PRIORITY_LANE, Message.origin == Origin.ALARM)
    sending = select(func.count()).where(Message.status == Status.SENDING)
    return db.scalars(due).one() + db.scalars(sending).one()


def next_due(db: Session, *, after: datetime) -> datetime | None:
    """When the next message is due; None if nothing is owed any more."""
    return db.scalar(select(func.min(Message.due_at)).where(IS_OWED, Message.due_at > after))
