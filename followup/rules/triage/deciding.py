"""Puts a reply's labels together, in the order of clinical.md §4.2. What no rule explains goes to a person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from followup.rules.triage.data import word_list
from followup.rules.triage.finds import SAYS_NOTHING, STRANGER, WISHES, Find, praises_faintly
from followup.rules.triage.lengths import longest_hours
from followup.rules.triage.lexicon import Lexicon
from followup.rules.triage.menus import answers
from followup.rules.triage.modifiers import Modifiers, State
from followup.rules.triage.opt_out import opt_outs
from followup.rules.triage.passage import MASK, Passage, Span, asks, covered
from followup.rules.triage.scores import is_rising, scores
from followup.rules.triage.signs import Found, apart
from followup.rules.triage.temperatures import temperatures
from followup.rules.triage.tokens import PAUSES
from followup.rules.triage.unread import Unread
from followup.terms import Label

_WORRIES = (Label.EMERGENCY, Label.URGENT, Label.INFECTION, Label.NERVE)

# What is left of a worry in each state. One that is over is an expected reaction only if tingling may pass by itself;
# pain or weakness that is over is still for a person (clinical.md §1.3).
_INSTEAD = {
    State.PRESENT: None,
    State.DENIED: Label.THANKS,
    State.OVER: Label.EXPECTED,
    State.IN_SESSION: Label.EXPECTED,
    State.FEARED: Label.QUESTION,
    State.OTHER_PERSON: Label.THANKS,
}
_ASKED_FOR = frozenset(
    {"call", "faint", "needle", "bleeding-disorder", "hospital"}
)  # no modifier but "no" makes these less
_NOES = word_list("noes")
_BEGINS_ANEW = word_list("begins-anew") | PAUSES


@dataclass(frozen=True)
class Decision:
    """Everything that speaks for one label or another in one passage."""

    passage: Passage
    lexicon: Lexicon

    @cached_property
    def finds(self) -> list[Find]:
        """Each label with the words that speak for it, in no order; empty when nothing does."""
        found = [*self._worries, *self._everyday, *self._numbers]
        found += self._raised(found)
        if not any(find.label.is_worry for find in found):
            found += self._unread(found)
        if any(find.sign == STRANGER for find in self._opt_outs):
            found = [find for find in found if find.label not in WISHES]
        return [find for find in found if find.sign != State.OTHER_PERSON]

    @cached_property
    def _readings(self) -> Mapping[str, Found]:
        return self.lexicon.readings.find(self.passage)

    @cached_property
    def _idioms(self) -> Found:
        return [(name, span) for name, span in apart(self._readings["idioms"]) if name != "stop"]

    @cached_property
    def _plain(self) -> Passage:
        """The passage without its idioms: "heart attack when I saw the bill" is no heart attack."""
        return self.passage.masked([span for _, span in self._idioms]) if self._idioms else self.passage

    @cached_property
    def _found(self) -> Mapping[str, Found]:
        return self.lexicon.signs.find(self._plain)

    def _signs(self, label: Label) -> Found:
        return apart(self._found[label])

    @property
    def _cues(self) -> Found:
        return self._found["cues"]

    @cached_property
    def _worry_signs(self) -> list[Find]:
        return [Find(label, name, span) for label in _WORRIES for name, span in self._signs(label)]

    @cached_property
    def _expected_signs(self) -> list[Find]:
        return [Find(Label.EXPECTED, name, span) for name, span in self._signs(Label.EXPECTED)]

    @cached_property
    def _modifiers(self) -> Modifiers:
        spans = {find.span for find in (*self._worry_signs, *self._expected_signs)}
        return Modifiers(self.passage, self.lexicon.persons, self._readings, sorted(spans))

    @cached_property
    def _worries(self) -> list[Find]:
        stops = covered(stop.span for stop in self._opt_outs)
        signs = [find for find in self._worry_signs if find.sign != "call" or stops.isdisjoint(range(*find.span))]
        return [self._judged(find) for find in signs if not self._is_cool(find)]

    def _judged(self, find: Find) -> Find:
        """The sign with the label that its clause leaves it. Nothing but a plain "no" lowers an emergency."""
        if find.label is Label.EMERGENCY:
            denied = self._modifiers.is_denied(find.span)
            return Find(Label.THANKS, "denied", find.span) if denied else find
        state = self._modifiers.state(find.span)
        if find.sign in _ASKED_FOR and state not in (State.DENIED, State.FEARED, State.OTHER_PERSON):
            return find
        label = Label.UNCLEAR if find.sign == "call" else _INSTEAD[state]  # "don't call me" is no good news
        if state is State.OVER and find.label is Label.URGENT:
            label = Label.UNCLEAR
        if state is State.IN_SESSION and find.label is not Label.NERVE:
            label = None
        return Find(label, state, find.span) if label else find

    def _is_cool(self, find: Find) -> bool:
        """Whether a sign of fever stands beside a temperature that is none."""
        if find.sign != "fever":
            return False
        clause = self.passage.clause_of[find.span[0]]
        there = [is_fever for place, is_fever in self._temperatures if self.passage.clause_of[place] == clause]
        return bool(there) and not any(there)

    @cached_property
    def _temperatures(self) -> list[tuple[int, bool]]:
        return list(temperatures(self.passage))

    @cached_property
    def _everyday(self) -> list[Find]:
        return [*self._soreness(), *self._bookings, *self._questions(), *self._good_news(), *self._opt_outs]

    def _soreness(self) -> Iterator[Find]:
        for find in self._expected_signs:
            denied = self._modifiers.is_denied(find.span)
            yield Find(Label.THANKS, "denied", find.span) if denied else find

    @cached_property
    def _bookings(self) -> list[Find]:
        stops = covered(stop.span for stop in self._opt_outs)
        signs = self._signs(Label.BOOKING)
        return [Find(Label.BOOKING, name, span) for name, span in signs if stops.isdisjoint(range(*span))]

    def _questions(self) -> Iterator[Find]:
        booked = {self.passage.clause_of[find.span[0]] for find in (*self._bookings, *self._opt_outs)}
        for name, span in self._signs(Label.QUESTION):
            if self.passage.clause_of[span[0]] not in booked:
                yield Find(Label.QUESTION, name, span)
        for number, (first, last) in enumerate(self.passage.clauses):
            if asks(self.passage, number) and number not in booked and self._has_words(self._plain, first, last):
                yield Find(Label.QUESTION, "mark", (last, last + 1))

    @staticmethod
    def _has_words(passage: Passage, first: int, last: int) -> bool:
        return any(word != MASK for word in passage.words[first:last])

    def _good_news(self) -> Iterator[Find]:
        hints = covered(span for _, span in self._signs(Label.UNCLEAR))
        for name, span in self._signs(Label.THANKS):
            if self._is_unwell(span):
                yield Find(Label.UNCLEAR, "unwell", span)
            elif name in SAYS_NOTHING or span[0] not in hints:
                yield Find(Label.THANKS, name, span)
        yield from (Find(Label.THANKS, "good", span) for name, span in self._idioms if name == "fine")
        yield from (Find(Label.UNCLEAR, name, span) for name, span in self._idioms if name == "doubtful")

    def _is_unwell(self, good: Span) -> bool:
        """Whether a "no" stands at most two words before a word that may praise anything: "no contesta bien"."""
        before = self.passage.words[max(0, good[0] - 3) : good[0]]
        noes = [place for place, word in enumerate(before) if word in _NOES]
        between = before[noes[-1] + 1 :] if noes else []
        return bool(noes) and praises_faintly(self.passage, good) and _BEGINS_ANEW.isdisjoint(between)

    @cached_property
    def _opt_outs(self) -> list[Find]:
        look_alikes = [span for name, span in self._readings["idioms"] if name == "stop"]
        signs = opt_outs(self.passage, self.lexicon, look_alikes=look_alikes)
        return [Find(Label.STOP, name, span) for name, span in signs]

    @cached_property
    def _numbers(self) -> list[Find]:
        booked = frozenset(self.passage.clause_of[find.span[0]] for find in self._bookings)
        spans = list(scores(self._plain, self.lexicon, in_booking=booked))
        found = [Find(Label.SCORE, "", span) for span in spans]
        if is_rising(self._plain, spans, self.lexicon):
            found += [Find(Label.URGENT, "rising", span) for span in spans]
        found += [
            Find(Label.INFECTION, "fever", (place, place + 1)) for place, is_fever in self._temperatures if is_fever
        ]
        return found + [Find(label, "menu", (first, last)) for label, first, last in answers(self.passage)]

    def _raised(self, found: list[Find]) -> Iterator[Find]:
        """What signs make of each other: numbness that spreads, a bruise with a blood thinner."""
        there = self._present(found)
        for rule in self.lexicon.together:
            if rule.signs <= there.keys():
                spans = [there[sign] for sign in rule.signs]
                yield from (Find(rule.label, "together", span) for span in spans if span[0] < span[1])

    def _present(self, found: list[Find]) -> dict[str, Span]:
        """Every cue that holds now, and every label that was found, by name."""
        there = {str(find.label): find.span for find in found}
        for name, span in self._cues:
            if name not in there and self._modifiers.state(span) is State.PRESENT:
                there[name] = span
        hours = longest_hours(self.passage, self.lexicon)
        there |= {f"over-{most}h": (0, 0) for most in (48, 72) if hours > most}
        return there

    def _unread(self, found: list[Find]) -> Iterator[Find]:
        return Unread(
            passage=self.passage,
            modifiers=self._modifiers,
            found=found,
            idioms=[span for _, span in self._idioms],
            hints=self._signs(Label.UNCLEAR),
            cues=self._cues,
            courtesies=[span for name, span in self._signs(Label.THANKS) if name in SAYS_NOTHING],
            known=self.lexicon.speller.known,
        ).finds
