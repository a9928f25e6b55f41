"""Body temperatures, in Celsius or Fahrenheit; which one is plain from the number."""

import re
from collections.abc import Iterator

from followup.rules.triage.passage import Passage

FEVER_C, FEVER_F = 38.0, 100.4  # clinical.md §1.3 level I
_LOWEST_C, _HIGHEST_C = 34.0, 43.0
_LOWEST_F, _HIGHEST_F = 94.0, 110.0

_NEAR = frozenset(
    ("temperature", "fever", "feverish", "thermometer", "fiebre", "temperatura", "calentura", "termometro")
)
_UNITS = frozenset({"c", "f", "celsius", "fahrenheit", "degrees", "deg", "grados"})


def temperatures(passage: Passage) -> Iterator[tuple[int, bool]]:
    """Each body temperature as its token and whether it is a fever. A bare whole number is none."""
    words = passage.words
    for place, word in enumerate(words):
        if not re.fullmatch(r"\d{2,3}(?:\.\d{1,2})?", word):
            continue
        value, near = float(word), words[max(0, place - 5) : place + 4]
        is_named = "." in word or words[place + 1] in _UNITS or not _NEAR.isdisjoint(near)
        if is_named and _LOWEST_C <= value <= _HIGHEST_C:
            yield place, value >= FEVER_C
        elif is_named and _LOWEST_F <= value <= _HIGHEST_F:
            yield place, value >= FEVER_F
