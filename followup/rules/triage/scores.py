"""Scores from 0 to 10: "7/10", "seven", "8 to a 3". Times, dates, counts, ages and phone numbers are none.

Which question a score answers, and what it is worth, is decided elsewhere: a digit has no meaning without its prompt.
"""

import re
from collections.abc import Iterator, Sequence

from followup.rules.triage.data import word_list
from followup.rules.triage.lexicon import Lexicon
from followup.rules.triage.passage import Passage, Span
from followup.rules.triage.tokens import PAUSES

_BESIDE = word_list("beside-a-score")
_BEFORE = word_list("before-a-score")
_AFTER = word_list("after-a-score")
_NAMED = frozenset({"pain", "dolor", "score", "level", "nivel", "scale", "number", "rate", "rating"})
_TENS = frozenset({"10", "ten", "diez"})
_PRAISED = frozenset(
    ("would", "service", "recommend", "experience", "treatment", "session", "highly", "care", "clinic", "for", "will")
)
_TIMES = frozenset({"am", "pm", "oclock", "appointment", "cita"})
_ONES = frozenset({"one", "uno"})  # "that one", "no one": words before they are numbers
_WAS = frozenset({"was", "were", "from", "used", "before", "era", "antes", "estaba", "yesterday", "ayer"})
_WHEN = frozenset({"today", "now", "yesterday", "hoy", "ahora", "ayer"})
_CLEARLY = 2  # points; so much more pain than before is clearly worse
_NUMBER = re.compile(r"(?:10|\d)(?:\.\d)?(/10)?|(?:10|\d)-(?:10|\d)")


def scores(passage: Passage, lexicon: Lexicon, *, in_booking: frozenset[int]) -> Iterator[Span]:
    """Where scores stand, as tokens from and to; numbers in the clauses `in_booking` are times."""
    words = passage.words
    numbers = {place for place, word in enumerate(words) if _NUMBER.fullmatch(word) or word in lexicon.numbers}
    is_all = all(word in _BESIDE or word in PAUSES or place in numbers for place, word in enumerate(words))
    for place in sorted(numbers):
        if is_all or _is_score(words, place, is_time=passage.clause_of[place] in in_booking):
            yield place, place + 1


def _is_score(words: Sequence[str], place: int, *, is_time: bool) -> bool:
    word, before, after = words[place], words[max(0, place - 3) : place], words[place + 1 : place + 6]
    if word.endswith("/10"):
        return after[0] not in _PRAISED and before[-1] not in ("on", "until", "el")
    if after[0] in ("out", "of", "de", "sobre") and not _TENS.isdisjoint(after[:3]):
        return _PRAISED.isdisjoint(after)
    if is_time or word in _ONES or not (after[0] in PAUSES or after[0] in _AFTER):
        return False
    if not _NAMED.isdisjoint(before):
        return True
    if place == 1:  # the reply begins with it
        return not word.isalpha() or after[0] in PAUSES
    is_dated = before[-1] in PAUSES and after[0] in _WHEN  # "3 yesterday, 9 today"
    return is_dated or (before[-1] in _BEFORE and _TIMES.isdisjoint(words))


def is_rising(passage: Passage, spans: Sequence[Span], lexicon: Lexicon) -> bool:
    """Whether of two scores the present one is clearly higher: "9/10 now, was 4", "from 3 to 7"."""
    if len(spans) != 2:
        return False
    words = passage.words
    clauses = [passage.clauses[passage.clause_of[first]][0] for first, _ in spans]
    around = [words[max(begin, first - 2) : last + 1] for begin, (first, last) in zip(clauses, spans, strict=True)]
    past = [not _WAS.isdisjoint(beside) for beside in around]
    values = [_value(words[first], lexicon) for first, _ in spans]
    if past[0] == past[1]:
        return False
    then, now = values if past[0] else reversed(values)
    return now - then >= _CLEARLY


def _value(word: str, lexicon: Lexicon) -> float:
    if word in lexicon.numbers:
        return lexicon.numbers.index(word) % 11
    return float(word.partition("/")[0].rpartition("-")[2] or 0)
