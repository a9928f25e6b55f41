"""Counts who goes on to the clinic's booking link: that somebody did, from which message, and nothing about why."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import auditing
from followup.models import AuditEntry

CLICK = "book click"  #: in the audit log

_ONE_CLICK = timedelta(minutes=1)  # whoever presses again so soon has pressed once


def note_click(db: Session, *, subject: str, subject_id: UUID, now: datetime) -> None:
    """A patient follows the link of a message (or their own) to book; unless they just did."""
    just_now = select(AuditEntry.id).where(
        AuditEntry.subject == subject,
        AuditEntry.subject_id == str(subject_id),
        AuditEntry.did == CLICK,
        AuditEntry.did_at > now - _ONE_CLICK,
    )
    if not db.scalar(select(just_now.exists())):
        auditing.note(db, did=CLICK, subject=subject, subject_id=subject_id, now=now, by="patient")
