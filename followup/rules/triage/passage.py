"""A reply as triage reads it: plain words in clauses, each of which knows its place in the raw text."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from followup.rules.triage.data import word_list
from followup.rules.triage.spelling import Speller
from followup.rules.triage.tokens import ASK, HARD, PAUSES, SOFT, Token, cut

Span = tuple[int, int]  #: tokens, from and to

MASK = "_"
LONGEST_CLAUSE = 200  # words; more than a text message has, and it keeps the time in proportion to the length

# A modifier never crosses these (clinical.md §4.2 step 4).
TURNS = word_list("turns")
_OTHER_THAN = ("other", "than")
_NO_TURN_AFTER = frozenset({"nothing", "all", "anything", "last", "not", "as", "a", "for", "no"})
# After "and", these begin a clause of its own.
_SUBJECTS = word_list("subjects")
_ANDS = frozenset({"and", "y", "e", "so", "porque", "because", "since", "cause"})


@dataclass(frozen=True)
class Passage:
    """Words and pauses in order, between a pause before and one after."""

    text: str
    tokens: Sequence[Token]

    @cached_property
    def words(self) -> list[str]:
        """The words and pauses by themselves."""
        return [token.word for token in self.tokens]

    @cached_property
    def stream(self) -> str:
        """The words with one blank after each; what phrases are looked for in."""
        return " ".join([*self.words, ""])

    @cached_property
    def starts(self) -> list[int]:
        """Where in the stream each token begins, and where the stream ends."""
        return list(accumulate((len(word) + 1 for word in self.words), initial=0))

    def place(self, position: int) -> int:
        """The token that begins at this position of the stream."""
        return bisect_left(self.starts, position)

    def raw(self, first: int, last: int) -> tuple[int, int]:
        """Where the tokens from `first` to before `last` stand in the raw text."""
        inside = self.tokens[first:last]
        return min(token.start for token in inside), max(token.end for token in inside)

    @cached_property
    def clause_of(self) -> list[int]:
        """For each token the number of its clause; a pause belongs to the clause that it ends."""
        pauses = (word in PAUSES for word in self.words)
        return [0, *accumulate(pauses)][: len(self.tokens)]

    @cached_property
    def clauses(self) -> list[Span]:
        """Each clause as its first token and the pause that ends it; some are empty."""
        ends = [number for number, word in enumerate(self.words) if word in PAUSES]
        return list(zip([0, *(end + 1 for end in ends)], ends, strict=False))

    def masked(self, spans: Sequence[Span]) -> "Passage":
        """The same passage with the words of these spans blotted out."""
        hidden = covered(spans)
        tokens = [
            Token(MASK, token.start, token.end) if number in hidden and token.word not in PAUSES else token
            for number, token in enumerate(self.tokens)
        ]
        return Passage(self.text, tokens)


def read(text: str, speller: Speller) -> Passage:
    """The reply in plain words, its spelling mended, with a pause on both sides of every turn."""
    writer = _Writer()
    for token in cut(text):
        for word in [token.word] if token.word in PAUSES else speller.words(token.word):
            if word in PAUSES or word[0].isalnum() or word[0] == "-":
                writer.add(Token(word, token.start, token.end))
    writer.pause(HARD, len(text))
    return Passage(text, writer.tokens)


@dataclass(slots=True)
class _Writer:
    """Writes tokens down, and puts pauses where a clause begins without one."""

    tokens: list[Token] = field(default_factory=lambda: [Token(HARD, 0, 0)])
    _since_pause: int = 0

    def add(self, token: Token) -> None:
        before = self.tokens[-1].word
        is_turn = token.word in TURNS and (before not in _NO_TURN_AFTER or self._tells_of_nothing_else(before))
        if is_turn or (before, token.word) == _OTHER_THAN:
            self.pause(HARD, token.start)
            self._write(token)
            self.pause(HARD, token.end)
        elif token.word in PAUSES:
            self.pause(token.word, token.start, token.end)
        else:
            if token.word in _SUBJECTS and before in _ANDS:
                self._pause_before_last()
            elif self._since_pause >= LONGEST_CLAUSE:
                self.pause(SOFT, token.start)
            self._write(token)

    def _tells_of_nothing_else(self, before: str) -> bool:
        """As "no pain or anything, but"; "it is anything but fine" is no turn."""
        return before == "anything" and self.tokens[-2].word in ("or", "have", "notice", "noticed", "had", "seen")

    def pause(self, kind: str, start: int, end: int | None = None) -> None:
        self.tokens.append(Token(kind, start, start if end is None else end))
        self._since_pause = 0

    def _write(self, token: Token) -> None:
        self.tokens.append(token)
        self._since_pause += 1

    def _pause_before_last(self) -> None:
        joint = self.tokens.pop()
        self.pause(SOFT, joint.start)
        self._write(joint)


def asks(passage: Passage, clause: int) -> bool:
    """Whether the clause ends with a question mark."""
    return passage.words[passage.clauses[clause][1]] == ASK


def covered(spans: Iterable[Span]) -> frozenset[int]:
    """Every token that is in one of these."""
    return frozenset(place for first, last in spans for place in range(first, last))
