"""What comes back: receipts of gateways and replies of patients, each kept once, raw, before anything else."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from followup.actions import answering, consenting
from followup.db import new_id, real_time
from followup.logs import about
from followup.messages.twilio_codes import Cause, cause_of, refusal_of
from followup.models import Attempt, Message, Patient, Receipt, Reply
from followup.models.traffic import PRIORITY_LANE
from followup.rules import keywords, lifecycle
from followup.rules.keywords import Keyword
from followup.terms import AttemptOutcome, Channel, ConsentSource, Origin, ReceiptKind

log = logging.getLogger(__name__)

# One confirmation, and only while it still belongs to the STOP that it answers (messaging.md §2.1).
_CONFIRM_WITHIN = timedelta(minutes=5)


def keep_receipt(
    db: Session,
    *,
    channel: Channel,
    reference: str,
    said: str,
    kind: ReceiptKind,
    code: str,
    message_id: UUID,
    attempt_id: UUID,
    now: datetime,
) -> bool:
    """Keep what a gateway said and move the message on. False when it is known already, or about nothing of ours."""
    row = db.execute(
        select(Message, Attempt)
        .join(Attempt, Attempt.message_id == Message.id)
        .where(Message.id == message_id, Attempt.id == attempt_id)
        .with_for_update(of=Message)
    ).one_or_none()
    if row is None:
        log.warning("receipt for no attempt of ours", extra=about(message=message_id, attempt=attempt_id))
        return False
    message, attempt = row
    values = {"id": new_id(), "channel": channel, "reference": reference, "said": said, "kind": kind, "code": code}
    subject = {"message_id": message_id, "attempt_id": attempt_id, "received_at": now}
    if not _insert_once(db, Receipt, {**values, **subject}, "channel", "reference", "said"):
        return False
    if attempt.outcome not in (AttemptOutcome.ACCEPTED, AttemptOutcome.REFUSED):
        answering.accept(attempt, message, reference=reference, clock=real_time(db))
    message.status = lifecycle.after_receipt(message.status, kind)
    message.left_at = message.left_at or now
    _learn(db, attempt, message, kind, code, now)
    return True


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
    """Keep a reply as it came and obey STOP and START at once. False when it is known already."""
    reply_id = new_id()
    values = {"id": reply_id, "channel": channel, "reference": reference, "sent_from": sent_from, "sent_to": sent_to}
    if not _insert_once(db, Reply, {**values, "body": body, "raw": raw, "received_at": now}, "channel", "reference"):
        return False
    log.info("reply kept", extra=about(reply=reply_id))
    told = raw.get("OptOutType")  # the gateway has acted on it already, also on words that only it knows
    keyword = keywords.read(str(told or body))
    if keyword is None:
        return True
    patients = db.scalars(
        select(Patient).where(Patient.phone == sent_from).order_by(Patient.id).with_for_update()
    ).all()
    obey = consenting.withdraw if keyword is Keyword.STOP else consenting.restore
    source, evidence = ConsentSource.REPLY, f"reply {reference}"
    changed = [
        patient
        for patient in patients
        if obey(db, patient=patient, channel=channel, source=source, evidence=evidence, now=now, by="patient")
    ]
    if changed and not told:
        _confirm(db, keyword, changed[0], channel, reference, now)
    return True


def _confirm(db: Session, keyword: Keyword, patient: Patient, channel: Channel, reference: str, now: datetime) -> None:
    db.add(
        Message(
            once_key=f"{keyword}:{reference}",
            clinic_id=patient.clinic_id,
            patient_id=patient.id,
            origin=Origin.CONFIRMATION,
            wording=f"{keyword}-confirmation",
            channel=channel,
            lane=PRIORITY_LANE,
            nominal_at=now,
            due_at=now,
            expires_at=now + _CONFIRM_WITHIN,
            why=[],
            created_at=now,
        )
    )


def _insert_once(db: Session, table: type[Receipt | Reply], values: dict[str, Any], *unique: str) -> bool:
    """Whether the row is new. The constraint decides, so two hooks at once cannot both win."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table).values(**values).on_conflict_do_nothing(index_elements=unique)
    return db.scalar(insert.returning(table.id)) is not None
