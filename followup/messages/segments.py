"""How many segments a text costs: GSM 03.38 where its alphabet is enough, UCS-2 where it is not.

A text alone holds 160 septets or 70 UTF-16 units; the parts of a longer one hold 153 or 67, because each part
carries a header (3GPP TS 23.040 §9.2.3.24.1). One character outside the alphabet makes the whole text UCS-2.
"""

from collections.abc import Iterable
from unicodedata import lookup

from gsm0338 import charset

_ESCAPE = "\x1b"  # switches to the extension table; no character of its own
_EXTENSION = frozenset(lookup(name) for name in charset.BASIC_CHARACTER_SET_EXTENSION.values()) - {_ESCAPE}
_BASIC = frozenset(lookup(name) for name in charset.BASIC_CHARACTER_SET.values()) - {_ESCAPE}
_ALPHABET = _BASIC | _EXTENSION

_GSM7_ALONE, _GSM7_PART = 160, 153
_UCS2_ALONE, _UCS2_PART = 70, 67


def is_gsm7(text: str) -> bool:
    """Whether every character is in the GSM 03.38 alphabet or its extension table."""
    return _ALPHABET.issuperset(text)


def count_segments(text: str) -> int:
    """The segments that a carrier counts; 0 for no text.

    Characters of the extension table and those beyond the Basic Multilingual Plane cost two units, and a part never
    ends in the middle of one.
    """
    if _BASIC.issuperset(text):  # nearly every text: no need to look where the parts end
        return 1 if 0 < len(text) <= _GSM7_ALONE else -(-len(text) // _GSM7_PART)
    if is_gsm7(text):
        return _parts((2 if character in _EXTENSION else 1 for character in text), _GSM7_ALONE, _GSM7_PART)
    return _parts((2 if character > "\uffff" else 1 for character in text), _UCS2_ALONE, _UCS2_PART)


def _parts(costs: Iterable[int], alone: int, part: int) -> int:
    total, parts, used = 0, 1, 0
    for cost in costs:
        total += cost
        if used + cost > part:
            parts, used = parts + 1, 0
        used += cost
    if total == 0:
        return 0
    return 1 if total <= alone else parts
