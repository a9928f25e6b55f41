"""Which words of a text come from where: each sentence with its source, as a clinician checks it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from followup.messages.filling import fill
from followup.messages.proofs import Cited

SEED = "seed"  #: the clinic's own article; every other source is an addition


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text. Its source is empty for what joins sentences: the clinic's name in front, blanks, list marks."""

    text: str
    source: str = ""


def cite(text: str, sources: Sequence[Cited], values: Mapping[str, str]) -> list[Piece]:
    """The text in pieces, whole and in order. `values` are those that were filled in."""
    known = {fill(each.sentence, values): each.source for each in sources}
    if not known:
        return [Piece(text)]
    # "Call us: 911." may begin a longer sentence, which is then meant.
    longest_first = sorted(map(re.escape, known), key=len, reverse=True)
    runs = re.split(f"({'|'.join(longest_first)})", text)
    return [Piece(run, known.get(run, "")) for run in runs if run]


def filled(sources: Sequence[Cited], values: Mapping[str, str]) -> list[Piece]:
    """Every sentence once, with the values that it is shown with."""
    return list(dict.fromkeys(Piece(fill(each.sentence, values), each.source) for each in sources))
