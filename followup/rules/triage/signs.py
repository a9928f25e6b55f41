"""Finds many phrases at once: by the word they begin with, so that a word costs only the phrases that begin with it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from followup.rules.triage.passage import Passage, Span
from followup.rules.triage.phrases import A_NUMBER, Phrasebook, PhraseError

Found = list[tuple[str, Span]]  #: names of signs, and their tokens from and to, in order of their beginning


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs by kind and name, each of which is any of some phrases."""

    by_first: Mapping[str, Sequence[tuple[str, str, re.Pattern[str]]]]

    def find(self, passage: Passage) -> Mapping[str, Found]:
        """Every sign in the passage by kind, also those that overlap."""
        found = defaultdict[str, Found](list)
        for place, word in enumerate(passage.words):
            entries = self.by_first.get(word)
            if entries is None and word[0].isdigit():
                entries = self.by_first.get(A_NUMBER)
            for kind, name, pattern in entries or ():
                if match := pattern.match(passage.stream, passage.starts[place]):
                    found[kind].append((name, (place, passage.place(match.end()))))
        return found


def apart(found: Found) -> Found:
    """The same without what overlaps an earlier one; of two that begin together the first counts."""
    kept, free = Found(), 0
    for name, span in found:
        if span[0] >= free:
            kept.append((name, span))
            free = span[1]
    return kept


def signs(book: Phrasebook, kinds: Mapping[str, Mapping[str, Iterable[str]]]) -> Signs:
    """Signs from their phrases by kind and name. Raises PhraseError, which names the kind and the sign."""
    by_first = defaultdict[str, list[tuple[str, str, re.Pattern[str]]]](list)
    for kind, tables in kinds.items():
        for name, phrases in tables.items():
            for text in phrases:
                try:
                    phrase = book.read(text)
                except PhraseError as error:
                    raise PhraseError(f"{kind}: {name}: {error}") from None
                pattern = re.compile(phrase.expression)
                for word in phrase.firsts:
                    by_first[word].append((kind, name, pattern))
    for word in [word for word in by_first if word[0].isdigit()]:
        by_first[word] += by_first.get(A_NUMBER, [])
    return Signs(dict(by_first))
