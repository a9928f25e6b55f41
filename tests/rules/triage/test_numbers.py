import pytest

from followup.rules.triage import triage
from followup.terms import Label


@pytest.mark.parametrize(
    "text",
    [
        *("7", "7/10", "seven", "0", "10", "pain is 3", "went from 8 to a 3", "about a 4", "5-6", "2 out of 10", "4.5"),
        *("3 👍", "cinco", "dolor 3", "nivel 6", "I'd say 3 maybe 4", "2 days sore, now 8"),
    ],
)
def test_a_score_is_read_in_every_way_that_patients_write_it(text: str) -> None:
    assert Label.SCORE in triage(text).labels


@pytest.mark.parametrize(
    "text",
    [
        *(
            "10:30",
            "101",
            "11",
            "-2",
            "555-010-2000",
            "2 days",
            "3pm",
            "I'm 45",
            "took 2 advil",
            "see you at 3",
            "98.6",
        ),
        *("10/10 would recommend", "no one called", "<3", "2 bruises", "1111111111", "the 5th works", "I came on 7/10"),
    ],
)
def test_times_dates_ages_counts_and_phone_numbers_are_no_scores(text: str) -> None:
    assert Label.SCORE not in triage(text).labels


def test_a_score_with_a_symptom_is_both() -> None:
    reading = triage("3 but my foot is dragging")
    assert reading.labels == (Label.URGENT, Label.SCORE)


@pytest.mark.parametrize(
    ("text", "is_fever"),
    [
        *(
            ("temp 38", True),
            ("38.0C", True),
            ("100.4 F", True),
            ("my temperature is 101", True),
            ("fiebre de 39", True),
        ),
        *(("temperature 37.2", False), ("98.6 F", False), ("temp is 100.3", False)),
    ],
)
def test_a_fever_begins_at_38_degrees_celsius_and_100_4_fahrenheit(text: str, *, is_fever: bool) -> None:
    assert (Label.INFECTION in triage(text).labels) == is_fever


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("sore for 2 days", Label.EXPECTED),
        ("sore for over 3 days", Label.URGENT),
        ("still sore on day 4", Label.URGENT),
        ("sore since last week", Label.URGENT),
        ("sore, see you in 5 days", Label.EXPECTED),
        ("numb for 2 days", Label.NERVE),
        ("numb for 3 days", Label.URGENT),
    ],
)
def test_soreness_of_more_than_three_days_and_numbness_of_more_than_two_are_urgent(text: str, label: Label) -> None:
    assert label in triage(text).labels
    assert triage(text).label.is_worry == label.is_worry


@pytest.mark.parametrize(
    ("text", "label"),
    [
        *(
            ("A", Label.THANKS),
            ("a)", Label.THANKS),
            ("B.", Label.EXPECTED),
            ("C", Label.NERVE),
            ("d please", Label.URGENT),
        ),
        *(("STILL", Label.NERVE), ("sigue", Label.NERVE), ("Gone!", Label.THANKS), ("nada", Label.THANKS)),
        *(("C in my left hand", Label.NERVE), ("B and C", Label.NERVE), ("aaaaa", Label.UNCLEAR)),
    ],
)
def test_answers_to_our_menus_are_read_by_themselves(text: str, label: Label) -> None:
    assert triage(text).label is label


def test_a_score_that_rose_by_two_is_clearly_worse_pain() -> None:
    for text in ("9/10 now, was 4", "3 yesterday, 9 today", "from 3 to 7", "it was 4 yesterday so lets say 6"):
        assert triage(text).label is Label.URGENT, text
    for text in ("8 to a 3", "was an 8, now 3", "5 (was 4)", "4 or 5"):
        assert triage(text).label is Label.SCORE, text


def test_a_number_with_a_point_that_could_be_a_fever_is_one() -> None:
    for text in ("38.7", "101.2 this morning and achey all over"):
        assert triage(text).label is Label.INFECTION, text
    assert triage("36.6 this morning").label is not Label.INFECTION
