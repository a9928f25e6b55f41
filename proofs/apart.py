"""The four ways in which a relay does not deliver at once, and what the service makes of each."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from followup.terms import AttemptOutcome, Channel, Reason, Status
from proofs import relay
from proofs.checks import Check
from proofs.told import Told, counted
from proofs.week import in_ascii


def told_apart(told: Sequence[Told]) -> Iterator[Check]:
    """One line for each."""
    unknown, held = _to(told, relay.UNKNOWN), _to(told, f"@{relay.HELD}")
    back, moved = _to(told, f"@{relay.COME_BACK}"), _to(told, relay.MOVED)
    what = "bounced at the door (550): failed at once, the address is marked, nothing more goes there"
    yield _check(what, unknown, _is_refused, shows=any(each.attempts for each in unknown))
    what = "deferred for a minute (451): tried again, and taken once"
    yield _check(what, back, _is_taken_or_skipped, shows=any(len(each.attempts) > 1 for each in back))
    what = f"deferred all the time (451): still owed, tried {_waits(held)}, the address is not blamed"
    yield _check(what, held, _is_owed, shows=any(len(each.attempts) > 3 for each in held))
    what = "taken (250) and bounced later: sent, because SMTP tells no more; a person reads the notice"
    yield _check(what, moved, _is_taken_or_skipped, shows=any(each.accepted for each in moved))


def is_held(each: Told) -> bool:
    """Whether it waits for the relay, and will for longer than the proof runs."""
    return each.message.status is Status.SCHEDULED and bool(_to([each], f"@{relay.HELD}"))


def _check(what: str, told: Sequence[Told], is_right: Callable[[Told], bool], *, shows: bool) -> Check:
    """`shows` is whether it came about at all."""
    messages = Counter(str(each.message.status) for each in told)
    attempts = Counter(f"{attempt.outcome} {attempt.code}" for each in told for attempt in each.attempts)
    faults = [str(each) for each in told if not is_right(each)]
    return Check(what, f"{counted(messages)}; attempts: {counted(attempts)}", faults or ([] if shows else ["not seen"]))


def _to(told: Sequence[Told], ending: str) -> list[Told]:
    emails = (each for each in told if each.message.channel is Channel.EMAIL and each.patient.email)
    return [each for each in emails if in_ascii(each.patient.email or "").endswith(ending)]


def _is_refused(each: Told) -> bool:
    if each.patient.email_failed_at is None:
        return False
    if each.message.status is Status.SKIPPED:
        return each.message.reason is Reason.BAD_ADDRESS
    return each.message.status is Status.FAILED and _codes(each) == [(AttemptOutcome.REFUSED, "550 5.1.1")]


def _is_taken_or_skipped(each: Told) -> bool:
    return each.message.status in (Status.SENT, Status.SKIPPED) and each.patient.email_failed_at is None


def _is_owed(each: Told) -> bool:
    is_deferred = set(_codes(each)) == {(AttemptOutcome.UNAVAILABLE, "451 4.3.0")}
    return each.message.status is Status.SCHEDULED and is_deferred and each.patient.email_failed_at is None


def _codes(each: Told) -> list[tuple[AttemptOutcome | None, str]]:
    return [(attempt.outcome, attempt.code) for attempt in each.attempts]


def _waits(told: Sequence[Told]) -> str:
    """How far apart the attempts were of the one that was tried most often."""
    most = max((each.attempts for each in told), key=len, default=())
    gaps = [(later.begun_at - earlier.begun_at).total_seconds() for earlier, later in pairwise(most)]
    return f"again after {', '.join(f'{gap:.0f}' for gap in gaps)} s"
