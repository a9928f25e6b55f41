import pytest

from followup.db import OpenDb
from followup.models import Clinic, Consent, Patient
from followup.runtime import Runtime
from followup.terms import Channel, Consented, ConsentSource
from tests.conftest import on_one_database

from .conftest import PUBLIC_URL, AddMessage, Browser, consents

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
PAGES = ("unsubscribe", "preferences", "feedback", "check-in", "still-or-gone", "book")


def link(runtime: Runtime, patient: Patient, page: str) -> str:
    return runtime.links.to(page, patient.id).removeprefix(PUBLIC_URL)


def test_a_get_asks_and_never_acts(browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient) -> None:
    answers = [browser.ask(method, link(runtime, patient, "unsubscribe")) for method in ("GET", "HEAD")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "Stop our emails?" in answers[0].text
    assert 'method="post"' in answers[0].text
    assert consents(open_db, patient.id, Channel.EMAIL) == {Consented.GIVEN}


def test_one_click_stops_every_email_and_no_text(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    answer = browser.post(link(runtime, patient, "unsubscribe"), data=ONE_CLICK)

    assert answer.status_code == 200
    assert "You will get no more emails from us." in answer.text
    assert "Set-Cookie" not in answer.headers
    assert consents(open_db, patient.id, Channel.EMAIL) == {Consented.WITHDRAWN}
    assert consents(open_db, patient.id, Channel.SMS) == {Consented.GIVEN}


@on_one_database
@pytest.mark.parametrize(
    ("body", "evidence"),
    [
        ({"data": ONE_CLICK}, "one-click (RFC 8058)"),
        ({"files": {"List-Unsubscribe": (None, "One-Click")}}, "one-click (RFC 8058)"),
        ({}, "one-click (RFC 8058)"),
        ({"data": {"asked": "here"}}, "button on the page"),
    ],
)
def test_the_ledger_says_how_it_was_asked(
    browser: Browser,
    runtime: Runtime,
    open_db: OpenDb,
    patient: Patient,
    body: dict[str, dict[str, str]],
    evidence: str,
) -> None:
    browser.post(link(runtime, patient, "unsubscribe"), **body)

    with open_db() as db:
        lines = db.query(Consent).filter_by(source=ConsentSource.UNSUBSCRIBE).all()
    assert {(line.evidence, line.recorded_by) for line in lines} == {(evidence, "patient")}


def test_asking_twice_adds_nothing(browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient) -> None:
    for _ in range(2):
        assert browser.post(link(runtime, patient, "unsubscribe"), data=ONE_CLICK).status_code == 200

    with open_db() as db:
        assert db.query(Consent).filter_by(source=ConsentSource.UNSUBSCRIBE).count() == 3


def test_who_has_stopped_may_take_it_back(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    browser.post(link(runtime, patient, "unsubscribe"), data=ONE_CLICK)
    for page in ("unsubscribe", "feedback"):
        assert "Send me emails again" in browser.get(link(runtime, patient, page)).text

    answer = browser.post(link(runtime, patient, "resubscribe"))

    assert "We saved your choices." in answer.text
    assert consents(open_db, patient.id, Channel.EMAIL) == {Consented.GIVEN}


def test_taking_it_back_needs_a_press(browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient) -> None:
    browser.post(link(runtime, patient, "unsubscribe"), data=ONE_CLICK)

    assert browser.get(link(runtime, patient, "resubscribe")).status_code == 404
    assert consents(open_db, patient.id, Channel.EMAIL) == {Consented.WITHDRAWN}


@on_one_database
@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_how_to_reach_a_person(browser: Browser, runtime: Runtime, patient: Patient, page: str) -> None:
    text = browser.get(link(runtime, patient, page)).text

    assert 'href="tel:2125550100">212-555-0100</a> (Mon\u2011Fri 8\u20116)' in text
    assert 'href="tel:911">911</a>' in text
    assert "Oak &amp; Ash Clinic" in text


@on_one_database
def test_pages_speak_the_patients_language(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient
) -> None:
    with open_db() as db:
        db.merge(patient).language = "es-MX"

    text = browser.get(link(runtime, patient, "unsubscribe")).text

    assert '<html lang="es">' in text
    assert "No quiero correos" in text
    assert "(lun\u2011vie 8\u20116)" in text


@pytest.mark.parametrize("page", ["feedback", "check-in", "still-or-gone", "preferences", "unsubscribe", "book"])
def test_the_link_of_a_message_opens_the_pages_of_its_patient(
    browser: Browser, runtime: Runtime, add_message: AddMessage, page: str
) -> None:
    answer = browser.get(runtime.links.to(page, add_message().id).removeprefix(PUBLIC_URL))

    assert answer.status_code == 200
    assert "212-555-0100" in answer.text


def test_an_email_can_be_stopped_from_the_link_of_a_message(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient, add_message: AddMessage
) -> None:
    browser.post(runtime.links.to("unsubscribe", add_message().id).removeprefix(PUBLIC_URL), data=ONE_CLICK)

    assert consents(open_db, patient.id, Channel.EMAIL) == {Consented.WITHDRAWN}


@on_one_database
def test_a_clinic_without_hours_shows_no_empty_brackets(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient, clinic: Clinic
) -> None:
    with open_db() as db:
        db.merge(clinic).hours = ""

    assert "()" not in browser.get(link(runtime, patient, "preferences")).text


@on_one_database
def test_a_page_names_no_patient_and_keeps_nothing(browser: Browser, runtime: Runtime, patient: Patient) -> None:
    for page in PAGES:
        answer = browser.get(link(runtime, patient, page))

        assert not {"Rosalind", "Achterberg", "r@post.example"} & set(answer.text.split())
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


@on_one_database
def test_pages_need_no_script_and_are_light(browser: Browser, runtime: Runtime, patient: Patient) -> None:
    page = browser.get(link(runtime, patient, "unsubscribe"))
    style = browser.get("/static/core.css")

    assert "<script" not in page.text
    assert "style=" not in page.text
    assert len(page.content) + len(style.content) < 60_000


def test_booking_leads_to_the_clinics_own_page(
    browser: Browser, runtime: Runtime, open_db: OpenDb, patient: Patient, clinic: Clinic
) -> None:
    with open_db() as db:
        db.merge(clinic).booking_url = "https://oak.example/b?x=1"

    answer = browser.get(link(runtime, patient, "book"))

    assert (answer.status_code, answer.headers["Location"]) == (303, "https://oak.example/b?x=1")


@on_one_database
@pytest.mark.parametrize("token", ["x", "a.b", "%00", "é", "Zm9v.Zm9v"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_not_ours_says_what_to_do(
    browser: Browser, open_db: OpenDb, patient: Patient, token: str, method: str
) -> None:
    answer = browser.ask(method, f"/p/{token}/unsubscribe")

    assert answer.status_code == 404
    assert "This link no longer works." in answer.text
    assert 'href="tel:911"' in answer.text
    assert "Oak &amp; Ash Clinic" in answer.text
    assert consents(open_db, patient.id, Channel.EMAIL) == {Consented.GIVEN}


@on_one_database
def test_a_link_cut_short_says_what_to_do_in_the_readers_language(
    browser: Browser, runtime: Runtime, patient: Patient
) -> None:
    cut = link(runtime, patient, "unsub")

    answer = browser.get(cut, headers={"Accept-Language": "fr;q=1, es-MX;q=0.9, en;q=0.5"})

    assert answer.status_code == 404
    assert "Este enlace ya no sirve." in answer.text


def test_the_link_of_a_patient_who_is_gone_is_dead(browser: Browser, runtime: Runtime, clinic: Clinic) -> None:
    gone = runtime.links.to("preferences", clinic.id).removeprefix(PUBLIC_URL)

    assert browser.get(gone).status_code == 404


@on_one_database
def test_a_dead_link_works_before_there_is_a_clinic(browser: Browser) -> None:
    assert browser.get("/p/x/feedback").status_code == 404
