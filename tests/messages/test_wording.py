from collections.abc import Mapping

import pytest

from followup.messages.catalogue import PRECAUTIONS, WordingError, catalogue
from followup.messages.segments import count_segments, is_gsm7
from followup.messages.typical import typical_values
from followup.messages.wording import Composed, TooLongError, check_length, compose, note, page
from followup.terms import Channel

STOP = "Reply STOP to end texts."
VALUES = typical_values("en")
LONG_NAME = "A Clinic With a Name So Long That Few Would Ever Read It to Its End, Downtown"


def sms(key: str, *precautions: str, values: Mapping[str, str] = VALUES, language: str = "en", **how: bool) -> Composed:
    return compose(key, language=language, channel=Channel.SMS, values=values, precautions=precautions, **how)


def email(key: str, *precautions: str, values: Mapping[str, str] = VALUES, **how: bool) -> Composed:
    return compose(key, language="en", channel=Channel.EMAIL, values=values, precautions=precautions, **how)


def test_a_text_is_the_wording_with_its_values() -> None:
    assert sms("check-in") == Composed(
        "Maple Clinic: Hi Robert, how do you feel today? Reply A = fine. B = a bit sore or bruised. C = tingling, numb or "
        "weak. D = call me. Or use your own words. Emergency, chest pain or hard to breathe? Call 911.",
        version="en.1",
        segments=2,
    )


def test_another_language_has_its_own_words_and_version() -> None:
    text = sms("check-in", language="es-MX", values=typical_values("es"))

    assert text.text.startswith("Maple Clinic: Hola Robert, ¿qué tal se siente hoy?")
    assert text.version == "es.1"


def test_an_unknown_language_gets_english() -> None:
    assert sms("check-in", language="de") == sms("check-in")


@pytest.mark.parametrize("name", ["", " ", "\n", "María", "Zoë 🙂", "李"])
def test_a_name_that_a_text_cannot_hold_goes_with_its_comma(name: str) -> None:
    values = {**VALUES, "name": name}

    assert sms("check-in", values=values).text.startswith("Maple Clinic: Hi, how do you feel today?")
    assert "Thanks for coming in. Mild soreness" in sms("what-to-expect", values=values).text


@pytest.mark.parametrize("name", ["José", "Peña", "O'Neil"])
def test_a_name_within_the_alphabet_stays(name: str) -> None:
    text = sms("check-in", values={**VALUES, "name": name}).text

    assert f"Hi {name}, how" in text
    assert is_gsm7(text)


def test_an_email_keeps_every_name_but_an_empty_one() -> None:
    assert email("check-in", values={**VALUES, "name": "María"}).text.startswith("Hi María,\n")
    assert email("check-in", values={**VALUES, "name": ""}).text.startswith("Hi,\n")


def test_line_breaks_and_unseen_characters_never_leave() -> None:
    values = {**VALUES, "name": " Ro\r\nbert\x00 \u202e ", "clinic": "Maple\nClinic"}

    assert sms("check-in", values=values).text.startswith("Maple Clinic: Hi Ro bert, how")
    assert email("check-in", values=values).subject == "Maple Clinic: how are you today?"


def test_a_value_is_never_read_as_a_placeholder() -> None:
    assert "Hi {{ phone }}, how" in sms("check-in", values={**VALUES, "name": "{{ phone }}"}).text


def test_the_stop_line_comes_last_when_it_is_due() -> None:
    assert sms("check-in", stop_line=True).text.endswith(f"Call 911. {STOP}")
    assert STOP not in sms("check-in").text


@pytest.mark.parametrize("key", ["book-next", "answer-score-thanks-booking"])
def test_a_booking_text_always_has_the_stop_line(key: str) -> None:
    assert sms(key).text.endswith(STOP)
    assert sms(key, stop_line=True).text.count(STOP) == 1


def test_a_private_booking_text_has_the_stop_line_too() -> None:
    assert sms("book-next", minimal=True).text == f"Maple Clinic: A note for you: {VALUES['link']} {STOP}"


def test_an_email_has_no_stop_line() -> None:
    assert STOP not in email("check-in", stop_line=True).text


def test_a_precaution_replaces_a_sentence() -> None:
    text = sms("answer-expected", "blood_thinner").text

    assert "Tell us if a bruise grows or gets hard." in text
    assert "Small bruises can happen." not in text


def test_two_precautions_with_one_line_say_it_once() -> None:
    text = sms("check-in", "blood_thinner", "bleeding_disorder")

    assert text == sms("check-in", "blood_thinner")
    assert text.text.count("Tell us if a bruise grows") == 1


def test_what_goes_in_front_stays_in_front_of_a_sentence_that_is_replaced() -> None:
    text = sms("what-to-expect", "pregnancy", "blood_thinner").text

    assert "Call your care team now. Emergency or bleeding won't stop? Call 911." in text


def test_an_empty_replacement_takes_the_sentence_away() -> None:
    text = sms("what-to-expect", "blood_thinner").text

    assert "Rarely" not in text
    assert "  " not in text


def test_a_first_treatment_varies_words_as_a_precaution_does() -> None:
    assert "Felt faint or dizzy?" in sms("what-to-expect", "first_treatment").text


def test_in_an_email_what_goes_in_front_is_a_paragraph_of_its_own() -> None:
    text = email("check-in", "pregnancy").text

    assert (
        "\n\nIf you have cramps or bleeding, or feel less movement than usual, call your own care team now.\n\n" in text
    )
    assert "\n\n\n" not in text


def test_a_precaution_without_words_changes_nothing() -> None:
    assert sms("chest-warning", "diabetes") == sms("chest-warning")


def test_an_unknown_precaution_is_an_error() -> None:
    with pytest.raises(WordingError, match="unknown precaution 'gout'"):
        sms("check-in", "gout")


