"""Notices to staff: each is owed once, leaves before everything else, and says nothing about the patient."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from followup.actions import owing
from followup.db import on_postgresql
from followup.models import Alert, Message
from followup.models.duty import Duty
from followup.models.traffic import PRIORITY_LANE
from followup.terms import Channel, Origin, Status

_WORTH_HEARING_FOR = timedelta(hours=12)


def owe(
    db: Session,
    *,
    once_key: str,
    duty: Duty,
    channel: Channel,
    wording: str,
    now: datetime,
    alert_id: UUID | None = None,
    values: Mapping[str, str] | None = None,
) -> None:
    """One notice to one person on one channel, unless there is one of that key."""
    dialect = postgresql if on_postgresql(db) else sqlite
    insert = dialect.insert(Message).on_conflict_do_nothing(index_elements=["once_key"])
    db.execute(
        insert.values(
            once_key=once_key,
            clinic_id=duty.clinic.id,
            staff_id=duty.staff.id,
            alert_id=alert_id,
            origin=Origin.ALARM,
            wording=wording,
            values=dict(values or {}),
            channel=channel,
            lane=PRIORITY_LANE,
            nominal_at=now,
            due_at=now,
            expires_at=now + _WORTH_HEARING_FOR,
            why=[],
            created_at=now,
        )
    )


def call_off(db: Session, *, alert: Alert, now: datetime, by: str) -> None:
    """Let the notices of an alert that have not left never leave: someone has it."""
    waiting = select(Message).where(
        Message.alert_id == alert.id, Message.origin == Origin.ALARM, Message.status == Status.SCHEDULED
    )
    locked = waiting.order_by(Message.id).with_for_update()
    for message in db.scalars(locked, execution_options={"populate_existing": True}):
        owing.cancel(message, now=now, by=by)
