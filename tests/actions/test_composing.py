from datetime import timedelta

import pytest

from followup.actions import composing
from followup.messages.gateway import Parcel
from followup.terms import Channel, Origin, Purpose
from tests.builders import EMAIL, LINKS, MONDAY, Clinic, local

NOON = local(7, 12)


def text_of(clinic: Clinic, step: str) -> str:
    return clinic.message(step).body or ""


def email_of(clinic: Clinic, step: str) -> Parcel:
    return next(parcel for parcel in clinic.email.sent if parcel.message_id == clinic.message(step).id)


def test_a_text_speaks_for_the_clinic_to_the_patient_in_their_language(clinic: Clinic) -> None:
    clinic.record(patient={"language": "es"})
    clinic.tick(NOON)
    assert text_of(clinic, "what-to-expect").startswith("Maple Clinic: Gracias por venir.")
    assert clinic.message("what-to-expect").wording_version == "es.1"


def test_what_was_said_is_kept_word_for_word(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(NOON)
    message = clinic.message("what-to-expect")
    assert (message.body, message.segments) == (clinic.sms.sent[0].text, 2)


def test_precautions_and_a_first_treatment_choose_other_words(clinic: Clinic) -> None:
    clinic.record("T1")
    clinic.record("T2", precautions=["blood_thinner"], patient={"given_name": "Ben"})
    clinic.tick(NOON)
    first, second = (parcel.text.replace("Ada", "").replace("Ben", "") for parcel in clinic.sms.sent)
    assert first != second


@pytest.mark.parametrize("channel", list(Channel))
def test_a_prompt_to_book_leads_to_the_page_that_hands_over(clinic: Clinic, channel: Channel) -> None:
    clinic.record(consent={Channel.SMS: channel is Channel.SMS, Channel.EMAIL: channel is Channel.EMAIL})
    clinic.run_to(local(16, 12))
    message = clinic.message("book-next")
    outbox = clinic.sms if channel is Channel.SMS else clinic.email
    [parcel] = [each for each in outbox.sent if each.message_id == message.id]
    assert LINKS.to("book", message.id) in parcel.text
    assert "https://maple.example/b" not in parcel.text
    assert (message.segments or 0) <= 2


def test_a_question_by_email_leads_to_the_patients_own_page(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(22, 12))
    assert LINKS.to("feedback", clinic.message("change-score").id) in email_of(clinic, "change-score").text


def test_every_email_can_be_stopped_with_one_click_and_is_no_answer(clinic: Clinic) -> None:
    patient = clinic.record(consent={"sms": False}).treatment.patient_id
    clinic.tick(NOON)
    [parcel] = clinic.email.sent
    assert (parcel.to, parcel.unsubscribe_url) == (EMAIL, LINKS.to("unsubscribe", patient))
    assert not parcel.is_answer
    assert parcel.subject
    assert parcel.html


@pytest.mark.parametrize("origin", [Origin.REPLY, Origin.CONFIRMATION])
def test_what_answers_a_patient_says_so(clinic: Clinic, origin: Origin) -> None:
    patient = clinic.record().treatment.patient_id
    clinic.owe(patient, due_at=MONDAY, origin=origin)
    clinic.tick(MONDAY)
    assert clinic.sms.sent[0].is_answer
    assert clinic.sms.sent[0].unsubscribe_url == ""


def test_a_carrier_gives_up_when_the_day_closes_or_the_message_ends(clinic: Clinic) -> None:
    patient = clinic.record().treatment.patient_id
    for hours in (1, 12):
        by_hand = {"origin": Origin.BY_HAND, "purpose": Purpose.CARE, "wording": "warning-signs"}
        clinic.owe(patient, due_at=NOON, expires_at=NOON + timedelta(hours=hours), **by_hand)
    clinic.owe(patient, due_at=NOON, expires_at=NOON + timedelta(hours=13))
    clinic.tick(NOON)
    assert [parcel.valid_for for parcel in clinic.sms.sent] == [
        timedelta(hours=13),  # an answer may come in the night
        timedelta(hours=8),  # what-to-expect: until 20:00
        timedelta(hours=1),
        timedelta(hours=8),
    ]


def test_the_note_behind_a_private_message_holds_all_its_words_but_the_name(clinic: Clinic) -> None:
    clinic.record(precautions=["blood_thinner"])
    clinic.change(clinic.owed("what-to-expect").patient, minimal=True)
    clinic.tick(NOON)

    note = composing.note(clinic.owed("what-to-expect"), links=LINKS)
    assert LINKS.to("note", clinic.message("what-to-expect").id) in clinic.sms.sent[0].text
    assert "Mild soreness" not in clinic.sms.sent[0].text
    assert "Mild soreness is common" in note
    assert "Bruises may be bigger for you." in note
    assert "Ada" not in note


def test_the_note_of_a_prompt_to_book_leads_to_where_one_books(clinic: Clinic) -> None:
    clinic.record()
    clinic.change(clinic.owed("book-next").patient, minimal=True)
    clinic.run_to(local(14, 12))
    there = LINKS.to("book", clinic.message("book-next").id)
    assert f'href="{there}"' in composing.note(clinic.owed("book-next"), links=LINKS)


@pytest.mark.parametrize("channel", list(Channel))
def test_a_question_leads_to_its_page_by_email_and_where_a_text_may_say_nothing(
    clinic: Clinic, channel: Channel
) -> None:
    consent = {Channel.SMS: channel is Channel.SMS, Channel.EMAIL: channel is Channel.EMAIL}
    clinic.record(regions=["upper_back"], consent=consent)
    clinic.change(clinic.patient(), minimal=True)
    clinic.run_to(local(22, 12))
    for step, page in (
        ("check-in", "check-in"),
        ("still-or-gone", "still-or-gone"),
        ("pain-score", "feedback"),
        ("change-score", "feedback"),
    ):
        message = clinic.message(step)
        assert LINKS.to(page, message.id) in (message.body or ""), step


def test_an_answer_on_a_page_is_in_the_readers_language_and_of_this_moment(clinic: Clinic) -> None:
    clinic.record()
    each = clinic.owed("check-in")
    said = [
        composing.answer(each, wording="answer-nerve", language=language, links=LINKS, now=now)
        for language, now in (("en", NOON), ("es", NOON), ("en", local(7, 23)))
    ]
    assert "A clinician will call you today." in said[0]
    assert "Gracias" in said[1]
    assert "we are closed" in said[2]
    assert "Ada" not in "".join(said)
