"""What a reply can be as an answer to the question that is open."""

from dataclasses import dataclass
from enum import StrEnum

from followup.terms import Measure


class CheckIn(StrEnum):
    """The letters of the check-in, by what its wording says they mean."""

    FINE = "A"
    SORE = "B"
    NERVE = "C"  #: tingling, numb or weak
    CALL_ME = "D"


class StillOrGone(StrEnum):
    """Whether tingling, numbness or weakness is there now."""

    STILL = "still"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Score:
    """One number, always within the scale of its measure."""

    measure: Measure
    value: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """Every letter of the check-in that was named, at least one; the worst is to be acted on."""

    letters: frozenset[CheckIn]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """It looks like an answer, but not like one answer: ask once more, then a person reads it."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """It is not about the question; triage decides what it is."""


Answer = Score | Chosen | StillOrGone | Unreadable | NoAnswer
