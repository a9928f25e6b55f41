"""May this message leave now? Asked when it is shown, and again in the transaction that makes its attempt."""

from dataclasses import dataclass
from datetime import datetime

from followup.terms import Consented, Origin, Reason, ShiftRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that decides whether one message may leave. Instants are business time."""

    origin: Origin
    expires_at: datetime
    clinic_ready: bool
    has_address: bool
    consent: Consented | None = None  #: None: the patient was never asked
    replaced: bool = False
    answered: bool = False
    question_waits: bool = False  #: what this one reminds of has not left yet
    condition_met: bool = True
    booked: bool = False
    open_alert: bool = False
    calm_at: datetime | None = None  #: set while a worry is too recent to speak of booking
    quiet_until: datetime | None = None  #: set while it is quiet where the patient is
    next_free: datetime | None = None  #: set while today would be one text too many


@dataclass(frozen=True, slots=True)
class Go:
    """It may leave now."""


@dataclass(frozen=True, slots=True)
class Skip:
    """It must not leave, now or later."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Hold:
    """It waits, for a person or for the question that it repeats."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Move:
    """It may leave, but only later."""

    to: datetime
    rule: ShiftRule


Verdict = Go | Skip | Hold | Move


def judge(facts: Facts, *, now: datetime) -> Verdict:
    """What may happen to a message at `now`. The first rule that applies decides."""
    if facts.origin is Origin.ALARM:
        return _reachable(facts, now) or Go()
    if not facts.clinic_ready:
        return Skip(Reason.CLINIC_NOT_READY)
    if facts.origin.is_priority:
        return _reachable(facts, now) or Go()
    return _not_wanted(facts) or _reachable(facts, now) or _permitted(facts) or _timely(facts) or Go()


def _reachable(facts: Facts, now: datetime) -> Verdict | None:
    if now >= facts.expires_at:
        return Skip(Reason.TOO_LATE)
    if not facts.has_address:
        return Skip(Reason.BAD_ADDRESS)
    return None


def _not_wanted(facts: Facts) -> Verdict | None:
    if facts.replaced:
        return Skip(Reason.REPLACED)
    if facts.answered:
        return Skip(Reason.ALREADY_ANSWERED)
    if facts.question_waits:
        return Hold(Reason.CONDITION_NOT_MET)
    if not facts.condition_met:
        return Skip(Reason.CONDITION_NOT_MET)
    if facts.booked:
        return Skip(Reason.ALREADY_BOOKED)
    return None


def _permitted(facts: Facts) -> Verdict | None:
    if facts.consent is Consented.WITHDRAWN:
        return Skip(Reason.OPTED_OUT)
    if facts.consent is not Consented.GIVEN:
        return Skip(Reason.NO_CONSENT)
    if facts.open_alert:
        return Hold(Reason.OPEN_ALERT)
    return None


def _timely(facts: Facts) -> Verdict | None:
    if facts.calm_at:
        return Move(facts.calm_at, ShiftRule.RECENT_WORRY)
    if facts.next_free and facts.next_free >= facts.expires_at:
        return Skip(Reason.FREQUENCY_LIMIT)
    if facts.next_free:
        return Move(facts.next_free, ShiftRule.FREQUENCY)
    return Move(facts.quiet_until, ShiftRule.QUIET_HOURS) if facts.quiet_until else None
