from collections.abc import Sequence

import pytest

from followup.rules.answers import Score
from followup.rules.understanding import Meaning, Said, is_no_worse, is_wrong_number, understand, wording
from followup.terms import Label, Measure, Question

EMERGENCY, URGENT, INFECTION, NERVE = Label.EMERGENCY, Label.URGENT, Label.INFECTION, Label.NERVE
UNCLEAR, SCORE, BOOKING, QUESTION = Label.UNCLEAR, Label.SCORE, Label.BOOKING, Label.QUESTION
EXPECTED, STOP, THANKS = Label.EXPECTED, Label.STOP, Label.THANKS
CHECK_IN, STILL_OR_GONE, PAIN, CHANGE = (
    Question.CHECK_IN,
    Question.STILL_OR_GONE,
    Question.PAIN_0_10,
    Question.CHANGE_1_7,
)


def mean(
    text: str,
    *labels: Label,
    question: Question | None = None,
    baseline: int | None = None,
    asked_again: bool = False,
    pictures: bool = False,
    matched: Sequence[tuple[Label, str]] = (),
) -> Meaning:
    return understand(
        Said(
            text=text,
            labels=labels,
            matched=matched,
            question=question,
            baseline=baseline,
            asked_again=asked_again,
            pictures=pictures,
        )
    )


@pytest.mark.parametrize(
    ("text", "labels", "question", "expected"),
    [
        ("A", [UNCLEAR], CHECK_IN, [THANKS]),
        ("B", [UNCLEAR], CHECK_IN, [EXPECTED]),
        ("C", [UNCLEAR], CHECK_IN, [NERVE]),
        ("D", [UNCLEAR], CHECK_IN, [URGENT]),
        ("B and C", [UNCLEAR], CHECK_IN, [NERVE, EXPECTED]),
        ("STILL", [UNCLEAR], STILL_OR_GONE, [NERVE]),
        ("sigue", [UNCLEAR], STILL_OR_GONE, [NERVE]),
        ("GONE", [UNCLEAR], STILL_OR_GONE, [THANKS]),
        ("nada", [UNCLEAR], STILL_OR_GONE, [THANKS]),
        ("4", [SCORE], PAIN, [SCORE]),
        ("about a 4 i guess", [UNCLEAR], PAIN, [SCORE]),
        ("4", [SCORE], CHANGE, [SCORE]),
    ],
)
def test_an_answer_to_the_open_question_is_read(
    text: str, labels: list[Label], question: Question, expected: list[Label]
) -> None:
    meaning = mean(text, *labels, question=question)
    assert (list(meaning.labels), meaning.answers_question) == (expected, True)


@pytest.mark.parametrize(
    ("text", "labels", "question", "expected"),
    [
        ("4", [SCORE], None, [UNCLEAR]),
        ("A", [UNCLEAR], None, [UNCLEAR]),
        ("B", [THANKS], None, [UNCLEAR, THANKS]),
        ("GONE", [THANKS], None, [UNCLEAR, THANKS]),
        ("gone", [UNCLEAR], CHECK_IN, [UNCLEAR]),
        ("4", [SCORE], CHECK_IN, [UNCLEAR]),
        ("A", [UNCLEAR], PAIN, [UNCLEAR]),
    ],
)
def test_an_answer_without_its_question_goes_to_a_person(
    text: str, labels: list[Label], question: Question | None, expected: list[Label]
) -> None:
    meaning = mean(text, *labels, question=question)
    assert (list(meaning.labels), meaning.answers_question, meaning.scores) == (expected, False, ())


@pytest.mark.parametrize("question", [None, PAIN, STILL_OR_GONE])
@pytest.mark.parametrize(("text", "worst"), [("C", NERVE), ("C thanks", NERVE), ("D", URGENT), ("STILL", NERVE)])
def test_a_worry_is_one_whatever_was_asked(text: str, worst: Label, question: Question | None) -> None:
    assert mean(text, UNCLEAR, question=question).alert is worst


