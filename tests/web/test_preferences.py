import re
from typing import Any

import pytest

from followup.db import OpenDb
from followup.messages.catalogue import languages
from followup.models import AuditEntry, Consent, Message, Patient
from followup.models.facts import latest_consents
from followup.runtime import Runtime
from followup.terms import Channel, Consented, ConsentSource, Purpose
from followup.web import sheets
from tests.builders import Clinic, local
from tests.conftest import on_one_database

from .conftest import NOW, PUBLIC_URL, Browser, consents

EVERY = [f"{channel}_{purpose}" for channel in Channel for purpose in Purpose]
ASKED = {"asked": "here", "privacy": "detailed", "language": "en", "channel": ["sms", "email"]}


def address(runtime: Runtime, patient: Patient) -> str:
    return runtime.links.to("preferences", patient.id).removeprefix(PUBLIC_URL)


def ticked(page: str) -> set[str]:
    return {
        name
        for name, rest in re.findall(r'type="checkbox" name="(\w+)" value="yes"([^>]*)>', page)
        if "checked" in rest
    }


def choose(browser: Browser, runtime: Runtime, patient: Patient, *wanted: str, **changes: Any) -> str:
    """Press the button of the page with these boxes ticked."""
    form = ASKED | dict.fromkeys(wanted, "yes") | changes
    answer = browser.post(address(runtime, patient), data=form)
    assert answer.status_code == 200
    return answer.text


def permitted(open_db: OpenDb, patient: Patient) -> set[str]:
    with open_db() as db:
        held = latest_consents(db, [patient.id])
    return {f"{channel}_{purpose}" for (_, channel, purpose), says in held.items() if says is Consented.GIVEN}


def test_the_page_shows_what_holds_and_opening_it_changes_nothing(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    with open_db() as db:
        before = db.query(Consent).count()
        db.add(
            Consent(
                patient_id=patient.id,
                channel=Channel.SMS,
                purpose=Purpose.BOOKING,
                says=Consented.REFUSED,
                source=ConsentSource.DESK,
                recorded_at=NOW,
                recorded_by="desk",
            )
        )
    for method in ("GET", "HEAD"):
        assert browser.ask(method, address(runtime, patient)).status_code == 200
    page = browser.get(address(runtime, patient)).text

    assert ticked(page) == {*EVERY} - {"sms_booking"}
    assert "We saved your choices." not in page
    assert "<script" not in page
    with open_db() as db:
        assert db.query(Consent).count() == before + 1


def test_what_is_ticked_is_permitted_and_nothing_else(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    page = choose(browser, runtime, patient, "sms_care", "email_booking")

    assert "We saved your choices." in page
    assert ticked(page) == permitted(open_db, patient) == {"sms_care", "email_booking"}


def test_the_ledger_says_that_the_patient_chose_it_and_what_they_were_shown(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    choose(browser, runtime, patient, *(name for name in EVERY if name != "sms_booking"))

    with open_db() as db:
        [line] = db.query(Consent).filter_by(source=ConsentSource.PREFERENCES).all()
        assert db.query(AuditEntry).count() == 0
    assert (line.channel, line.purpose, line.says) == (Channel.SMS, Purpose.BOOKING, Consented.WITHDRAWN)
    assert (line.recorded_by, line.recorded_at, line.wording_version) == ("patient", NOW, "en.1")


def test_choosing_again_what_holds_adds_no_line(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    for _ in range(2):
        choose(browser, runtime, patient, *EVERY)
    with open_db() as db:
        assert db.query(Consent).filter_by(source=ConsentSource.PREFERENCES).count() == 0


def test_patients_may_take_back_their_own_stop(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    choose(browser, runtime, patient)
    assert consents(open_db, patient.id, Channel.SMS) == {Consented.WITHDRAWN}
    choose(browser, runtime, patient, *EVERY)
    assert permitted(open_db, patient) == {*EVERY}


def test_privacy_and_language_are_kept_and_answered_in(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    page = choose(browser, runtime, patient, *EVERY, privacy="minimal", language="es")

    assert '<html lang="es">' in page
    assert "Guardamos sus cambios." in page
    assert 'value="minimal" checked' in page
    with open_db() as db:
        kept = db.get_one(Patient, patient.id)
        assert (kept.minimal, kept.language) == (True, "es")


@on_one_database
@pytest.mark.parametrize(
    "changes", [{"asked": ""}, {"privacy": "loud"}, {"language": "tlh"}, {"privacy": ""}, {"language": "\x00"}]
)
def test_a_form_that_is_not_whole_changes_nothing(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient, changes: dict[str, str]
) -> None:
    answer = browser.post(address(runtime, patient), data=ASKED | changes)

    assert answer.status_code == 400
    assert ticked(answer.text) == permitted(open_db, patient) == {*EVERY}
    assert "We saved your choices." not in answer.text


def test_an_empty_post_stops_nothing(browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient) -> None:
    assert browser.post(address(runtime, patient)).status_code == 400
    assert permitted(open_db, patient) == {*EVERY}


def test_nothing_is_said_about_a_channel_that_was_not_on_the_page(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    with open_db() as db:
        db.merge(patient).phone = None

    page = choose(browser, runtime, patient, channel="email")

    assert "Send me texts" not in page
    assert permitted(open_db, patient) == {name for name in EVERY if name.startswith("sms")}


@on_one_database
def test_without_notes_after_a_treatment_the_page_says_what_that_means(
    browser: Browser, runtime: Runtime, patient: Patient
) -> None:
    page = choose(browser, runtime, patient, "sms_booking")
    assert "With these off, we will not write to ask how you are." in page
    assert 'href="tel:2125550100"' in page


@on_one_database
def test_no_other_site_can_send_the_form_without_the_patients_link(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    assert browser.post("/p/guessed/preferences", data=ASKED).status_code == 404
    answer = browser.get(address(runtime, patient))
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert permitted(open_db, patient) == {*EVERY}


def test_every_language_is_called_by_its_own_name() -> None:
    assert set(languages()) == set(sheets.LANGUAGES)


def test_what_is_still_owed_follows_the_choice(browser: Browser, runtime: Runtime, open_db: OpenDb) -> None:
    clinic = Clinic(open_db)
    clinic.record(ended_at=local(7, 10))
    patient = clinic.owed("check-in").patient
    assert patient
    assert clinic.message("check-in").channel is Channel.SMS

    choose(browser, runtime, patient, "email_care")

    with open_db() as db:
        assert db.get_one(Message, clinic.message("check-in").id).channel is Channel.EMAIL
