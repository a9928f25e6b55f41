"""What each answer of a gateway does to the message, its attempt, its patient and its sender."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from followup.actions import consenting
from followup.actions.patience import Patience
from followup.messages.gateway import Accepted, Answer, Refusal, Refused, Unavailable, Uncertain
from followup.models import Attempt, Message, Patient, Sender
from followup.rules import lifecycle
from followup.terms import AttemptOutcome, Channel, ConsentSource, Status


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
    """Keep one answer. An attempt that a receipt or the reconciler has settled stays as it is."""
    if attempt.outcome not in (None, AttemptOutcome.UNCERTAIN):
        return
    attempt.answered_at = clock
    match answer:
        case Accepted(reference):
            accept(attempt, message, reference=reference, clock=clock)
        case Refused(why, code):
            attempt.outcome, attempt.code = AttemptOutcome.REFUSED, code
            _fail(message)
            _learn(db, message, why, code, now)
        case Unavailable(code, retry_after, stops_sender):
            attempt.outcome, attempt.code = AttemptOutcome.UNAVAILABLE, code
            if stops_sender:
                _stop_sender(db, attempt.channel, code, now)
            _try_later(message, clock, retry_after, patience, is_counted=not stops_sender)
        case Uncertain(code):
            attempt.outcome, attempt.code = AttemptOutcome.UNCERTAIN, code
            message.status = lifecycle.after_answer(message.status, Status.UNCERTAIN)
            message.check_at = attempt.begun_at + patience.first_look


def accept(attempt: Attempt, message: Message, *, reference: str, clock: datetime) -> None:
    """The gateway has it, whoever told us."""
    attempt.outcome, attempt.reference, attempt.answered_at = AttemptOutcome.ACCEPTED, reference, clock
    message.status = lifecycle.after_answer(message.status, Status.SENT)
    message.check_at = None


def give_back(message: Message, *, next_try_at: datetime | None) -> None:
    """It surely did not go: it is owed again, at its old due time."""
    message.status = lifecycle.after_answer(message.status, Status.SCHEDULED)
    message.left_at = message.check_at = None
    message.next_try_at = next_try_at


def _fail(message: Message) -> None:
    message.status = lifecycle.after_answer(message.status, Status.FAILED)
    message.left_at = message.check_at = None


def _try_later(
    message: Message, clock: datetime, retry_after: timedelta | None, patience: Patience, *, is_counted: bool
) -> None:
    if message.tries > len(patience.waits) and is_counted:
        _fail(message)
        return
    wait = patience.waits[min(message.tries, len(patience.waits)) - 1]
    give_back(message, next_try_at=clock + max(wait, retry_after or wait))


def _stop_sender(db: Session, channel: Channel, code: str, now: datetime) -> None:
    """A fault of our account or settings is not the message's: nothing more is tried until a person resumes."""
    sender = db.get_one(Sender, channel)
    if sender.stopped_at is None:
        sender.stopped_at, sender.stopped_because = now, f"The gateway refuses our account or settings ({code})."


def _learn(db: Session, message: Message, why: Refusal, code: str, now: datetime) -> None:
    """Remember what a refusal says about the patient, so that nothing more is tried in vain."""
    patient = db.get_one(Patient, message.patient_id)
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
