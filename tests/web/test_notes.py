from datetime import timedelta
from uuid import UUID

import pytest

from followup.db import OpenDb
from followup.models import Patient
from followup.runtime import Runtime
from followup.terms import Origin, Purpose, Status

from .conftest import NOW, PUBLIC_URL, AddMessage, Browser


def address(runtime: Runtime, about: UUID) -> str:
    return runtime.links.to("note", about).removeprefix(PUBLIC_URL)


def test_a_note_holds_all_that_a_private_message_left_out(
    browser: Browser, runtime: Runtime, add_message: AddMessage
) -> None:
    message = add_message(wording="what-to-expect", status=Status.SENT, left_at=NOW)

    answer = browser.get(address(runtime, message.id))

    assert answer.status_code == 200
    assert "A note from Oak &amp; Ash Clinic" in answer.text
    assert "<li>Mild soreness is common and usually goes in a day or two.</li>" in answer.text
    assert 'href="tel:911"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_note_names_nobody_and_needs_no_script(browser: Browser, runtime: Runtime, add_message: AddMessage) -> None:
    page = browser.get(address(runtime, add_message(wording="what-to-expect").id)).text
    assert "Rosalind" not in page
    assert "<script" not in page
    assert "style=" not in page


def test_a_note_is_in_the_patients_language(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient, add_message: AddMessage
) -> None:
    message = add_message(wording="warning-signs")
    with open_db() as db:
        db.merge(patient).language = "es"
    page = browser.get(address(runtime, message.id)).text
    assert '<html lang="es">' in page
    assert "Una nota de Oak &amp; Ash Clinic" in page


@pytest.mark.parametrize(("left_at", "word"), [(NOW, "today"), (NOW + timedelta(hours=8), "when we open")])
def test_an_answer_is_shown_as_it_was_when_it_left(
    browser: Browser, runtime: Runtime, add_message: AddMessage, left_at: object, word: str
) -> None:
    message = add_message(
        wording="answer-nerve", origin=Origin.REPLY, purpose=None, status=Status.SENT, left_at=left_at
    )
    page = browser.get(address(runtime, message.id)).text
    assert ("A clinician will call you today." in page) is (word == "today")


def test_a_name_that_looks_like_markup_stays_a_name(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient, add_message: AddMessage
) -> None:
    message = add_message(wording="what-to-expect")
    with open_db() as db:
        db.merge(patient).given_name = "<script>alert(1)</script>"
    assert "<script" not in browser.get(address(runtime, message.id)).text


@pytest.mark.parametrize("late", [timedelta(days=29), timedelta(days=31)])
def test_a_note_can_be_read_for_a_month(
    browser: Browser, runtime: Runtime, add_message: AddMessage, late: timedelta
) -> None:
    message = add_message(wording="what-to-expect", due_at=NOW - late)
    answer = browser.get(address(runtime, message.id))
    assert answer.status_code == (200 if late < timedelta(days=30) else 404)
    assert "212-555-0100" in answer.text


def test_there_is_no_note_about_a_patient_or_of_what_has_no_private_form(
    browser: Browser, runtime: Runtime, patient: Patient, add_message: AddMessage
) -> None:
    open_to_all = add_message(wording="stop-confirmation", origin=Origin.CONFIRMATION, purpose=None)
    for about in (patient.id, open_to_all.id):
        assert browser.get(address(runtime, about)).status_code == 404


def test_a_prompt_to_book_leads_on(browser: Browser, runtime: Runtime, add_message: AddMessage) -> None:
    message = add_message(wording="book-next", purpose=Purpose.BOOKING)
    assert "212-555-0100" in browser.get(address(runtime, message.id)).text
