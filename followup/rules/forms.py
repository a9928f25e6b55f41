"""What a patient fills in on a page: boxes and numbers in place of letters and digits, with the same meaning.

Triage reads the own words as it reads a text, and nothing that is ticked lowers what it found.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from followup.rules.answers import CheckIn, Chosen, Score, StillOrGone
from followup.rules.scoring import Scale
from followup.rules.understanding import OPEN_TO_WORDS, Meaning, Said, labels_of, understand as understand_words
from followup.rules.visible import only_seen
from followup.terms import Label, Measure, Question

MOST_WORDS = 4000  #: characters; a page of small print

LETTERS, PRESENCE, WORDS = "letters", "presence", "words"  #: the fields of our forms, beside one for each measure

_SATISFACTION = Scale(Measure.SATISFACTION, 1, 5)
#: What is asked with numbers: by form a change has a sign, and the satisfaction is asked with it (clinical.md §3 GROC).
SCALES: Mapping[Question, tuple[Scale, ...]] = MappingProxyType(
    {
        Question.PAIN_0_10: (Scale(Measure.PAIN, 0, 10),),
        Question.CHANGE_1_7: (Scale(Measure.CHANGE_SIGNED, -5, 5), _SATISFACTION),
        Question.SATISFACTION_1_5: (_SATISFACTION,),
    }
)
_FIELDS = (LETTERS, PRESENCE, *(scale.measure for scales in SCALES.values() for scale in scales), WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A form as it was filled in: only what its question asks for, and only what can be chosen there."""

    answers: tuple[Chosen | StillOrGone | Score, ...] = ()
    words: str = ""  #: own words, without what cannot be seen

    @property
    def is_empty(self) -> bool:
        return not (self.answers or self.words)


def known_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of our forms among all that was sent, none with more values than one can tick."""
    given = {name: values[name] for name in _FIELDS if name in values}
    return {name: value[: len(CheckIn)] if isinstance(value, list) else value for name, value in given.items()}


def read(values: Mapping[str, Any], question: Question | None) -> Filled:
    """What a form says to its question. `values`: by field, a list where a field came more than once. Never raises."""
    answers: list[Chosen | StillOrGone | Score] = []
    if question is Question.CHECK_IN:
        letters = frozenset(letter for letter in CheckIn if letter.value in _all(values, LETTERS))
        answers += [Chosen(letters)] if letters else []
    elif question is Question.STILL_OR_GONE:
        # Both cannot be ticked; where both come all the same, the worse counts.
        answers += [here for here in StillOrGone if here.value in _all(values, PRESENCE)][:1]
    elif question is not None:
        answers += [score for scale in SCALES[question] for score in _scores(values, scale)]
    return Filled(answers=tuple(answers), words=only_seen("".join(_all(values, WORDS)[:1])))


def understand(
    filled: Filled,
    *,
    labels: Collection[Label],
    matched: Sequence[tuple[Label, str]],
    question: Question | None,
    baseline: int | None,
) -> Meaning:
    """What a form means. `labels` and `matched`: of triage of the own words, empty without any.

    `question`: None once it is answered or the page is over; then nothing is an answer, but a worry is one all the
    same, and the rest goes to a person.
    """
    # "2" in own words beside -5 to +5 is not 2 of the 1 to 7 that we ask for by text.
    asks_words = question if question in OPEN_TO_WORDS and not filled.answers else None
    said = Said(text=filled.words, labels=labels, matched=matched, question=asks_words, asked_again=True)
    own = understand_words(said) if filled.words else Meaning(labels=())
    ticked = {label for answer in filled.answers for label in labels_of(answer, baseline=baseline)}
    if question is None:
        ticked = {label if label.is_worry else Label.UNCLEAR for label in ticked}
    found = {*own.labels, *ticked}
    meaning = Meaning(labels=tuple(label for label in Label if label in found))
    gone = question is not None and StillOrGone.GONE in filled.answers
    return replace(
        meaning,
        scores=tuple(one for one in filled.answers if isinstance(one, Score)) if question else (),
        answers_question=question is not None and (bool(filled.answers) or own.answers_question),
        is_gone=(gone or own.is_gone) and meaning.alert is None,
        wants_call=_wants_call(filled, meaning, own),
    )


def _wants_call(filled: Filled, meaning: Meaning, own: Meaning) -> bool:
    """Whether a call is all that is urgent."""
    if {label for label in meaning.labels if label.is_worry} != {Label.URGENT}:
        return False
    if Label.URGENT in own.labels:
        return own.wants_call
    return any(isinstance(one, Chosen) for one in filled.answers)


def _scores(values: Mapping[str, Any], scale: Scale) -> list[Score]:
    possible = {str(value): value for value in range(scale.low, scale.high + 1)}
    given = "".join(_all(values, scale.measure)[:1])
    return [Score(scale.measure, possible[given])] if given in possible else []


def _all(values: Mapping[str, Any], name: str) -> list[str]:
    given = values.get(name, [])
    return [str(value) for value in given] if isinstance(given, list) else [str(given)]
