"""What one reply means, once triage has read it and the open question is known: what to keep, and what to say back.

Triage comes first, and nothing here lowers what it found. Source: clinical.md §3 notes 1 to 4, §4.2.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from followup.rules.answers import Answer, CheckIn, Chosen, NoAnswer, Score, StillOrGone, Unreadable
from followup.rules.folding import fold, tokens
from followup.rules.menus import read_letters
from followup.rules.scoring import SCALES, is_high, read_answer
from followup.terms import Label, Measure, Question

ASK_AGAIN = "ask-score-again"

_CALL, _SAVED_AND_BOOK = "answer-call", "answer-score-thanks-booking"
# In the order of answering: who asks something beside a score hears that a person reads it.
_ANSWERS = {
    Label.EMERGENCY: "answer-emergency",
    Label.URGENT: "answer-urgent",
    Label.INFECTION: "answer-infection",
    Label.NERVE: "answer-nerve",
    Label.UNCLEAR: "answer-unclear",
    Label.QUESTION: "answer-question",
    Label.SCORE: "answer-score-thanks",
    Label.BOOKING: "answer-booking",
    Label.EXPECTED: "answer-expected",
}
#: By the wording of an answer: what it answered.
ANSWERED = {wording: label for label, wording in _ANSWERS.items()} | {
    _CALL: Label.URGENT,
    _SAVED_AND_BOOK: Label.SCORE,
    ASK_AGAIN: Label.SCORE,
}

_LETTERS = {
    CheckIn.FINE: Label.THANKS,
    CheckIn.SORE: Label.EXPECTED,
    CheckIn.NERVE: Label.NERVE,
    CheckIn.CALL_ME: Label.URGENT,
}
#: "Or use your own words": they answer it as a letter does.
OPEN_TO_WORDS = frozenset({Question.CHECK_IN, Question.STILL_OR_GONE})
_FEELINGS = frozenset({*(label for label in Label if label.is_worry), Label.EXPECTED})
_WORDS = {
    "still": Label.NERVE,
    "sigue": Label.NERVE,
    "gone": Label.THANKS,
    "nada": Label.THANKS,
}
_WORRIES = frozenset(label for label in Label if label.is_worry)
_WITH_ANSWERS_OF_THEIR_OWN = _WORRIES | {Label.QUESTION, Label.BOOKING}
_NEED_A_PERSON = _WORRIES | {Label.UNCLEAR, Label.QUESTION}

_CALL_ME = re.compile(r"^d$|\b(call\w*|cal|ring|phone|telephone|contact|talk\w*|speak\w*|llam\w+|hablar|telefon\w+)\b")
_WRONG_NUMBER = re.compile(
    r"\b(wrong|incorrect|different|new|someone elses|equivoc\w+|incorrect[oa]|erroneo)\b"
    r"|\b(not|isnt|wasnt|never been|no soy|no es)\b.*\b(patient|client|customer|number|phone|paciente|persona|cliente|numero)\b"
    r"|\b(dont|do not) (even )?know\b|\bno longer (has|have|uses?|owns?) this\b|\bchanged (my|her|his) number\b"
)

_BRIEF = 5  # words: a readable answer and what people put beside it, such as "about a 4 i guess"
_BARE = 3  # words: an answer to a question of last week counts only when it stands nearly alone
_SAME, _NO_CHANGE, _NEITHER = 4, 0, 3  # the middle of the change scales, by text and by form, and of satisfaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that decides what a reply means."""

    text: str
    labels: Collection[Label]  #: of triage
    matched: Sequence[tuple[Label, str]] = ()  #: the words that speak for a label
    question: Question | None = None  #: which is open
    baseline: int | None = None  #: pain before the treatment that the question is about
    asked_again: bool = False  #: we have said once already that we could not read the answer
    pictures: bool = False
    names: bool = False  #: it tells whom earlier replies are about, and nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a reply means."""

    labels: tuple[Label, ...]  #: the worst first
    scores: tuple[Score, ...] = ()  #: a text has one at most
    answers_question: bool = False
    asks_again: bool = False  #: to be asked for the number once more
    is_gone: bool = False  #: tingling, numbness or weakness is over, and nothing else is the matter
    wants_call: bool = False  #: a call is all that is wanted

    @property
    def alert(self) -> Label | None:
        """How bad the alert is that it raises; None if nobody needs to look."""
        return next((label for label in self.labels if label in _NEED_A_PERSON), None)

    @property
    def is_worry(self) -> bool:
        """Whether someone must look soon."""
        return not _WORRIES.isdisjoint(self.labels)

    def also(self, label: Label) -> "Meaning":
        """The same, with one label more."""
        return replace(self, labels=_ordered({*self.labels, label}))


def is_wrong_number(opt_outs: Iterable[str]) -> bool:
    """Whether the words of an opt-out say that we text somebody else than we think."""
    return any(_WRONG_NUMBER.search(fold(words)) for words in opt_outs)


