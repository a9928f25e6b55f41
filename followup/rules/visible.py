"""What stands in a text and cannot be seen there: whoever reads it would read another text than the one that is kept."""

import unicodedata

_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, half a surrogate pair, breaks of lines and paragraphs
# They turn the text around them. Marks such as U+200F, which right-to-left names need, do not.
_TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def unseen(text: str) -> str | None:
    """The first character that cannot be seen, as U+…; None if every one can."""
    found = (letter for letter in text if unicodedata.category(letter) in _UNSEEN or letter in _TURNS_TEXT)
    letter = next(found, None)
    return None if letter is None else f"U+{ord(letter):04X}"
