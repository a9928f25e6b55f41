"""How far the engine has come: what it still has to do now, and when it has to do something next."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from followup.db import real_time
from followup.models import Alert, Enrolment, Message, Reply, Sender, Switch
from followup.models.desk import SENDING
from followup.models.duty import next_proof, unproven
from followup.models.owed import IS_OWED, IS_TO_STAFF
from followup.models.traffic import PRIORITY_LANE
from followup.terms import Status


def unfinished(db: Session, *, now: datetime) -> int:
    """How much the engine could do at once: replies to read, messages free to go or on their way, notices to make."""
    going = select(Sender.channel).where(Sender.stopped_at.is_(None))
    due = select(func.count()).where(
        IS_OWED,
        Message.due_at <= now,
        Message.channel.in_(going),
        or_(Message.next_try_at.is_(None), Message.next_try_at <= real_time(db)),
    )
    if db.get(Switch, SENDING):
        due = due.where(Message.lane == PRIORITY_LANE, IS_TO_STAFF)
    # Whatever is on its way will be looked at, and is among the few rows of that index.
    sending = select(func.count()).where(Message.status == Status.SENDING, Message.check_at.is_not(None))
    unread = select(func.count()).where(Reply.read_at.is_(None))
    rounds = select(func.count()).where(Alert.next_at <= now)
    silent = select(func.count()).where(Enrolment.answer_by <= now)
    counts = [db.scalars(count).one() for count in (unread, due, sending, rounds, silent)]
    return sum(counts) + len(unproven(db, now=now))


def next_due(db: Session, *, after: datetime) -> datetime | None:
    """When something is due next: a message, an answer, a round of notices, the daily test; None if nothing is owed."""
    instants = [
        next_message(db, after=after),
        db.scalar(select(func.min(Alert.next_at)).where(Alert.next_at > after)),
        db.scalar(select(func.min(Enrolment.answer_by)).where(Enrolment.answer_by > after)),
        next_proof(db, after=after),
    ]
    return min((at for at in instants if at), default=None)


def next_message(db: Session, *, after: datetime) -> datetime | None:
    """When the next message is due; None if none is owed."""
    return db.scalar(select(func.min(Message.due_at)).where(IS_OWED, Message.due_at > after))
