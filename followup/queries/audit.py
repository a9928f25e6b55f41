"""Who saw and did what, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import AuditEntry
from followup.queries.cursors import BadCursor


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit log."""

    id: UUID
    did_at: datetime
    did_by: str  #: an email address, an API key's name, or what the service calls itself
    did: str
    subject: str
    subject_id: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AuditPage:
    items: Sequence[Line]
    next_cursor: str | None


def page(db: Session, *, by: str = "", subject_id: str = "", cursor: str = "", limit: int = 50) -> AuditPage:
    """Lines of the log, of everybody or one, about everything or one thing. Raises BadCursor."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit + 1)
    if by:
        query = query.where(AuditEntry.did_by == by)
    if subject_id:
        query = query.where(AuditEntry.subject_id == subject_id)
    if cursor:
        query = query.where(AuditEntry.id < _place(cursor))
    rows = db.scalars(query).all()
    return AuditPage([_line(row) for row in rows[:limit]], str(rows[limit - 1].id) if len(rows) > limit else None)


def latest(db: Session, *, subject: str, subject_id: UUID | str) -> Line | None:
    """Who last did something to a thing, and when; to look at it is not to do something."""
    about = (AuditEntry.subject == subject, AuditEntry.subject_id == str(subject_id), AuditEntry.did != "see")
    row = db.scalars(select(AuditEntry).where(*about).order_by(AuditEntry.id.desc()).limit(1)).one_or_none()
    return _line(row) if row else None


def last_seen(db: Session, *, subject: str, subject_id: UUID | str, by: str) -> datetime | None:
    """When someone last looked at a thing."""
    about = (AuditEntry.subject == subject, AuditEntry.subject_id == str(subject_id))
    seen = select(AuditEntry.did_at).where(*about, AuditEntry.did_by == by, AuditEntry.did == "see")
    return db.scalar(seen.order_by(AuditEntry.id.desc()).limit(1))


def _place(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError:
        raise BadCursor(f"cursor {cursor[:80]!r} is not one of ours; go back to the first page") from None


def _line(row: AuditEntry) -> Line:
    return Line(row.id, row.did_at, row.did_by, row.did, row.subject, row.subject_id, row.details)
