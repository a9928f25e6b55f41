import pytest

from followup.messages.catalogue import WordingError, languages
from followup.messages.proofs import prove, shared_words
from followup.terms import Channel


def test_a_proof_shows_both_channels_without_what_every_message_says() -> None:
    text, email = prove("check-in", language="en").proofs
    assert (text.channel, email.channel) == (Channel.SMS, Channel.EMAIL)
    assert text.text.startswith("Maple Clinic: Hi Robert, how do you feel today?")
    assert "STOP" not in text.text
    assert email.subject == "Maple Clinic: how are you today?"
    assert email.text.startswith("Hi Robert,\n\nHow do you feel today?")
    assert "unsubscribe" not in email.text


def test_segments_count_the_stop_line_and_only_texts_have_them() -> None:
    text, email = prove("pain-score", language="en").proofs
    stop_line, _ = shared_words("en")
    assert (text.segments, email.segments) == (2, 0)
    assert 160 < len(f"{text.text} {stop_line}") <= 306


def test_english_has_a_reading_grade_and_spanish_none() -> None:
    assert all(0 <= (proof.reading_grade or 0) <= 6 for proof in prove("warning-signs", language="en").proofs)
    assert [proof.reading_grade for proof in prove("warning-signs", language="es").proofs] == [None, None]


def test_a_proof_tells_what_precautions_change() -> None:
    changes = prove("chest-warning", language="en").changes
    [by_text] = [change for change in changes if change.channels == [Channel.SMS]]
    assert by_text.precautions == ["needle_phobia"]
    assert by_text.in_place
    assert by_text.sentence == "Call 911 and say you had dry needling."
    assert by_text.words == "Call 911 and tell them about your treatment."


def test_every_sentence_that_is_put_in_has_its_source_too() -> None:
    sources = {each.sentence: each.source for each in prove("chest-warning", language="en").sources}
    assert sources["Please read and keep this."].startswith("add-on: clinical.md")
    assert "Call {{ emergency }} and tell them about your treatment." in sources


@pytest.mark.parametrize("language", languages())
def test_the_footer_offers_to_end_emails(language: str) -> None:
    stop_line, footer = shared_words(language)
    assert "STOP" in stop_line
    assert "https://maple.example/p/7d2m1/unsubscribe" in footer


def test_an_unknown_wording_is_named() -> None:
    with pytest.raises(WordingError, match="no wording 'nope'"):
        prove("nope", language="en")
