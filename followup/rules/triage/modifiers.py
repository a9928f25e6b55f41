"""What the rest of its clause makes of a sign: denied, over, felt in the session, another person's, or only feared."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from followup.rules.triage.data import word_list
from followup.rules.triage.passage import Passage, Span, covered
from followup.rules.triage.signs import Found
from followup.rules.triage.tokens import HARD, SOFT


class State(StrEnum):
    PRESENT = "present"  #: what is not plainly something else
    DENIED = "denied"
    OVER = "over"  #: gone, and not come back
    IN_SESSION = "in_session"
    OTHER_PERSON = "other_person"
    FEARED = "feared"  #: "what if I get …"


_REACH = 9  # words; a "no" further away is about something else
_LONGEST_LIST = 8  # clauses
_CLAUSES_ON = 3  # "gone now" is about what was said at most so many clauses before
_ENDS_A_NO = word_list("ends-a-no")
_BARE_NOES = frozenset({"none", "no", "nope", "ninguno", "ninguna", "negative"})
_ANDS = frozenset({"and", "y", "e"})
_ORS = frozenset({"or", "nor", "ni", "o", "neither"})
_IN_LISTS = word_list("in-lists")
_BEFORE_GONE = word_list("before-gone")
_WHOSE = word_list("whose")
_MINE = word_list("mine")
_HERE = frozenset({"this", "these", "este", "esta", "estos"})  # "if this redness": it is there
_NOW = frozenset({"still", "keeps", "keep", "now", "since", "today", "already", "sigo", "todavia", "aun"})


@dataclass(frozen=True)
class Modifiers:
    """Tells the state of signs in one passage. `signs` are the places of all signs in it, in order."""

    passage: Passage
    persons: frozenset[str]
    readings: Mapping[str, Found]  #: every modifier in the passage, by kind
    signs: Sequence[Span]
    _lists: dict[int, bool] = field(default_factory=dict)

    def is_denied(self, sign: Span) -> bool:
        """Whether a plain "no" in the same clause, or before a list with "or", is about this sign."""
        clause = self._clause(sign)
        _, last = self.passage.clauses[clause]
        return (
            any(no[0] < sign[0] and self._reaches(no, sign) for no in self._noes[clause])
            or (sign[1] + 1 == last and self.passage.words[sign[1]] in _BARE_NOES)
            or self._is_in_denied_list(clause)
        )

    def state(self, sign: Span) -> State:
        """What the sign says of the patient, now; for anything but an emergency."""
        if self.is_denied(sign) or self._is_answered_no(sign):
            return State.DENIED
        if self._is_over(sign):
            return State.OVER
        if self._is_feared(sign):
            return State.FEARED
        if self._was_in_session(sign):
            return State.IN_SESSION
        return State.OTHER_PERSON if self._is_another_persons(sign) else State.PRESENT

    def _clause(self, span: Span) -> int:
        return self.passage.clause_of[span[0]]

    def _in(self, clause: int) -> list[str]:
        return self.passage.words[slice(*self.passage.clauses[clause])]

    def _by_clause(self, spans: Iterable[Span]) -> Mapping[int, list[Span]]:
        sorted_in = defaultdict[int, list[Span]](list)
        for span in spans:
            sorted_in[self._clause(span)].append(span)
        return sorted_in

    def _spans(self, name: str) -> list[Span]:
        return [span for _, span in self.readings.get(name, ())]

    def _unlike(self, name: str, look_alike: str) -> list[Span]:
        """The places of a modifier without those that only look like it."""
        spans = self._spans(name)
        false = covered(self._spans(look_alike)) if spans else frozenset()
        return [span for span in spans if false.isdisjoint(range(*span))]

    @cached_property
    def _noes(self) -> Mapping[int, list[Span]]:
        false = covered(self._spans("not-negation"))
        return self._by_clause(no for no in self._spans("negation") if no[0] not in false)

    @cached_property
    def _signs_in(self) -> Mapping[int, list[Span]]:
        return self._by_clause(self.signs)

    @cached_property
    def _overs(self) -> Mapping[int, list[Span]]:
        return self._by_clause(self._unlike("resolved", "not-resolved"))

    @cached_property
    def _overs_before(self) -> Mapping[int, list[Span]]:
        return self._by_clause(self._unlike("resolved-before", "not-resolved"))

    @cached_property
    def _last_return(self) -> int:
        return max((span[0] for span in self._spans("returned")), default=-1)

    @cached_property
    def _fears(self) -> Mapping[int, list[Span]]:
        false = covered(self._spans("not-hypothetical"))
        return self._by_clause(fear for fear in self._spans("hypothetical") if fear[0] not in false)

    @cached_property
    def _in_session(self) -> Mapping[int, list[Span]]:
        return self._by_clause(self._spans("in-session"))

    @cached_property
    def _present(self) -> Mapping[int, list[Span]]:
        return self._by_clause(self._spans("present"))

    def _reaches(self, no: Span, sign: Span) -> bool:
        if sign[0] - no[1] > _REACH:
            return False
        between = self.passage.words[no[1] : sign[0]]
        if not _ENDS_A_NO.isdisjoint(between):
            return False
        if _ANDS.isdisjoint(between):
            return True
        # "no numbness and tingling" denies both, "no sleep and numb toes" does not.
        clause = self._clause(sign)
        is_last = sign[1] == self.passage.clauses[clause][1]
        return is_last and any(no[1] <= other[0] < sign[0] for other in self._signs_in[clause])

    def _is_in_denied_list(self, clause: int) -> bool:
        """As "no fever, chills or pus": what follows is a bare list with an "or", and a "no" is in force before it."""
        if clause not in self._lists:
            self._lists[clause] = self._follows_a_no(clause)
        return self._lists[clause]

    def _follows_a_no(self, clause: int) -> bool:
        head = clause
        while head and clause - head < _LONGEST_LIST and self._continues_a_list(head):
            head -= 1
        if head == clause:
            return False
        listed = list(range(head + 1, clause + 1))
        for later in range(clause + 1, min(clause + _LONGEST_LIST, len(self.passage.clauses))):
            if not self._continues_a_list(later):
                break
            listed.append(later)
        if all(_ORS.isdisjoint(self._in(one)) for one in listed):
            return False
        _, end = self.passage.clauses[head]
        return any(self._reaches(no, (end, end)) for no in self._noes[head])

    def _continues_a_list(self, clause: int) -> bool:
        first, last = self.passage.clauses[clause]
        if not first or self.passage.words[first - 1] != SOFT:
            return False
        inside = covered(self._signs_in[clause])
        return bool(inside) and all(
            place in inside or self.passage.words[place] in _IN_LISTS for place in range(first, last)
        )

    def _is_answered_no(self, sign: Span) -> bool:
        """As "tingling: none", "numbness? no": the next clause is nothing but a no."""
        following = self._clause(sign) + 1
        _, last = self.passage.clauses[following - 1]
        if sign[1] != last or self.passage.words[last] == HARD or following == len(self.passage.clauses):
            return False
        return self.passage.clauses[following] in self._spans("answer-no")

    def _is_over(self, sign: Span) -> bool:
        clause = self._clause(sign)
        if self._last_return >= self.passage.clauses[clause][0]:
            return False
        if any(0 <= sign[0] - over[1] <= 2 for over in self._overs_before[clause]):
            return True
        later = range(clause, clause + _CLAUSES_ON + 1)
        return any(
            over[1] > sign[1] and over[0] >= sign[0] and self._tells_of(over, sign)
            for one in later
            for over in self._overs[one]
        )

    def _tells_of(self, over: Span, sign: Span) -> bool:
        """Whether "gone" is about this sign: no other stands between, but for those that it is listed with."""
        others = self.signs[bisect_left(self.signs, (sign[1], 0)) : bisect_left(self.signs, (over[0], 0))]
        if not others:
            first, _ = self.passage.clauses[self._clause(over)]
            return first <= sign[0] or _BEFORE_GONE.issuperset(self.passage.words[first : over[0]])
        inside = covered(others)
        joined = range(sign[1], others[-1][0])
        return self._clause(over) == self._clause(sign) and all(
            place in inside or self.passage.words[place] in _IN_LISTS for place in joined
        )

    def _is_feared(self, sign: Span) -> bool:
        clause = self._clause(sign)
        fears = [fear for fear in self._fears[clause] if fear[0] <= sign[0]]
        if not fears or not _NOW.isdisjoint(self._in(clause)):
            return False
        return _HERE.isdisjoint(self.passage.words[fears[-1][0] : sign[0]])

    def _was_in_session(self, sign: Span) -> bool:
        clause = self._clause(sign)
        return bool(self._in_session[clause]) and not self._present[clause] and self._last_return < sign[0]

    def _is_another_persons(self, sign: Span) -> bool:
        person = self._other_persons.get(self._clause(sign))
        return person is not None and person < sign[0]

    @cached_property
    def _other_persons(self) -> Mapping[int, int]:
        """The clauses about somebody else, and where that person stands in each."""
        found = dict[int, int]()
        for place, word in enumerate(self.passage.words):
            if word in self.persons and (clause := self.passage.clause_of[place]) not in found:
                first, last = self.passage.clauses[clause]
                rest = (*self.passage.words[first : max(first, place - 1)], *self.passage.words[place + 1 : last])
                if (place == first or self.passage.words[place - 1] in _WHOSE) and _MINE.isdisjoint(rest):
                    found[clause] = place
        return found
