"""Keeps who has read a reply first, so that nobody waits for an answer unseen."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from followup.models import Reply


def see(db: Session, *, replies: Sequence[UUID], now: datetime, by: str) -> None:
    """Somebody has read these; who was first stays."""
    unseen = update(Reply).where(Reply.id.in_(replies), Reply.seen_at.is_(None))
    db.execute(unseen.values(seen_at=now, seen_by=by), execution_options={"synchronize_session": False})
