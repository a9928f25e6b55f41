"""How a patient is found while someone types: by the beginning of any word of the name, or of the digits of the phone.

What is kept and what is typed go the same way, so that "zsofi" finds Zsófi, and "0102" a number that ends so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from followup.rules.folding import fold

LONGEST_WORD = 200  #: characters
FEWEST_DIGITS = 2  #: one digit would find a tenth of all patients
LAST = "\U0010ffff"  #: sorts after every other character

_FROM_THE_END = "*"  # no number begins with it
_LONGEST_QUERY = 100
_MOST_WORDS = 6
_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"\d")


class Kept(StrEnum):
    """What is kept of a patient, to be found by its beginning."""

    NAME = "name"  #: family name, then given name: the order of a list
    WORD = "word"  #: one word of either
    DIGITS = "digits"  #: a phone number, with and without its country code, and backwards


@dataclass(frozen=True, slots=True)
class Sought:
    """One thing that a patient must have: a kept word that begins with one of these."""

    kind: Kept
    beginnings: tuple[str, ...]


def kept(*, given_name: str, family_name: str, phone: str) -> set[tuple[Kept, str]]:
    """All that one patient is found by. `phone` as E.164, else as someone wrote it."""
    family, given = _words(family_name), _words(given_name)
    found = {(Kept.NAME, " ".join([*family, *given])[:LONGEST_WORD])}
    found |= {(Kept.WORD, word[:LONGEST_WORD]) for word in (*family, *given)}
    return found | {(Kept.DIGITS, digits) for digits in _ways_to_dial(phone)}


def sought(typed: str) -> list[Sought]:
    """What someone is looking for, the most telling first; nothing where too little is typed."""
    words = _words(typed[:_LONGEST_QUERY])[:_MOST_WORDS]
    digits = "".join(word for word in words if word.isdecimal())
    wanted = [Sought(Kept.WORD, (word,)) for word in words if not word.isdecimal()]
    wanted.sort(key=lambda each: -len(each.beginnings[0]))
    if len(digits) >= FEWEST_DIGITS:
        # A number is dialled with zeros in front that it is not kept with: 0 in a country, 00 out of it.
        forwards = [digits.lstrip("0")] if len(digits.lstrip("0")) >= FEWEST_DIGITS else []
        wanted.insert(0, Sought(Kept.DIGITS, (*forwards, _FROM_THE_END + digits[::-1])))
    return wanted


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


def _ways_to_dial(phone: str) -> Iterator[str]:
    digits = "".join(str(int(digit)) for digit in _DIGITS.findall(phone)).lstrip("0")
    if not digits:
        return
    yield digits
    yield _FROM_THE_END + digits[::-1]
    codes = accumulate(digits[:3]) if phone.startswith("+") else ()
    for code in codes:
        if int(code) in COUNTRY_CODE_TO_REGION_CODE and len(digits) > len(code):
            yield digits[len(code) :]
            return
