"""What holds for every text, also for those that were written to do harm."""

from hypothesis import given, settings, strategies as st

from followup.rules.triage import Reading, triage
from followup.rules.triage.reading import ORDER
from followup.terms import Label

WORDS = [
    *(
        "no",
        "not",
        "my",
        "leg",
        "numb",
        "tingling",
        "chest",
        "pain",
        "gone",
        "back",
        "still",
        "stop",
        "but",
        "pero",
        "if",
        "I",
    ),
    *(
        "when",
        "sore",
        "thanks",
        "7/10",
        "days",
        "5",
        "mum",
        "needle",
        ".",
        ",",
        "?",
        "\n",
        "😊",
        "can't",
        "feel",
        "or",
        "and",
    ),
]
LETTERS = st.characters(exclude_categories=())  # control characters, direction marks and lone surrogates included
TEXTS = st.text(LETTERS, max_size=300) | st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)


def assert_holds(text: str, reading: Reading) -> None:
    assert reading.labels
    assert list(reading.labels) == sorted(set(reading.labels), key=ORDER.index)
    for match in reading.matched:
        assert match.words == text[match.start : match.end] != ""
        assert match.label in reading.labels


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_any_text_is_read_and_every_match_stands_in_it(text: str) -> None:
    assert_holds(text, triage(text))


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_an_emergency_after_any_text_is_an_emergency(text: str) -> None:
    assert triage(f"{text}\nI have chest pain and can't breathe").label is Label.EMERGENCY
    assert triage(f"{text}. Me duele el pecho").label is Label.EMERGENCY


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.sampled_from(["but", "pero"]))
def test_a_but_before_a_text_lowers_nothing(text: str, but: str) -> None:
    before, after = triage(text), triage(f"{but} {text}")
    if before.label.is_worry:
        assert ORDER.index(after.label) <= ORDER.index(before.label)


def test_hostile_texts_of_100_kilobytes_are_read() -> None:
    for piece in (
        "a",
        "no ",
        "numb ",
        "1-",
        "\u202e",
        "\ud800",
        "<b>",
        "chest ",
        "no fever, ",
        "e\u0301",
        "\n",
        "stop ",
    ):
        text = (piece * 100_000)[:100_000]
        assert_holds(text, triage(text))


def test_invisible_marks_and_markup_do_not_hide_a_symptom() -> None:
    for text in (
        "nu\u200bmb",
        "\u202enumb",
        "<i>numb</i>",
        "\uff4e\uff55\uff4d\uff42",
        "n\u00adumb",
        "*numb*",
        "NUMB\x00",
        "#numb",
    ):
        assert triage(text).label is Label.NERVE, text
