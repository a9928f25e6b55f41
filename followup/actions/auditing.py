"""Writes down who did what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from followup.models import AuditEntry


def note(
    db: Session,
    *,
    did: str,
    subject: str,
    subject_id: UUID | str,
    now: datetime,
    by: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Add one line to the audit log, in the transaction of the act itself."""
    db.add(
        AuditEntry(did_at=now, did_by=by, did=did, subject=subject, subject_id=str(subject_id), details=details or {})
    )
