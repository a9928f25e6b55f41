"""What a reply says to the question that is open. Triage reads every reply first; a score with a worry is both.

Source: clinical.md §3 notes 1 to 4.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from followup.rules.answers import Answer, Score, Unreadable
from followup.rules.folding import fold, tokens, vocabulary
from followup.rules.menus import read_letters, read_still_or_gone
from followup.rules.numerals import read_number
from followup.terms import Measure, Question


@dataclass(frozen=True, slots=True)
class Scale:
    """A measure and its ends, both of them possible."""

    measure: Measure
    low: int
    high: int


#: The questions that a number answers.
SCALES: Mapping[Question, Scale] = MappingProxyType(
    {
        Question.PAIN_0_10: Scale(Measure.PAIN, 0, 10),
        Question.CHANGE_1_7: Scale(Measure.CHANGE, 1, 7),
        Question.SATISFACTION_1_5: Scale(Measure.SATISFACTION, 1, 5),
    }
)

# The words that the wordings put beside a number, when they are the whole reply.
_LABELS: dict[Measure, dict[str, int]] = {
    Measure.PAIN: {
        **dict.fromkeys(("no pain", "no pain at all", "pain free", "sin dolor", "nada de dolor", "no tengo dolor"), 0),
        **dict.fromkeys(("worst pain you can imagine", "el peor dolor que pueda imaginar"), 10),
    },
    Measure.CHANGE: {
        "very much better": 1,
        "much better": 2,
        "a bit better": 3,
        "same": 4,
        "the same": 4,
        "a bit worse": 5,
        "much worse": 6,
        "very much worse": 7,
        "mucho mejor": 1,
        "bastante mejor": 2,
        "un poco mejor": 3,
        "igual": 4,
        "un poco peor": 5,
        "bastante peor": 6,
        "mucho peor": 7,
    },
    Measure.SATISFACTION: {},
}
_COURTESY = re.compile(r"\b(?:thanks|thank you|ty|please|gracias)\b")

_SIGN = re.compile(r"[-+] ?\d")
_BETTER = vocabulary("better mejor")
_WORSE = vocabulary("worse peor")

_HIGH_PAIN = 8
_HIGH_RISE = 3


def read_answer(text: str, question: Question) -> Answer:
    """What the text says to this question. Never raises, whatever the text."""
    folded = fold(text)
    if question is Question.CHECK_IN:
        return read_letters(folded)
    if question is Question.STILL_OR_GONE:
        return read_still_or_gone(folded)
    return _read_score(folded, SCALES[question])


def is_high(value: int, *, baseline: int | None) -> bool:
    """Whether a pain score is to be looked at by a person: 8 or more, or 3 above the baseline (clinical.md §3 note 4)."""
    return value >= _HIGH_PAIN or (baseline is not None and value - baseline >= _HIGH_RISE)


def _read_score(folded: str, scale: Scale) -> Answer:
    words = [token for token in tokens(folded) if token.isalnum()]
    label = " ".join(_COURTESY.sub("", " ".join(words)).split())
    if (value := _LABELS[scale.measure].get(label)) is not None:
        return Score(scale.measure, value)
    found = read_number(folded, high=scale.high)
    if not isinstance(found, int):
        return found
    if not scale.low <= found <= scale.high:
        return Unreadable()
    if scale.measure is Measure.CHANGE and (_SIGN.search(folded) or _contradicts(found, words)):
        return Unreadable()
    return Score(scale.measure, found)


def _contradicts(change: int, words: list[str]) -> bool:
    """Whether the words say the other direction, as "7, much better" does: some take 7 for the best."""
    better, worse = (not side.isdisjoint(words) for side in (_BETTER, _WORSE))
    return (better and change >= 4) or (worse and change <= 4)
