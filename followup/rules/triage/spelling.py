"""Mends spelling, word by word: chat spelling by list, letters held down, and near misses by fuzzy match.

Only words of five letters and more are matched, only when they are in no list of everyday words, and only against
words that begin with the same letter: a wrong mend of a harmless word is a false alarm.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 5  # letters; shorter misspellings stand in the list
LONG = 8  # letters; two may be wrong
LONGEST = 24  # letters; what is longer is no word

_HELD = re.compile(r"(.)\1{2,}")


@dataclass(slots=True)
class Speller:
    """Turns one plain word into the words it stands for; `known` words are never mended."""

    aliases: Mapping[str, str]
    known: Collection[str]
    targets: Collection[str]
    _by_letter: Mapping[str, list[str]] = field(init=False)
    _mended: dict[str, list[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        by_letter = defaultdict[str, list[str]](list)
        for target in sorted({*self.targets, *self.aliases}):
            if len(target) >= SHORTEST - 1 and target.isalpha():
                by_letter[target[0]].append(target)
        self._by_letter = by_letter

    def words(self, plain: str) -> list[str]:
        """What the word stands for, as a list of words; itself when nothing is nearer."""
        if plain in self.aliases:
            return self.aliases[plain].split()
        if plain in self.known:
            return [plain]
        if plain not in self._mended:
            if len(self._mended) > 10_000:  # a bound on memory, whatever patients write
                self._mended.clear()
            self._mended[plain] = self._mend(plain)
        return self._mended[plain]

    def _mend(self, plain: str) -> list[str]:
        if not plain[0].isalpha():
            return [plain]
        for letter in (r"\1", r"\1\1"):
            released = _HELD.sub(letter, plain)
            if released != plain and len(released) > 1 and (released in self.aliases or released in self.known):
                return self.words(released)
        plain = _HELD.sub(r"\1\1", plain)
        nearest = self._nearest(plain)
        return self.words(nearest) if nearest else [plain]

    def _nearest(self, plain: str) -> str | None:
        if not SHORTEST <= len(plain) <= LONGEST or not plain.isalpha():
            return None
        most = 1 if len(plain) < LONG else 2
        found = process.extractOne(plain, self._by_letter.get(plain[0], ()), scorer=OSA.distance, score_cutoff=most)
        return found[0] if found else None
