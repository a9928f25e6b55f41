"""The small language in which the lexicon writes phrases, turned into regular expressions over a `Passage`'s stream.

In it a word stands for itself, `{group}` for any word of a group, `(a|b c)` for either, `#` for any number, `*` by
itself for up to four other words of the same clause. After a word or group, `?` makes it optional and `*` lets it
come up to five times. `!(…)` forbids what follows. `^` and `$` are the ends of a clause, `^^` and `$$` of the reply.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce

A_NUMBER = "#"  #: stands for every number where phrases are looked up by their first word

_GAP = r"(?:[^ |?,]+ ){0,4}?"
_NUMBER = r"[0-9][0-9.:/-]* "
_ANCHORS = {"^": r"(?<=[|?,] )", "$": r"(?=[|?,])", "^^": r"(?<=^\| )", "$$": r"(?=(?:[|?,] )+$)"}
_PIECE = re.compile(r"\{[a-z_]+\}|!\(|\^\^|\$\$|[|()?*#^$]|\s+|[^\s|()?*#^$!{}]+")


class PhraseError(ValueError):
    """A phrase of the lexicon can't be read; says which and why."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a pattern, the words it can begin with, and whether it can be nothing at all."""

    expression: str = ""
    firsts: frozenset[str] = frozenset()
    is_empty: bool = True

    def then(self, other: "Phrase") -> "Phrase":
        firsts = self.firsts | other.firsts if self.is_empty else self.firsts
        return Phrase(self.expression + other.expression, firsts, self.is_empty and other.is_empty)

    def repeated(self, mark: str) -> "Phrase":
        return Phrase(f"(?:{self.expression}){'?' if mark == '?' else '{0,5}'}", self.firsts, is_empty=True)


def either(phrases: Iterable[Phrase]) -> Phrase:
    """Any of these, the first that fits."""
    listed = list(phrases)
    firsts = frozenset[str]().union(*(phrase.firsts for phrase in listed))
    expression = "|".join(phrase.expression for phrase in listed)
    return Phrase(f"(?:{expression})", firsts, any(phrase.is_empty for phrase in listed))


@dataclass(slots=True)
class Phrasebook:
    """Reads phrases, and remembers every plain word that stood in one: none of them is a misspelling."""

    groups: dict[str, Phrase] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)

    def add_group(self, name: str, words: Iterable[str]) -> None:
        """A group that later phrases may name. The longer words are tried first: "all right" must not end at "all"."""
        self.groups[name] = either(self.read(word) for word in sorted(words, key=len, reverse=True))

    def read(self, text: str) -> Phrase:
        """The phrase; PhraseError when it can't be read, or could be anything."""
        pieces = _PIECE.findall(text)
        if "".join(pieces) != text:
            raise PhraseError(f"{text!r} holds a letter that phrases do not know; see phrases.py")
        phrase = _Reader(self, text, iter(pieces)).alternatives(closing="")
        if phrase.is_empty or A_GAP in phrase.firsts:
            raise PhraseError(f"{text!r} could begin with any word; let it begin with one")
        return phrase

    def group(self, name: str, text: str) -> Phrase:
        if name not in self.groups:
            raise PhraseError(f"{text!r} names the group {name!r}, which groups.toml does not have")
        return self.groups[name]

    def word(self, word: str) -> Phrase:
        self.words.add(word)
        return Phrase(f"{re.escape(word)} ", frozenset({word}), is_empty=False)


A_GAP = "*"
_FIXED: Mapping[str, Phrase] = {
    A_GAP: Phrase(_GAP, frozenset({A_GAP})),
    A_NUMBER: Phrase(_NUMBER, frozenset({A_NUMBER}), is_empty=False),
    **{mark: Phrase(expression) for mark, expression in _ANCHORS.items()},
}


@dataclass(slots=True)
class _Reader:
    book: Phrasebook
    text: str
    pieces: Iterator[str]

    def alternatives(self, *, closing: str) -> Phrase:
        """What stands before the closing bracket, or before the end when there is none to wait for."""
        found, parts = list[list[Phrase]]([[]]), list[Phrase]()
        parts, follows = found[-1], False
        for piece in self.pieces:
            if piece == closing == ")":
                return either(reduce(Phrase.then, one, Phrase()) for one in found)
            if piece == "|":
                found.append(parts := [])
            elif piece in ("?", "*") and follows:
                parts.append(parts.pop().repeated(piece))
            elif not piece.isspace():
                parts.append(self._part(piece))
            follows = not piece.isspace() and piece != "|"
        if closing:
            raise PhraseError(f"{self.text!r} has a bracket that is not closed")
        return either(reduce(Phrase.then, one, Phrase()) for one in found)

    def _part(self, piece: str) -> Phrase:
        if piece == "(":
            return self.alternatives(closing=")")
        if piece == "!(":
            return Phrase(f"(?!{self.alternatives(closing=')').expression})")
        if piece in (")", "?"):
            raise PhraseError(f"{self.text!r} has a {piece} that belongs to nothing")
        if piece.startswith("{"):
            return self.book.group(piece[1:-1], self.text)
        return _FIXED[piece] if piece in _FIXED else self.book.word(piece)
