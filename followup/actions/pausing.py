"""Stops and restarts all sending. A pause only delays; what expires meanwhile is skipped when it is judged."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import auditing
from followup.models import Sender, Switch
from followup.models.desk import SENDING


def pause(db: Session, *, why: str, now: datetime, by: str) -> bool:
    """Let nothing leave but what goes to staff. False when it is paused already."""
    if db.get(Switch, SENDING):
        return False
    db.add(Switch(name=SENDING, off_at=now, off_by=by, why=why))
    auditing.note(db, did="pause", subject="switch", subject_id=SENDING, now=now, by=by, details={"why": why})
    return True


def resume(db: Session, *, now: datetime, by: str) -> bool:
    """Let everything leave again, also on senders that stopped by themselves. False when nothing was held."""
    switch = db.get(Switch, SENDING)
    stopped = db.scalars(select(Sender).where(Sender.stopped_at.is_not(None))).all()
    if switch is None and not stopped:
        return False
    if switch:
        db.delete(switch)
    for sender in stopped:
        sender.stopped_at = sender.stopped_because = None
    auditing.note(
        db,
        did="resume",
        subject="switch",
        subject_id=SENDING,
        now=now,
        by=by,
        details={"senders": [sender.channel for sender in stopped]},
    )
    return True