def understand(said: Said) -> Meaning:
    """What a reply means. Never raises, whatever the text."""
    answer = read_answer(said.text, said.question) if said.question else NoAnswer()
    labels = {*said.labels, Label.UNCLEAR} if said.pictures else set(said.labels)
    meant = labels_of(answer, baseline=said.baseline) or None
    letters = _late_letters(said.text) if meant is None else _letters(answer)
    asks_again = isinstance(answer, Unreadable) and _may_ask_again(said)
    if meant is not None:
        labels = labels - _explained(said) | meant
    elif said.names and isinstance(answer, NoAnswer):
        labels = labels - {Label.UNCLEAR} or {Label.THANKS}  # a name stands alone, or it is none
    elif asks_again:
        labels = labels - _explained(said) | {Label.SCORE}
    else:
        labels |= _late(said.text, letters)
        if Label.SCORE in labels or (isinstance(answer, Unreadable) and labels <= {Label.THANKS}):
            labels = labels - {Label.SCORE} | {Label.UNCLEAR}  # a digit has no meaning without its question
    return Meaning(
        labels=_ordered(labels or {Label.UNCLEAR}),
        scores=(answer,) if isinstance(answer, Score) else (),
        answers_question=meant is not None or (said.question in OPEN_TO_WORDS and not labels.isdisjoint(_FEELINGS)),
        asks_again=asks_again,
        is_gone=answer is StillOrGone.GONE and labels.isdisjoint(_NEED_A_PERSON),
        wants_call=labels & _WORRIES == {Label.URGENT} and _asks_for_call(said, answer, letters),
    )


def labels_of(answer: Answer, *, baseline: int | None) -> set[Label]:
    """The labels of a readable answer; none if it is not one."""
    match answer:
        case Score(Measure.PAIN, value) if is_high(value, baseline=baseline):
            return {Label.SCORE, Label.URGENT}
        case Score():
            return {Label.SCORE}
        case Chosen(letters):
            return {_LETTERS[letter] for letter in letters}
        case StillOrGone.STILL:
            return {Label.NERVE}
        case StillOrGone.GONE:
            return {Label.THANKS}
    return set()


def wording(meaning: Meaning, *, held: bool, may_book: bool) -> str | None:
    """What the patient hears back; None for nothing.

    `held`: an alert is open, be it this reply's own. `may_book`: another visit may be offered unasked.
    """
    if meaning.asks_again:
        return ASK_AGAIN
    worst = next((label for label in _ANSWERS if label in meaning.labels), None)
    if worst is Label.URGENT and meaning.wants_call:
        return _CALL
    if worst is Label.SCORE and not held and (may_book or Label.BOOKING in meaning.labels):
        return _SAVED_AND_BOOK
    return _ANSWERS[worst] if worst else None


def is_no_worse(score: Score, *, baseline: int | None) -> bool:
    """Whether a score leaves room to offer another visit. Without a baseline nobody knows that of pain."""
    if score.measure is Measure.PAIN:
        return baseline is not None and score.value <= baseline
    if score.measure is Measure.CHANGE:
        return score.value <= _SAME
    return score.value >= (_NEITHER if score.measure is Measure.SATISFACTION else _NO_CHANGE)


def _asks_for_call(said: Said, answer: Answer, letters: frozenset[CheckIn]) -> bool:
    """Whether a call is all that is urgent, by the letter D or in words."""
    urgent = [fold(words) for label, words in said.matched if label is Label.URGENT]
    is_asked = bool(urgent) or CheckIn.CALL_ME in letters
    return is_asked and not isinstance(answer, Score) and all(_CALL_ME.search(words) for words in urgent)


def _may_ask_again(said: Said) -> bool:
    """Once, for a number, and only if nothing in the reply wants another answer."""
    return said.question in SCALES and not said.asked_again and _WITH_ANSWERS_OF_THEIR_OWN.isdisjoint(said.labels)


def _explained(said: Said) -> set[Label]:
    """What triage could not place is the answer itself, unless there is much more, or odd words, or a picture."""
    has_more = (
        said.pictures or any(label is Label.UNCLEAR for label, _ in said.matched) or len(_words(said.text)) > _BRIEF
    )
    return set() if has_more else {Label.UNCLEAR}


def _late(text: str, letters: frozenset[CheckIn]) -> set[Label]:
    """What the letters and words of our menus say when no such question is open: a worry is one all the same."""
    word = " ".join(_words(text))
    found = {_LETTERS[letter] for letter in letters} | {label for menu, label in _WORDS.items() if menu == word}
    return {label if label.is_worry else Label.UNCLEAR for label in found}


def _late_letters(text: str) -> frozenset[CheckIn]:
    return _letters(read_letters(fold(text))) if len(_words(text)) <= _BARE else frozenset()


def _letters(answer: Answer) -> frozenset[CheckIn]:
    return answer.letters if isinstance(answer, Chosen) else frozenset()


def _words(text: str) -> list[str]:
    return [token for token in tokens(fold(text)) if token.isalnum()]


def _ordered(labels: Collection[Label]) -> tuple[Label, ...]:
    return tuple(label for label in Label if label in labels)
