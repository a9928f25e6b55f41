"""Settles what became uncertain: by the gateway's own list, or by a person. A receipt may always be faster.

Two complete lists without a message, far enough apart and long enough after the attempt, mean that it never arrived.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import answering, auditing, failing_over
from followup.actions.patience import Patience
from followup.db import real_time
from followup.logs import about
from followup.messages.gateway import Search, Sighting
from followup.models import Attempt, Message
from followup.rules import lifecycle
from followup.terms import AttemptOutcome, Channel, Status

log = logging.getLogger(__name__)

_AT_ONCE = 100


class CannotSettle(Exception):
    """The message is not one that waits for a person to say whether it went."""


def open_attempts(db: Session, *, channel: Channel, keeps_list: bool, patience: Patience) -> list[tuple[UUID, Search]]:
    """What to look for now. Each is looked for again later unless it is settled, so a crash here costs only time."""
    clock = real_time(db)
    rows = db.execute(
        select(Attempt, Message)
        .join(Message, Attempt.message_id == Message.id)
        .where(Message.check_at <= clock, Message.channel == channel, Attempt.number == Message.tries)
        .where(Message.status.in_(lifecycle.OPEN))
        .order_by(Message.check_at)
        .limit(_AT_ONCE)
        .with_for_update(of=Message, skip_locked=True)
    )
    searches = []
    for attempt, message in rows.all():
        if message.status is Status.SENDING:
            log.warning("attempt was never answered", extra=about(message=message.id, attempt=attempt.id))
        message.status = Status.UNCERTAIN
        message.check_at = clock + patience.between_lists if keeps_list else None
        searches.append((attempt.id, Search(to=attempt.to, text=message.body or "", since=attempt.begun_at)))
    return searches if keeps_list else []


def settle(
    db: Session, *, attempt_id: UUID, sightings: Sequence[Sighting] | None, now: datetime, patience: Patience
) -> None:
    """Draw the conclusion from one reading of the gateway's list (None: it could not be read whole)."""
    clock = real_time(db)
    attempt, message = db.execute(
        select(Attempt, Message)
        .join(Message, Attempt.message_id == Message.id)
        .where(Attempt.id == attempt_id)
        .with_for_update(of=Message)
    ).one()
    if sightings is None or message.status not in lifecycle.OPEN:
        return
    if found := _not_ours_already(db, attempt, sightings):
        answering.accept(attempt, message, reference=found.reference, clock=clock)
        message.status = lifecycle.after_receipt(message.status, found.kind)
        failing_over.take_over(db, [message], now=now)
        log.info("attempt found in the gateway's list", extra=about(message=message.id, attempt=attempt.id))
    elif clock < attempt.begun_at + patience.surely_listed:
        return
    elif attempt.missing_since is None:
        attempt.missing_since = clock
    elif clock >= attempt.missing_since + patience.between_lists:
        attempt.outcome, attempt.answered_at = AttemptOutcome.ABSENT, clock
        answering.give_back(message, next_try_at=None)
        log.info("attempt absent from the gateway's list", extra=about(message=message.id, attempt=attempt.id))


def settle_by_hand(db: Session, *, message: Message, was_sent: bool, now: datetime, by: str) -> None:
    """A person says whether an uncertain message went. If not, it is failed, never sent again by itself."""
    if message.status is not Status.UNCERTAIN:
        raise CannotSettle(f"message {message.id} is {message.status}, not uncertain; there is nothing to settle")
    message.status = Status.SENT if was_sent else Status.FAILED
    message.check_at = None
    if not was_sent:
        message.left_at = None
        failing_over.take_over(db, [message], now=now)
    auditing.note(
        db, did="settle", subject="message", subject_id=message.id, now=now, by=by, details={"was_sent": was_sent}
    )


def _not_ours_already(db: Session, attempt: Attempt, sightings: Sequence[Sighting]) -> Sighting | None:
    """The first sighting that no other attempt has as its own: the same words may rightly go twice."""
    references = [sighting.reference for sighting in sightings]
    known = set(
        db.scalars(
            select(Attempt.reference).where(Attempt.channel == attempt.channel, Attempt.reference.in_(references))
        )
    ) - {attempt.reference}
    return next((sighting for sighting in sightings if sighting.reference not in known), None)
