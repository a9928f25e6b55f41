"""What stands in a text and cannot be seen there: whoever reads it would read another text than the one that is kept."""

import re

# Controls, halves of surrogate pairs, breaks of lines and paragraphs; and what turns the text around it. Marks such as
# U+200F, which right-to-left names need, do not.
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]")


def unseen(text: str) -> str | None:
    """The first character that cannot be seen, as U+…; None if every one can."""
    found = _UNSEEN.search(text)
    return found and f"U+{ord(found[0]):04X}"


def only_seen(text: str) -> str:
    """The lines of a text without the characters that cannot be seen."""
    return "\n".join(_UNSEEN.sub(" ", line).rstrip() for line in text.splitlines()).strip()
