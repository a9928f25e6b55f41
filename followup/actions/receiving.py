"""What comes back: receipts of gateways and replies of patients, each kept once, raw, before anything else."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import answering, failing_over, obeying
from followup.db import among, new_id, real_time
from followup.logs import about
from followup.messages.twilio_codes import Cause, cause_of, refusal_of
from followup.models import Attempt, Message, Receipt, Reply
from followup.models.traffic import UNTOLD
from followup.models.writing import insert_new, write_changes
from followup.rules import keywords, lifecycle
from followup.terms import AttemptOutcome, Channel, ReceiptKind

log = logging.getLogger(__name__)

_Ours = dict[tuple[UUID, UUID], tuple[Message, Attempt]]  # by message and attempt


@dataclass(frozen=True, slots=True)
class Told:
    """What a gateway said later about one attempt: `said` and `code` in its own words, `kind` in ours."""

    channel: Channel
    reference: str
    said: str
    kind: ReceiptKind
    code: str
    message_id: UUID
    attempt_id: UUID

    def as_row(self) -> dict[str, Any]:
        """By column of `Receipt`. Unlike `asdict` without copying each value, which took longer than to insert them."""
        return {name: getattr(self, name) for name in self.__slots__}


def keep_receipts(db: Session, *, told: Sequence[Told], now: datetime) -> list[Told]:
    """Keep what gateways said and move the messages on. Returns what of it was new, and about a message of ours."""
    ours, clock = _lock(db, told), real_time(db)
    about_ours = _about_ours(db, told, ours)
    for each in set(told).difference(about_ours):
        log.warning("receipt for no attempt of ours", extra=about(message=each.message_id, attempt=each.attempt_id))
    rows = [{"id": new_id(), **each.as_row(), "received_at": now} for each in about_ours]
    kept = insert_new(db, Receipt, rows, "channel", "reference", "said")
    news = list(dict.fromkeys(each for each in about_ours if (each.channel, each.reference, each.said) in kept))
    for each in news:
        message, attempt = ours[each.message_id, each.attempt_id]
        if attempt.outcome not in (AttemptOutcome.ACCEPTED, AttemptOutcome.REFUSED):
            answering.accept(attempt, message, reference=each.reference, clock=clock)
        message.status = lifecycle.after_receipt(message.status, each.kind)
        message.left_at = message.left_at or now
        _learn(db, attempt, message, each.kind, each.code, now)
    moved = [ours[each.message_id, each.attempt_id][0] for each in news]
    write_changes(db, moved)
    failing_over.take_over(db, moved, now=now)
    return news


def _lock(db: Session, told: Sequence[Told]) -> _Ours:
    rows = db.execute(
        select(Message, Attempt)
        .join(Attempt, Attempt.message_id == Message.id)
        .where(among(db, Attempt.id, {each.attempt_id for each in told}))
        .order_by(Message.id)  # as everyone who locks many: else two might wait for each other
        .with_for_update(of=Message)
        .options(*UNTOLD)
    )
    return {(message.id, attempt.id): (message, attempt) for message, attempt in rows}


def _about_ours(db: Session, told: Sequence[Told], ours: _Ours) -> list[Told]:
    """Without what is about an attempt that we do not know, or bears the reference of another attempt."""
    known = [each for each in told if (each.message_id, each.attempt_id) in ours]
    unheard = {each.reference for each in known if ours[each.message_id, each.attempt_id][1].reference is None}
    holders: dict[tuple[Channel, str], UUID] = {}
    if unheard:
        held = select(Attempt.channel, Attempt.reference, Attempt.id).where(Attempt.reference.in_(unheard))
        holders = {(channel, str(reference)): attempt_id for channel, reference, attempt_id in db.execute(held)}
    return [
        each for each in known if holders.setdefault((each.channel, each.reference), each.attempt_id) == each.attempt_id
    ]


def _learn(db: Session, attempt: Attempt, message: Message, kind: ReceiptKind, code: str, now: datetime) -> None:
    """What a failed delivery says is as true as what a refused request says (messaging.md §1.7)."""
    if kind not in (ReceiptKind.UNDELIVERED, ReceiptKind.FAILED):
        return
    if why := refusal_of(code):
        answering.learn(db, attempt, message, why, code, now=now)
    elif cause_of(code) is Cause.ACCOUNT:
        answering.stop_sender(db, attempt.channel, code, now=now)


def keep_reply(
    db: Session,
    *,
    channel: Channel,
    reference: str,
    sent_from: str,
    sent_to: str,
    body: str,
    raw: dict[str, Any],
    now: datetime,
) -> bool:
    """Keep a reply as it came and obey STOP, START and HELP at once. False when it is known already."""
    reply_id = new_id()
    values = {"id": reply_id, "channel": channel, "reference": reference, "sent_from": sent_from, "sent_to": sent_to}
    row = {**values, "body": body, "raw": raw, "received_at": now}
    if not insert_new(db, Reply, [row], "channel", "reference"):
        return False
    log.info("reply kept", extra=about(reply=reply_id))
    told = raw.get("OptOutType")  # the gateway has acted on it already, also on words that only it knows
    if keyword := keywords.read(str(told or body)):
        obeying.obey(
            db,
            keyword=keyword,
            reply=db.get_one(Reply, reply_id),
            patients=obeying.phone_holders(db, sent_from),
            is_answered=bool(told),
            now=now,
        )
    return True
