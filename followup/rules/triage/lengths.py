"""How long something has lasted, as far as a reply says: "for 5 days", "day 4", "a week"; never "in 2 days"."""

import re
from collections.abc import Iterator, Sequence

from followup.rules.triage.lexicon import Lexicon
from followup.rules.triage.passage import Passage

_HOURS = {
    **dict.fromkeys(("hour", "hours", "hora", "horas", "h"), 1),
    **dict.fromkeys(("day", "days", "dia", "dias", "nights", "noches"), 24),
    **dict.fromkeys(("week", "weeks", "semana", "semanas"), 168),
    **dict.fromkeys(("month", "months", "mes", "meses", "year", "years"), 720),
}
_HOW_MANY = {
    **dict.fromkeys(("a", "an", "un", "una"), 1),
    "couple": 2,
    **dict.fromkeys(("few", "unos", "unas", "for", "por", "hace"), 3),  # "for days" is some
    **dict.fromkeys(("several", "varios", "varias", "many"), 4),
}
_OVER = frozenset({"over", "than", "past", "mas", "de", "after"})
_OVER_COUNTS = 0.1  # "over 3 days" is more than 3
_NOT_GONE_BY = frozenset(
    ("in", "next", "every", "another", "per", "within", "en", "cada", "dentro", "proximos", "under", "times", "first")
)
_FILLERS = frozenset({"a", "like", "about", "the", "los", "last", "past", "almost", "nearly", "of", "more", "good"})


def longest_hours(passage: Passage, lexicon: Lexicon) -> float:
    """The longest time that the reply says has gone by, in hours; 0 when it says none."""
    return max(_hours(passage.words, lexicon), default=0.0)


def _hours(words: Sequence[str], lexicon: Lexicon) -> Iterator[float]:
    for place in range(1, len(words) - 1):
        word = words[place]
        if word in _HOURS:
            yield _count(words[max(0, place - 4) : place], lexicon) * _HOURS[word]
        if word in ("day", "dia"):
            yield _value(words[place + 1], lexicon) * 24
        if word == "week" and words[place - 1] == "last":
            yield _HOURS[word]


def _count(before: Sequence[str], lexicon: Lexicon) -> float:
    """How many of a unit stand before it; 0 when that is no time gone by."""
    said = [word for word in before if word not in _FILLERS] or [before[-1]]
    *lead, number = said
    if before[-1] in ("a", "last"):  # "a week", "for a day"
        lead, number = said, "a"
    if lead and lead[-1] in _NOT_GONE_BY:
        return 0
    count = _HOW_MANY.get(number, 0) or _value(number, lexicon)
    return count + (_OVER_COUNTS if count and lead and lead[-1] in _OVER else 0)


def _value(word: str, lexicon: Lexicon) -> float:
    if word in lexicon.numbers:
        return lexicon.numbers.index(word) % 11
    last = word.rpartition("-")[2]  # "4-5 days" may be 5
    return float(last) if re.fullmatch(r"\d{1,3}(?:\.\d)?", last) else 0.0
