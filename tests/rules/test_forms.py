from typing import Any

import pytest

from followup.rules.answers import CheckIn, Chosen, Score, StillOrGone
from followup.rules.forms import Filled, known_fields, read, understand
from followup.rules.triage import triage
from followup.rules.understanding import Meaning, wording
from followup.terms import Label, Measure, Question

CHECK_IN, STILL_OR_GONE = Question.CHECK_IN, Question.STILL_OR_GONE
PAIN, CHANGE, SATISFACTION = Question.PAIN_0_10, Question.CHANGE_1_7, Question.SATISFACTION_1_5


def mean(values: dict[str, Any], question: Question, *, is_open: bool = True, baseline: int | None = None) -> Meaning:
    filled = read(values, question)
    reading = triage(filled.words)
    return understand(
        filled,
        labels=reading.labels if filled.words else (),
        matched=[(match.label, match.words) for match in reading.matched],
        question=question if is_open else None,
        baseline=baseline,
    )


@pytest.mark.parametrize(
    ("values", "question", "answers"),
    [
        ({"letters": ["B", "C"]}, CHECK_IN, (Chosen(frozenset({CheckIn.SORE, CheckIn.NERVE})),)),
        ({"letters": "A"}, CHECK_IN, (Chosen(frozenset({CheckIn.FINE})),)),
        ({"presence": "gone"}, STILL_OR_GONE, (StillOrGone.GONE,)),
        ({"pain_0_10": "0"}, PAIN, (Score(Measure.PAIN, 0),)),
        (
            {"change_-5_5": "-5", "satisfaction_1_5": "4"},
            CHANGE,
            (Score(Measure.CHANGE_SIGNED, -5), Score(Measure.SATISFACTION, 4)),
        ),
        ({"satisfaction_1_5": "5"}, SATISFACTION, (Score(Measure.SATISFACTION, 5),)),
    ],
)
def test_what_is_ticked_is_read(values: dict[str, Any], question: Question, answers: tuple[object, ...]) -> None:
    assert read(values, question) == Filled(answers=answers)  # type: ignore[arg-type]  # each is one of its kinds


@pytest.mark.parametrize(
    ("values", "question"),
    [
        ({"letters": ["E", "a", ""]}, CHECK_IN),
        ({"presence": "maybe"}, STILL_OR_GONE),
        *(({"pain_0_10": value}, PAIN) for value in ("11", "-1", "", "3.5", "٣", " 3", "nan", "9" * 5000)),
        *(({"change_-5_5": value}, CHANGE) for value in ("6", "-6", "+2", "\u22122")),
        ({"satisfaction_1_5": "0"}, SATISFACTION),
        ({"pain_0_10": "9", "letters": "D"}, STILL_OR_GONE),
        ({"pain_0_10": "9", "letters": "D", "presence": "still"}, None),
        ({"words": " \r\n\u2028\x1b\u202e "}, CHECK_IN),
    ],
)
def test_what_cannot_be_chosen_there_says_nothing(values: dict[str, Any], question: Question | None) -> None:
    assert read(values, question).is_empty


def test_of_two_that_exclude_each_other_the_worse_counts() -> None:
    assert read({"presence": ["gone", "still"]}, STILL_OR_GONE).answers == (StillOrGone.STILL,)


def test_own_words_keep_their_lines_and_lose_what_cannot_be_seen() -> None:
    words = "two\r\nlines \x00\x1b[31m\u202eturned\u2069\n\n"
    assert read({"words": [words, "twice"]}, CHECK_IN).words == "two\nlines   [31m turned"


def test_only_fields_of_our_forms_are_kept_and_no_flood_of_them() -> None:
    given = {"letters": ["A"] * 9, "words": "hi", "language": "es", "x" * 999: "y"}
    assert known_fields(given) == {"letters": ["A"] * 4, "words": "hi"}


@pytest.mark.parametrize(
    ("values", "question", "labels"),
    [
        ({"letters": "A"}, CHECK_IN, [Label.THANKS]),
        ({"letters": "B"}, CHECK_IN, [Label.EXPECTED]),
        ({"letters": ["A", "C"]}, CHECK_IN, [Label.NERVE, Label.THANKS]),
        ({"letters": ["C", "D"]}, CHECK_IN, [Label.URGENT, Label.NERVE]),
        ({"letters": "A", "words": "I can't breathe"}, CHECK_IN, [Label.EMERGENCY, Label.THANKS]),
        ({"words": "my foot still tingles"}, CHECK_IN, [Label.NERVE]),
        ({"presence": "still"}, STILL_OR_GONE, [Label.NERVE]),
        ({"presence": "gone"}, STILL_OR_GONE, [Label.THANKS]),
        ({"pain_0_10": "3"}, PAIN, [Label.SCORE]),
        ({"pain_0_10": "8"}, PAIN, [Label.URGENT, Label.SCORE]),
        ({"change_-5_5": "5"}, CHANGE, [Label.SCORE]),
    ],
)
def test_a_form_means_what_the_same_text_means(values: dict[str, Any], question: Question, labels: list[Label]) -> None:
    meaning = mean(values, question)
    assert (list(meaning.labels), meaning.answers_question) == (labels, True)


def test_pain_well_above_the_baseline_is_urgent() -> None:
    assert mean({"pain_0_10": "6"}, PAIN, baseline=3).alert is Label.URGENT
    assert mean({"pain_0_10": "6"}, PAIN, baseline=4).alert is None


def test_what_answers_nothing_any_more_is_a_worry_all_the_same_or_goes_to_a_person() -> None:
    late = mean({"letters": ["A", "C"]}, CHECK_IN, is_open=False)
    assert (late.labels, late.answers_question) == ((Label.NERVE, Label.UNCLEAR), False)
    score = mean({"pain_0_10": "4"}, PAIN, is_open=False)
    assert (score.labels, score.scores) == ((Label.UNCLEAR,), ())
    assert not mean({"presence": "gone"}, STILL_OR_GONE, is_open=False).is_gone


def test_it_is_gone_only_if_nothing_else_is_the_matter() -> None:
    assert mean({"presence": "gone"}, STILL_OR_GONE).is_gone
    assert mean({"words": "gone"}, STILL_OR_GONE).is_gone
    assert not mean({"presence": "gone", "words": "but now I have a fever"}, STILL_OR_GONE).is_gone


@pytest.mark.parametrize("question", [PAIN, CHANGE])
def test_a_number_in_own_words_is_no_score_for_scales_differ(question: Question) -> None:
    meaning = mean({"words": "2"}, question)
    assert (meaning.labels, meaning.scores, meaning.answers_question) == ((Label.UNCLEAR,), (), False)


@pytest.mark.parametrize(
    ("values", "question", "expected"),
    [
        ({"letters": "D"}, CHECK_IN, "answer-call"),
        ({"words": "please call me"}, CHECK_IN, "answer-call"),
        ({"letters": "D", "words": "the pain gets worse and worse"}, CHECK_IN, "answer-urgent"),
        ({"letters": ["C", "D"]}, CHECK_IN, "answer-urgent"),
        ({"pain_0_10": "9"}, PAIN, "answer-urgent"),
        ({"letters": "C"}, CHECK_IN, "answer-nerve"),
        ({"letters": "A"}, CHECK_IN, None),
        ({"pain_0_10": "2"}, PAIN, "answer-score-thanks-booking"),
    ],
)
def test_the_worst_decides_what_is_said_back(values: dict[str, Any], question: Question, expected: str | None) -> None:
    assert wording(mean(values, question), held=False, may_book=True) == expected