@pytest.mark.parametrize("text", ["I'm still waiting for my invoice", "yes", "a bit better", "C'est la vie mon ami"])
def test_ordinary_words_are_no_late_answer(text: str) -> None:
    assert mean(text, THANKS).labels == (THANKS,)


@pytest.mark.parametrize(
    ("baseline", "value", "is_urgent"), [(None, 7, False), (None, 8, True), (3, 6, True), (4, 6, False)]
)
def test_a_high_score_is_urgent(baseline: int | None, value: int, *, is_urgent: bool) -> None:
    meaning = mean(str(value), SCORE, question=PAIN, baseline=baseline)
    assert meaning.scores == (Score(Measure.PAIN, value),)
    assert (URGENT in meaning.labels) is is_urgent


def test_a_score_with_a_worry_is_both() -> None:
    meaning = mean("3 but my foot is dragging", NERVE, SCORE, question=PAIN)
    assert (meaning.labels, meaning.scores) == ((NERVE, SCORE), (Score(Measure.PAIN, 3),))
    assert wording(meaning, held=True, may_book=True) == "answer-nerve"


def test_a_number_that_cannot_be_read_is_asked_for_once_and_then_goes_to_a_person() -> None:
    first = mean("5-6", SCORE, question=PAIN)
    assert (first.labels, first.alert, wording(first, held=False, may_book=True)) == ((SCORE,), None, "ask-score-again")
    second = mean("5-6", SCORE, question=PAIN, asked_again=True)
    assert (second.labels, second.answers_question) == ((UNCLEAR,), False)
    assert wording(second, held=True, may_book=True) == "answer-unclear"


@pytest.mark.parametrize("labels", [[NERVE], [QUESTION], [BOOKING], [URGENT, SCORE]])
def test_what_wants_another_answer_is_not_asked_for_its_number(labels: list[Label]) -> None:
    assert not mean("5-6 or so", *labels, question=PAIN).asks_again


def test_letters_that_cannot_be_read_go_to_a_person_at_once() -> None:
    assert mean("E", UNCLEAR, question=CHECK_IN).labels == (UNCLEAR,)
    assert mean("no", THANKS, question=STILL_OR_GONE).labels == (UNCLEAR, THANKS)


def test_words_that_triage_does_not_know_stay_unclear_beside_an_answer() -> None:
    odd = mean("4. it feels weird", UNCLEAR, question=PAIN, matched=[(UNCLEAR, "weird")])
    long = mean("4. and then the whole thing went all bubbly on me", UNCLEAR, question=PAIN)
    assert odd.labels == long.labels == (UNCLEAR, SCORE)


def test_a_picture_goes_to_a_person_beside_what_the_words_say() -> None:
    assert mean("4", SCORE, question=PAIN, pictures=True).labels == (UNCLEAR, SCORE)
    assert mean("thanks", THANKS, pictures=True).labels == (UNCLEAR, THANKS)
    assert mean("it is red", INFECTION, pictures=True).alert is INFECTION


def test_nothing_that_can_be_understood_is_unclear() -> None:
    assert mean("").labels == (UNCLEAR,)


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [("GONE", [UNCLEAR], True), ("gone, thanks", [THANKS], True), ("gone", [URGENT], False)],
)
def test_gone_means_gone_only_if_nothing_else_is_the_matter(text: str, labels: list[Label], *, expected: bool) -> None:
    assert mean(text, *labels, question=STILL_OR_GONE).is_gone is expected


