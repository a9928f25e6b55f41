import pytest

from followup.messages.reading import reading_grade, syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("care", 1),
        ("called", 1),
        ("needed", 2),
        ("times", 1),
        ("bruises", 2),
        ("breathe", 1),
        ("little", 2),
        ("while", 1),
        ("doing", 2),
        ("usual", 3),
        ("completely", 3),
        ("emergency", 4),
        ("can't", 1),
        ("the", 1),
    ],
)
def test_syllables_are_counted_from_the_spelling(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_grade_is_that_of_flesch_and_kincaid() -> None:
    assert reading_grade("The cat sat. The dog ran to it.") == pytest.approx(0.39 * 8 / 2 + 11.8 * 8 / 8 - 15.59)


def test_long_words_and_long_sentences_are_harder() -> None:
    assert reading_grade("Notify a practitioner immediately if paraesthesia or neurological symptoms develop.") > 12
    assert reading_grade("Tell us if you tingle.") < 2


def test_a_list_item_is_a_sentence_and_a_link_a_short_word() -> None:
    assert reading_grade("- you feel faint\n- you feel ill") == reading_grade("You feel faint. You feel ill.")
    assert reading_grade("Tell us: https://maple.example/p/3kf9/and/much/more") == reading_grade("Tell us: here.")


def test_a_text_without_words_has_no_grade_to_speak_of() -> None:
    assert reading_grade("") == 0
    assert reading_grade("911") == 0
