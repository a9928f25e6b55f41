"""Finds many phrases at once: by the word they begin with, so that a word costs only the phrases that begin with it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from followup.rules.triage.passage import Passage, Span
from followup.rules.triage.phrases import A_NUMBER, Phrasebook

_Entry = tuple[str, re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs by name, each of which is any of some phrases."""

    by_first: Mapping[str, Sequence[_Entry]]

    def find(self, passage: Passage) -> list[tuple[str, Span]]:
        """Signs in the passage with their tokens from and to, in order; none overlaps another."""
        found, free = list[tuple[str, Span]](), 0
        for name, span in self.find_every(passage):
            if span[0] >= free:
                found.append((name, span))
                free = span[1]
        return found

    def find_every(self, passage: Passage) -> Iterator[tuple[str, Span]]:
        """Every sign, also those that overlap."""
        for place, token in enumerate(passage.tokens):
            for name, pattern in self._beginning_with(token.word):
                if match := pattern.match(passage.stream, passage.starts[place]):
                    yield name, (place, passage.place(match.end()))

    def _beginning_with(self, word: str) -> Sequence[_Entry]:
        named = self.by_first.get(word, ())
        return [*named, *self.by_first.get(A_NUMBER, ())] if word[0].isdigit() else named


def signs(book: Phrasebook, tables: Mapping[str, Iterable[str]]) -> Signs:
    """Signs from their names and phrases; where two fit, the one that was written first counts. Raises PhraseError."""
    by_first = defaultdict[str, list[_Entry]](list)
    for name, phrases in tables.items():
        for phrase in map(book.read, phrases):
            pattern = re.compile(phrase.expression)
            for word in phrase.firsts:
                by_first[word].append((name, pattern))
    return Signs(dict(by_first))
