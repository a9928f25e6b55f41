"""What the database tells of every message, and whether that hangs together."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.figures import percentile
from followup.models import Attempt, Message, Patient
from followup.terms import AttemptOutcome, Channel, Status
from proofs.checks import Check

WENT = frozenset({Status.SENT, Status.DELIVERED, Status.UNDELIVERED})


@dataclass(frozen=True, slots=True)
class Told:
    """A message as the database has it, with its attempts in their order."""

    message: Message
    patient: Patient
    attempts: Sequence[Attempt]

    @property
    def accepted(self) -> Attempt | None:
        """The attempt that the gateway took."""
        return next((each for each in self.attempts if each.outcome is AttemptOutcome.ACCEPTED), None)

    def __str__(self) -> str:
        return f"{self.message.channel} {self.message.id} ({self.message.wording}, {self.message.status})"


def read(db: Session) -> list[Told]:
    """Every message."""
    attempts: defaultdict[UUID, list[Attempt]] = defaultdict(list)
    for attempt in db.scalars(select(Attempt).order_by(Attempt.number)):
        attempts[attempt.message_id].append(attempt)
    rows = db.execute(select(Message, Patient).join(Patient, Message.patient_id == Patient.id).order_by(Message.due_at))
    return [Told(message, patient, attempts[message.id]) for message, patient in rows]


def life(told: Sequence[Told]) -> Iterator[Check]:
    """Each message went once or has its reason, and none went too early."""
    statuses = Counter(str(each.message.status) for each in told)
    faults = [f"{each}: {fault}" for each in told for fault in _faults(each)]
    yield Check("each message left at most once, none before its time, none is uncertain", counted(statuses), faults)
    skipped = [each.message for each in told if each.message.status is Status.SKIPPED]
    reasons = Counter(str(message.reason) for message in skipped)
    yield Check("what was not sent has its reason", counted(reasons), [str(m.id) for m in skipped if not m.reason])


def lateness(told: Sequence[Told]) -> Iterator[Check]:
    """From due to taken, of what was taken at the first attempt."""
    for channel in Channel:
        firsts = [(each, each.attempts[0]) for each in told if each.message.channel is channel and each.attempts]
        late = [
            (first.answered_at - each.message.due_at).total_seconds()
            for each, first in firsts
            if first.outcome is AttemptOutcome.ACCEPTED and first.answered_at
        ]
        seen = ", ".join(f"{name} {percentile(late, at):.1f} s" for name, at in (("median", 50), ("p99", 99)))
        yield Check(f"from due to taken, {channel}", f"{seen}, most {max(late):.1f} s, of {len(late)}")


def counted(counts: Mapping[str, int]) -> str:
    """Such as "3 sent, 1 skipped"."""
    return ", ".join(f"{count} {name}".strip() for name, count in sorted(counts.items())) or "none"


def _faults(each: Told) -> Iterator[str]:
    outcomes = [attempt.outcome for attempt in each.attempts]
    if outcomes.count(AttemptOutcome.ACCEPTED) > 1:
        yield "taken more than once"
    if any(outcome is not AttemptOutcome.UNAVAILABLE for outcome in outcomes[:-1]):
        yield "tried again though it may have gone"
    if (each.message.status in WENT) != bool(each.accepted):
        yield "its status and its attempts differ"
    if each.message.status in (Status.UNCERTAIN, Status.SENDING):
        yield "nobody knows whether it went"
    if any(attempt.begun_at < each.message.due_at for attempt in each.attempts):
        yield "before its time"
