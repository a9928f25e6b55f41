"""What a person must read although no worry was found: hints of trouble, and clauses that no rule has read.

A reply reaches nobody only when every clause about the patient was read, and the words beside soreness or faint good
news are plain ones.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from followup.rules.triage.data import read, word_list
from followup.rules.triage.finds import SAYS_NOTHING, STRANGER, WISHES, Find, praises_faintly
from followup.rules.triage.modifiers import Modifiers, State
from followup.rules.triage.passage import TURNS, Passage, Span, covered
from followup.rules.triage.signs import Found
from followup.terms import Label

_NOT_NOW = (State.DENIED, State.FEARED, State.IN_SESSION, State.OTHER_PERSON)
_PAIN = frozenset(
    {"pain", "pains", "dolor", "hurts", "duele", "hurting", "bad", "painful", "sademoji"}
)  # named beside a score
_SAD = frozenset({"sademoji", "ouch", "ow"})  # beside soreness
_OMINOUS = word_list("ominous")
_PLAIN = (frozenset(read("everyday.txt").split()) - _OMINOUS) | word_list("plain")
_WHERE = word_list("where")
_TELLS_NO_STATE = frozenset({*_NOT_NOW, State.OVER, *SAYS_NOTHING})
_MOST_UNKNOWN = 0.5  # of the words; more of them, and the reply is in another language or is none


@dataclass(frozen=True)
class Unread:
    """Looks through one passage for what `found` leaves unexplained. `hints`, `cues` and `courtesies` are its signs."""

    passage: Passage
    modifiers: Modifiers
    found: Sequence[Find]
    idioms: Sequence[Span]
    hints: Found
    cues: Found
    courtesies: Sequence[Span]
    known: Collection[str]  #: every word of the lexicon and the everyday words

    @property
    def finds(self) -> Iterator[Find]:
        """Everything that makes the reply unclear."""
        yield from self._hints()
        yield from self._clauses()
        yield from self._odd_words()
        yield from self._after_turns()
        if self._is_foreign():
            yield Find(Label.UNCLEAR, "foreign", (1, len(self.passage.tokens) - 1))

    def _clause(self, span: Span) -> int:
        return self.passage.clause_of[span[0]]

    def _clauses_with(self, *labels: Label, telling: bool = False) -> set[int]:
        """The clauses in which one of these labels was found; `telling`, only where it tells how the patient is now."""
        return {
            self._clause(find.span)
            for find in self.found
            if find.label in labels and not (telling and find.sign in _TELLS_NO_STATE)
        }

    def _hints(self) -> Iterator[Find]:
        told = covered(find.span for find in self.found if find.sign not in SAYS_NOTHING)
        scored, sore = self._clauses_with(Label.SCORE), self._clauses_with(Label.EXPECTED)
        for name, span in self.hints:
            clause, words = self._clause(span), set(self.passage.words[slice(*span)])
            is_pain = (clause in scored and words <= _PAIN) or (clause in sore and words <= _SAD)
            is_told = is_pain or not told.isdisjoint(range(*span))
            if not is_told and self.modifiers.state(span) not in _NOT_NOW:
                yield Find(Label.UNCLEAR, name, span)

    def _clauses(self) -> Iterator[Find]:
        told = [find for find in self.found if find.sign not in SAYS_NOTHING]
        wish = {self._clause(find.span) for find in told if find.label in WISHES and self._only_asks(find)}
        state = {self._clause(find.span) for find in told if find.label not in WISHES} | (wish - self._sensing)
        state |= {self._clause(span) for span in self.idioms}
        for name, span in self.cues:
            clause = self._clause(span)
            is_about_me = name == "body" or (name == "mine" and clause not in wish and self._may_tell(span))
            is_read = clause in state or self._only_places(clause)
            if is_about_me and not is_read and self.modifiers.state(span) not in (State.FEARED, State.IN_SESSION):
                yield Find(Label.UNCLEAR, name, span)

    @cached_property
    def _sensing(self) -> set[int]:
        return {self._clause(span) for name, span in self.cues if name == "sensing"}

    @cached_property
    def _courteous(self) -> frozenset[int]:
        return covered(self.courtesies)

    @cached_property
    def _opt_outs(self) -> set[str]:
        return {find.sign for find in self.found if find.label is Label.STOP}

    @cached_property
    def _found_in(self) -> frozenset[int]:
        return covered(find.span for find in self.found)

    @cached_property
    def _is_sore(self) -> bool:
        return any(find.label is Label.EXPECTED for find in self.found)

    def _may_tell(self, mine: Span) -> bool:
        """Whether the clause with this "I" or "it" may tell how the patient is: of a stranger's, none does."""
        if mine[0] in self._courteous or STRANGER in self._opt_outs:
            return False
        clause = self._clause(mine)
        return clause in self._sensing or (not self._opt_outs and any(True for _ in self._odd(clause, self._courteous)))

    def _only_places(self, clause: int) -> bool:
        """Whether the clause tells where it is sore, and no more: "B, mainly my calf"."""
        words = self.passage.words[slice(*self.passage.clauses[clause])]
        return self._is_sore and _WHERE.issuperset(words)

    def _odd(self, clause: int, told: Collection[int]) -> Iterator[int]:
        """The places of words of the clause that are not plain and not among those told of."""
        for place in range(*self.passage.clauses[clause]):
            word = self.passage.words[place]
            if word.isalpha() and word not in _PLAIN and place not in told:
                yield place

    def _only_asks(self, wish: Find) -> bool:
        """Whether the question or booking is no more than that: it asks "what if", or beside it no word is ominous."""
        places = range(*self.passage.clauses[self._clause(wish.span)])
        words = (self.passage.words[place] for place in places if place not in self._found_in)
        return wish.sign == State.FEARED or _OMINOUS.isdisjoint(words)

    def _odd_words(self) -> Iterator[Find]:
        told = covered([*(find.span for find in self.found), *self.idioms])
        bodily = {self._clause(span) for name, span in self.cues if name == "body"}
        good = self._clauses_with(Label.THANKS, telling=True)
        faint = good - {
            self._clause(find.span)
            for find in self.found
            if find.label is Label.THANKS
            and not praises_faintly(self.passage, find.span)
            and find.sign not in _TELLS_NO_STATE
        }
        for clause in sorted(self._clauses_with(Label.EXPECTED, telling=True) | (good & bodily) | faint):
            yield from (Find(Label.UNCLEAR, "odd", (place, place + 1)) for place in self._odd(clause, told))

    def _after_turns(self) -> Iterator[Find]:
        """What follows a "but" or "besides" and was not read: where people put their worry."""
        told = {self._clause(find.span) for find in self.found} | {self._clause(span) for span in self.idioms}
        clauses = self.passage.clauses
        for clause, (turn, end) in enumerate(clauses[:-1]):
            is_turn = end == turn + 1 and self.passage.words[turn] in TURNS
            if is_turn and clause + 1 not in told and any(True for _ in self._odd(clause + 1, self._courteous)):
                yield Find(Label.UNCLEAR, "turn", clauses[clause + 1])

    def _is_foreign(self) -> bool:
        words = [word for word in self.passage.words if word.isalpha()]
        unknown = sum(word not in self.known and len(word) > 1 for word in words)
        return unknown >= 2 and unknown > _MOST_UNKNOWN * len(words)