@pytest.mark.parametrize(
    ("text", "matched", "question", "expected"),
    [
        ("D", [(URGENT, "D")], CHECK_IN, "answer-call"),
        ("D", [(URGENT, "D")], None, "answer-call"),
        ("D", [], CHECK_IN, "answer-call"),
        ("call me", [(URGENT, "call me")], None, "answer-call"),
        ("llámenme por favor", [(URGENT, "llámenme")], CHECK_IN, "answer-call"),
        ("it is urgent", [(URGENT, "urgent")], None, "answer-urgent"),
        ("call me, I fainted", [(URGENT, "call me"), (URGENT, "fainted")], None, "answer-urgent"),
        ("D, it is numb", [(URGENT, "D"), (NERVE, "numb")], CHECK_IN, "answer-urgent"),
        ("C and D", [(URGENT, "D"), (NERVE, "C")], CHECK_IN, "answer-urgent"),
        ("D", [(EMERGENCY, "?"), (URGENT, "D")], CHECK_IN, "answer-emergency"),
        ("9", [(SCORE, "9")], PAIN, "answer-urgent"),
    ],
)
def test_who_only_wants_a_call_hears_that_one_will_come(
    text: str, matched: list[tuple[Label, str]], question: Question | None, expected: str
) -> None:
    meaning = mean(text, *(label for label, _ in matched), question=question, matched=matched)
    assert wording(meaning, held=True, may_book=False) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([EMERGENCY, NERVE], "answer-emergency"),
        ([URGENT, INFECTION], "answer-urgent"),
        ([INFECTION, NERVE], "answer-infection"),
        ([NERVE, UNCLEAR], "answer-nerve"),
        ([UNCLEAR, BOOKING], "answer-unclear"),
        ([BOOKING, QUESTION], "answer-question"),
        ([BOOKING], "answer-booking"),
        ([EXPECTED, THANKS], "answer-expected"),
        ([THANKS], None),
        ([STOP], None),
    ],
)
def test_the_worst_label_chooses_the_answer(labels: list[Label], expected: str | None) -> None:
    assert wording(Meaning(labels=tuple(labels)), held=False, may_book=False) == expected


@pytest.mark.parametrize(
    ("also", "held", "may_book", "expected"),
    [
        ([], False, True, "answer-score-thanks-booking"),
        ([], True, True, "answer-score-thanks"),
        ([], False, False, "answer-score-thanks"),
        ([BOOKING], False, False, "answer-score-thanks-booking"),
        ([BOOKING], True, True, "answer-score-thanks"),
    ],
)
def test_a_score_is_thanked_for_and_leads_to_booking_only_when_nothing_is_the_matter(
    also: list[Label], expected: str, *, held: bool, may_book: bool
) -> None:
    assert wording(Meaning(labels=(SCORE, *also)), held=held, may_book=may_book) == expected


@pytest.mark.parametrize(
    ("measure", "value", "baseline", "expected"),
    [
        (Measure.PAIN, 4, 4, True),
        (Measure.PAIN, 5, 4, False),
        (Measure.PAIN, 0, None, False),
        (Measure.CHANGE, 4, None, True),
        (Measure.CHANGE, 5, None, False),
        (Measure.SATISFACTION, 3, None, True),
        (Measure.SATISFACTION, 2, None, False),
    ],
)
def test_only_who_is_no_worse_is_offered_another_visit(
    measure: Measure, value: int, baseline: int | None, *, expected: bool
) -> None:
    assert is_no_worse(Score(measure, value), baseline=baseline) is expected


def test_a_label_can_be_added() -> None:
    assert Meaning(labels=(THANKS,)).also(UNCLEAR).labels == (UNCLEAR, THANKS)


@pytest.mark.parametrize(
    "said",
    [
        "wrong number",
        "not a patient",
        "don't know anyone named",
        "numero equivocado",
        "no soy el paciente",
        "changed my number",
    ],
)
def test_an_opt_out_may_say_that_we_text_somebody_else(said: str) -> None:
    assert is_wrong_number(["stop", said])


@pytest.mark.parametrize("said", ["stop", "dont text me", "take me off your list", "lose my number"])
def test_an_opt_out_is_mostly_the_patients_own(said: str) -> None:
    assert not is_wrong_number([said])


def test_a_name_alone_needs_nobody_and_what_stands_beside_it_does() -> None:
    assert understand(Said(text="for Sam", labels=[UNCLEAR], names=True)).labels == (THANKS,)
    assert understand(Said(text="Sam. numb", labels=[NERVE], names=True)).labels == (NERVE,)
