"""After a restore: what left since the back-up counts as unsent again, and must not leave a second time."""

from datetime import datetime

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from followup.actions import auditing, pausing
from followup.models import Message
from followup.models.owed import IS_OWED
from followup.terms import Origin, Status


def forget_what_may_have_left(db: Session, *, now: datetime, by: str) -> int:
    """Pause, and cancel everything that was due by now. Returns how many messages that were.

    Some of them had not left: a message too few is better than one twice. Alarms stay, because a worry that staff hear
    of twice does no harm.
    """
    pausing.pause(db, why="restored from a back-up", now=now, by=by)
    cancelled = db.execute(
        update(Message)
        .where(IS_OWED, Message.origin != Origin.ALARM, or_(Message.due_at < now, Message.nominal_at < now))
        .values(status=Status.CANCELLED, cancelled_at=now, cancelled_by=by, lease_token=None, leased_until=None)
        .returning(Message.id)
    ).all()
    count = len(cancelled)
    auditing.note(
        db, did="restore", subject="service", subject_id="messages", now=now, by=by, details={"cancelled": count}
    )
    return count
