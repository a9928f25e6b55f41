"""What the first page shows while nothing is live: both ends of the queue, and how much there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from followup.db import real_time
from followup.models import Message, Switch
from followup.models.desk import SENDING
from followup.models.owed import Owed, load
from followup.queries import messages
from followup.queries.messages import Filter, MessageView
from followup.terms import Channel, Status

MOST = 50


@dataclass(frozen=True, slots=True)
class Past:
    """A message that left, or will not leave any more."""

    id: UUID
    treatment: UUID | None
    step: str
    channel: Channel
    status: Status
    over_at: datetime  #: when it left or was cancelled, else when it was due
    over_local: str  #: ISO 8601 with the patient's offset
    because: str  #: why it was skipped, as a sentence for staff


@dataclass(frozen=True, slots=True)
class Overview:
    past: Sequence[Past]  #: newest first, at most `MOST`
    owed: Sequence[MessageView]  #: soonest first, at most `MOST`
    counts: dict[Status, int]  #: of every status there is
    ahead: timedelta  #: business time minus real time
    paused: bool


def look(db: Session, *, now: datetime) -> Overview:
    """Everything for the page, without anything that names a patient."""
    counts = db.execute(select(Message.status, func.count().label("n")).group_by(Message.status)).all()
    return Overview(
        past=[_past(each) for each in _newest(db)],
        owed=messages.page(db, chosen=Filter(status=Status.SCHEDULED), now=now, limit=MOST).items,
        counts={row.status: row.n for row in counts},
        ahead=now - real_time(db),
        paused=db.get(Switch, SENDING) is not None,
    )


def _newest(db: Session) -> list[Owed]:
    over_at = func.coalesce(Message.left_at, Message.cancelled_at, Message.due_at)
    newest = select(Message.id).where(Message.status != Status.SCHEDULED).order_by(over_at.desc(), Message.id.desc())
    ids = db.scalars(newest.limit(MOST)).all()
    found = {each.message.id: each for each in load(db, Message.id.in_(ids))}
    return [found[one] for one in ids]


def _past(each: Owed) -> Past:
    message = each.message
    over_at = message.left_at or message.cancelled_at or message.due_at
    return Past(
        id=message.id,
        treatment=each.treatment.id if each.treatment else None,
        step=each.step.key if each.step else message.wording,
        channel=message.channel,
        status=message.status,
        over_at=over_at,
        over_local=over_at.astimezone(each.zone).isoformat(),
        because=message.reason.sentence if message.reason else "",
    )
