"""What each answer of a gateway does to the message, its attempt, its patient and its sender."""

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from followup.actions import consenting
from followup.actions.patience import Patience
from followup.logs import about
from followup.messages.gateway import Accepted, Answer, Refusal, Refused, Unavailable, Uncertain
from followup.models import Attempt, Message, Patient, Sender
from followup.rules import lifecycle
from followup.terms import AttemptOutcome, Channel, ConsentSource, ReceiptKind, Status

log = logging.getLogger(__name__)


def apply(
    db: Session,
    attempt: Attempt,
    message: Message,
    answer: Answer,
    *,
    now: datetime,
    clock: datetime,
    patience: Patience,
) -> None:
    """Keep one answer. An attempt that a receipt or the reconciler has settled stays as it is.

    But for one that they took for absent and that was accepted after all: its answer came very late.
    """
    has_come_late = attempt.outcome is AttemptOutcome.ABSENT and isinstance(answer, Accepted)
    if attempt.outcome not in (None, AttemptOutcome.UNCERTAIN) and not has_come_late:
        return
    attempt.answered_at = clock
    match answer:
        case Accepted(reference):
            accept(attempt, message, reference=reference, clock=clock)
            message.left_at = message.left_at or now
        case Refused(why, code):
            attempt.outcome, attempt.code = AttemptOutcome.REFUSED, code
            _fail(message)
            learn(db, attempt, message, why, code, now=now)
        case Unavailable(code, stops_sender=True):
            attempt.outcome, attempt.code = AttemptOutcome.UNAVAILABLE, code
            stop_sender(db, attempt.channel, code, now=now)
            give_back(message, next_try_at=None)  # the sender waits for a person; then it goes at once
        case Unavailable(code, retry_after):
            attempt.outcome, attempt.code = AttemptOutcome.UNAVAILABLE, code
            _try_later(message, clock, retry_after, patience)
        case Uncertain(code):
            attempt.outcome, attempt.code = AttemptOutcome.UNCERTAIN, code
            if message.status in lifecycle.OPEN:
                message.status, message.check_at = Status.UNCERTAIN, attempt.begun_at + patience.first_look


def accept(attempt: Attempt, message: Message, *, reference: str, clock: datetime) -> None:
    """The gateway has it, whoever told us, and whatever we believed before."""
    attempt.outcome, attempt.reference, attempt.answered_at = AttemptOutcome.ACCEPTED, reference, clock
    message.status = lifecycle.after_receipt(message.status, ReceiptKind.TAKEN)
    message.reason = message.check_at = message.lease_token = message.leased_until = None


def give_back(message: Message, *, next_try_at: datetime | None) -> None:
    """It surely did not go: it is owed again, at its old due time. Unless an earlier attempt turned out to have gone."""
    if message.status in lifecycle.OPEN:
        message.status, message.next_try_at = Status.SCHEDULED, next_try_at
        message.left_at = message.check_at = None


def _fail(message: Message) -> None:
    if message.status in lifecycle.OPEN:
        message.status = Status.FAILED
        message.left_at = message.check_at = None


def _try_later(message: Message, clock: datetime, retry_after: timedelta | None, patience: Patience) -> None:
    if message.tries > len(patience.waits):
        _fail(message)
        return
    wait = patience.waits[message.tries - 1]
    give_back(message, next_try_at=clock + max(wait, retry_after or wait))


def stop_sender(db: Session, channel: Channel, code: str, *, now: datetime) -> None:
    """A fault of our account or settings is not the message's: nothing more is tried until a person resumes."""
    sender = db.get_one(Sender, channel)
    if sender.stopped_at is None:
        sender.stopped_at, sender.stopped_because = now, f"The gateway refuses our account or settings ({code})."
        log.error("sender stopped until followup resume", extra=about(channel=channel, code=code))


def learn(db: Session, attempt: Attempt, message: Message, why: Refusal, code: str, *, now: datetime) -> None:
    """Remember what a refusal says about the patient, so that nothing more is tried in vain. Staff are told the same way again."""
    if message.patient_id is None:
        return
    patient = db.get_one(Patient, message.patient_id)
    if attempt.to != (patient.phone if attempt.channel is Channel.SMS else patient.email):
        return  # it says nothing about the address that the patient has now
    if why is Refusal.OPTED_OUT:
        consenting.withdraw(
            db,
            patient=patient,
            channel=message.channel,
            source=ConsentSource.CARRIER,
            evidence=f"refused with {code}",
            now=now,
            by="carrier",
        )
    elif why is Refusal.BAD_ADDRESS and message.channel is Channel.SMS:
        patient.phone_failed_at = now
    elif why is Refusal.BAD_ADDRESS:
        patient.email_failed_at = now