def test_a_long_text_first_loses_the_name() -> None:
    values = {**VALUES, "clinic": "M" * 25, "name": "N" * 60}

    assert sms("warning-signs", values=values).text.startswith(f"{'M' * 25}: Hi, by now you should feel less sore.")


def test_a_long_text_then_loses_sentences_in_their_order() -> None:
    may_drop = [sentence.replace(", {{ name }}", "") for sentence in catalogue("en")["what-to-expect"].may_drop]
    gone = []
    for width in range(12, 120):
        text = sms("what-to-expect", values={**VALUES, "clinic": "M" * width}).text
        gone.append([sentence for sentence in may_drop[:3] if sentence not in text.replace(", Robert", "")])

    seen = [each for at, each in enumerate(gone) if at == 0 or each != gone[at - 1]]
    assert seen == [[], may_drop[:1], may_drop[:2], may_drop[:3]]


def test_a_text_that_cannot_fit_still_leaves_in_its_shortest_form() -> None:
    composed = sms("chest-warning", values={**VALUES, "clinic": LONG_NAME}, stop_line=True)

    assert composed.segments == 3
    assert composed.text.endswith(f"Do not wait for a text from us. {STOP}")


def test_segments_are_those_of_the_text_that_leaves() -> None:
    composed = sms("pain-score", values={**VALUES, "clinic": "Clínica Arce"})

    assert composed.segments == count_segments(composed.text) == 3


def test_a_wording_that_is_too_long_is_refused_when_it_is_checked() -> None:
    with pytest.raises(
        TooLongError, match="the SMS of 'chest-warning' takes 3 segments in en, and 2 is the limit; shorten"
    ):
        check_length("chest-warning", language="en", values={**VALUES, "clinic": LONG_NAME})

    assert TooLongError.code == "too_long"


def test_the_check_names_the_precautions_that_make_a_text_too_long() -> None:
    with pytest.raises(TooLongError, match="the SMS of 'check-in' takes 3 segments in en with diabetes"):
        check_length("check-in", language="en", values={**VALUES, "clinic": "M" * 60})


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("check-in", "Maple Clinic: A question for you: {link} Emergency? Call 911."),
        ("warning-signs", "Maple Clinic: A note for you: {link}"),
        ("answer-nerve", "Maple Clinic: Thank you. Please read our answer: {link} Emergency? Call 911."),
        ("answer-score-thanks", "Maple Clinic: Thank you. We saved your answer. Need to talk? Call 555-010-2000."),
    ],
)
def test_minimal_privacy_says_nothing_of_the_patient(key: str, words: str) -> None:
    assert sms(key, minimal=True).text == words.format(link=VALUES["link"])


def test_a_private_email_has_the_stand_in_as_subject_and_body() -> None:
    private = email("check-in", minimal=True)

    assert private.subject == "Maple Clinic: a question for you"
    assert private.text.startswith(f"Maple Clinic has a question for you: {VALUES['link']}\n")


def test_a_closed_clinic_answers_out_of_hours() -> None:
    assert (
        "call you after we open, Mon 8 am. Worse before then? Call 555-010-2999."
        in sms("answer-urgent", closed=True).text
    )
    assert sms("check-in", closed=True) == sms("check-in")


def test_the_emergency_answer_stays_one_in_private_and_out_of_hours() -> None:
    assert "If you need help now, call 911." in sms("answer-emergency", minimal=True, closed=True).text


def test_a_clinic_without_a_number_after_hours_names_none() -> None:
    values = {**VALUES, "after_hours": ""}

    assert "Worse before then? Get medical help." in sms("answer-urgent", values=values, closed=True).text
    assert sms("answer-call", values=values, closed=True).text.endswith("Mon 8 am. Emergency? Call 911.")
    assert sms("answer-call", "no_after_hours", closed=True) == sms("answer-call", values=values, closed=True)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(WordingError, match=r"no value for \{\{ emergency \}\}; pass values\['emergency'\]"):
        sms("check-in", values={"clinic": "Maple Clinic", "name": "Robert"})


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(WordingError, match="no wording 'chek-in'"):
        sms("chek-in")


def test_a_channel_without_words_is_named() -> None:
    with pytest.raises(WordingError, match=r"wording 'alarm-email' has no words for sms in en\.toml"):
        sms("alarm-email")


def test_a_note_holds_the_whole_email_and_no_frame() -> None:
    shown = note("warning-signs", language="en", values=VALUES, precautions=PRECAUTIONS)

    assert shown.startswith("<p>Hi Robert,</p>")
    assert "<li>are still sore, or it gets worse</li>" in shown
    assert "less movement than usual" in shown
    assert "unsubscribe" not in shown


def test_a_note_answers_out_of_hours_too_and_does_without_a_name() -> None:
    assert "after we open, Mon 8 am" in note("answer-nerve", language="en", values=VALUES, closed=True)
    assert note("warning-signs", language="en", values={**VALUES, "name": ""}).startswith("<p>Hi,</p>")


def test_the_texts_of_a_page_are_filled_in() -> None:
    texts = page("note", language="es", values=typical_values("es"))

    assert texts["title"].endswith("Maple Clinic")
    assert "911" in texts["footer"]


def test_an_unknown_page_is_named() -> None:
    with pytest.raises(WordingError, match=r"no page 'notes' in en\.toml"):
        page("notes", language="en", values=VALUES)


def test_an_email_leaves_out_what_the_clinic_has_not_told() -> None:
    values = {**typical_values("en"), "address": "", "hours": ""}
    text = compose("what-to-expect", language="en", channel=Channel.EMAIL, values=values).text
    assert f"{values['clinic']}, {values['phone']}" in text
    assert "Open " not in text
