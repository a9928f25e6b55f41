"""What a patient sees and does at the links of questions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from followup.db import OpenDb
from followup.models import Alert, AuditEntry, Consent, Message, Outcome, Reply
from followup.runtime import Runtime
from followup.terms import Label, Measure, Origin
from followup.web import create_app
from tests.alarms import put_on_call
from tests.builders import Clinic, local
from tests.conftest import on_one_database

from .conftest import PUBLIC_URL, Browser

DAY_1, DAY_2, DAY_7, DAY_14 = local(8, 10), local(9, 10), local(14, 10), local(21, 10)
ASKED = [("check-in", DAY_1), ("still-or-gone", DAY_2), ("pain-score", DAY_7), ("change-score", DAY_14)]
PAGE_OF = {"pain-score": "feedback", "change-score": "feedback"}
BY_EMAIL = {"sms": False, "email": True, "method": "form"}
MOST_BYTES = 60_000
TOO_LONG = "x" * 4001


@dataclass
class Visit:
    """One patient with a browser, at a time of day."""

    clinic: Clinic
    runtime: Runtime
    now: datetime = DAY_1

    def __post_init__(self) -> None:
        self.browser = Browser(create_app(replace(self.runtime, now=lambda: self.now)))

    def live_to(self, now: datetime) -> None:
        self.now = now
        self.clinic.run_to(now)

    def address(self, step: str, page: str = "") -> str:
        about = self.clinic.message(step).id
        return self.runtime.links.to(page or PAGE_OF.get(step, step), about).removeprefix(PUBLIC_URL)

    def get(self, step: str, more: str = "") -> httpx.Response:
        return self.browser.get(self.address(step) + more)

    def send(self, step: str, **values: Any) -> httpx.Response:
        return self.browser.post(self.address(step), data=values)

    def kept(self) -> list[Reply]:
        with self.clinic.open_db() as db:
            return list(db.scalars(select(Reply).order_by(Reply.id)))


@pytest.fixture
def visit(open_db: OpenDb, runtime: Runtime) -> Visit:
    """A patient who gets emails, treated where a question on day 2 follows silence."""
    clinic = Clinic(open_db)
    clinic.record(consent=BY_EMAIL, regions=["upper_back"], baseline_pain=6)
    return Visit(clinic, runtime)


def fields(page: str) -> set[str]:
    return set(re.findall(r'<(?:input|textarea)[^>]* name="([^"]+)"', page)) - {"language"}


@on_one_database
@pytest.mark.parametrize(
    ("step", "now", "expected"),
    [
        ("check-in", DAY_1, {"letters", "words"}),
        ("still-or-gone", DAY_2, {"presence", "words"}),
        ("pain-score", DAY_7, {"pain_0_10", "words"}),
        ("change-score", DAY_14, {"change_-5_5", "satisfaction_1_5", "words"}),
        ("what-to-expect", DAY_1, {"words"}),
    ],
)
def test_a_page_asks_what_its_message_asked(visit: Visit, step: str, now: datetime, expected: set[str]) -> None:
    visit.live_to(now)
    for page in ("feedback", "check-in", "still-or-gone"):  # also where a link was mixed up
        answer = visit.browser.get(visit.address(step, page))
        assert (answer.status_code, fields(answer.text)) == (200, expected)


@on_one_database
@pytest.mark.parametrize(("step", "now"), ASKED)
def test_a_page_shows_numbers_to_call_and_nothing_of_the_patient(visit: Visit, step: str, now: datetime) -> None:
    visit.live_to(now)
    page = visit.get(step).text
    assert page.count('href="tel:911"') >= 2
    assert "tel:2125550100" in page
    assert "<title>Maple Clinic</title>" in page
    assert not {"Ada", "Lind"} & set(re.findall(r"\w+", page))
    assert "<script" not in page
    assert "style=" not in page


@on_one_database
@pytest.mark.parametrize(("step", "now"), ASKED)
def test_opening_a_page_changes_nothing(visit: Visit, step: str, now: datetime) -> None:
    visit.live_to(now)
    before = counts(visit)
    for method in ("GET", "HEAD"):
        assert visit.browser.ask(method, visit.address(step)).status_code == 200
    assert counts(visit) == before


def counts(visit: Visit) -> list[int]:
    with visit.clinic.open_db() as db:
        return [
            db.scalars(select(func.count()).select_from(table)).one()
            for table in (Reply, Outcome, Alert, Message, Consent, AuditEntry)
        ]


def test_what_is_ticked_is_kept_in_words_and_read_with_the_next_tick(visit: Visit) -> None:
    visit.live_to(DAY_14)
    form = {"change_-5_5": "2", "satisfaction_1_5": "5", "words": "Up the stairs\r\nagain <b>!</b>", "language": "en"}
    answer = visit.send("change-score", **form)
    assert (answer.status_code, "A person will read this" in answer.text) == (200, True)
    [reply] = visit.kept()
    assert reply.body.splitlines() == [
        "Since you started care with us, is your main problem better or worse? +2",
        "How happy were you with your visit? 5",
        "",
        "Up the stairs",
        "again <b>!</b>",
    ]
    assert reply.raw == {name: form[name] for name in ("change_-5_5", "satisfaction_1_5", "words")}
    visit.clinic.tick(DAY_14)
    with visit.clinic.open_db() as db:
        found = {one.measure: one.value for one in db.scalars(select(Outcome))}
    assert found == {Measure.CHANGE_SIGNED: 2, Measure.SATISFACTION: 5}


@on_one_database
@pytest.mark.parametrize(
    ("form", "body"),
    [
        ({"letters": ["C", "A"]}, "I feel fine.\nI tingle, or feel numb or weak."),
        ({"words": "  all good  "}, "all good"),
    ],
)
def test_letters_are_kept_as_the_patient_read_them(visit: Visit, form: dict[str, Any], body: str) -> None:
    visit.live_to(DAY_1)
    visit.send("check-in", **form)
    assert [reply.body for reply in visit.kept()] == [body]


@on_one_database
@pytest.mark.parametrize(
    ("form", "heading", "words"),
    [
        ({"letters": "C"}, "About your message", "A clinician will call you today."),
        ({"letters": "D"}, "About your message", "A person from our team will call you today."),
        ({"words": "I have chest pain"}, "Please read this now", "Do not wait for us."),
        ({"letters": "B"}, "About your message", "Mild soreness is common"),
        ({"letters": "A"}, "Thank you.", "We saved your answer."),
    ],
)
def test_the_patient_reads_at_once_what_to_do(visit: Visit, form: dict[str, Any], heading: str, words: str) -> None:
    visit.live_to(DAY_1)
    page = visit.send("check-in", **form).text
    assert f"<h1>{heading}</h1>" in page
    assert words in page
    assert page.count('href="tel:911"') >= 2
    assert visit.kept()[0].read_at is None


def test_a_worry_by_form_reaches_whoever_is_on_call(visit: Visit) -> None:
    put_on_call(visit.clinic)
    visit.live_to(DAY_1)
    visit.send("check-in", letters="C")
    visit.clinic.tick(DAY_1)
    with visit.clinic.open_db() as db:
        assert [alert.label for alert in db.scalars(select(Alert))] == [Label.NERVE]
        assert db.scalars(select(Message).where(Message.origin == Origin.ALARM)).all()


@on_one_database
def test_out_of_hours_the_page_promises_no_call_today(visit: Visit) -> None:
    visit.live_to(DAY_1)
    visit.now = local(8, 22)
    page = visit.send("check-in", letters="C").text
    assert "we are closed" in page
    assert "today." not in page


@on_one_database
def test_a_good_score_offers_the_way_to_another_visit(visit: Visit) -> None:
    visit.live_to(DAY_7)
    visit.clinic.change(visit.clinic.message("book-next"), status="cancelled", cancelled_at=DAY_7, cancelled_by="Kim")
    page = visit.send("pain-score", pain_0_10="2").text
    assert f'href="{PUBLIC_URL}{visit.address("pain-score", "book")}"' in page


@on_one_database
def test_an_answered_page_says_so_and_offers_the_phone(visit: Visit) -> None:
    visit.live_to(DAY_1)
    visit.send("check-in", letters="A")
    page = visit.get("check-in").text
    assert fields(page) == set()
    assert "Has it changed? Call" in page
    assert 'href="tel:2125550100"' in page


def test_pressing_send_twice_says_the_same_twice(visit: Visit) -> None:
    visit.live_to(DAY_7)
    first, second = (visit.send("pain-score", pain_0_10="4", words="ok") for _ in range(2))
    assert (first.status_code, first.text) == (second.status_code, second.text)
    assert len(visit.kept()) == 1


def test_who_asks_that_it_must_stop_reads_that_texts_and_emails_end_and_is_asked_once_more(visit: Visit) -> None:
    visit.live_to(DAY_14)
    page = visit.send("change-score", words="please stop texting me", language="en").text
    assert "We will send you no more texts and no more emails." in page
    assert "Not what you meant?" in page
    assert '<a class="button button--wide button--tall" href="preferences">' in page
    worried = visit.send("change-score", words="stop texting me. my foot is numb", language="en").text
    assert "We will send you no more texts and no more emails." in worried
    assert "Not what you meant?" not in worried


def test_a_changed_mind_is_for_the_phone_but_a_worry_is_heard(visit: Visit) -> None:
    visit.live_to(DAY_1)
    visit.send("check-in", letters="A")
    assert "Has it changed? Call" in visit.send("check-in", letters="B").text
    assert "A clinician will call you today." in visit.send("check-in", letters="C").text


@on_one_database
def test_an_old_link_says_what_to_do(visit: Visit) -> None:
    visit.live_to(DAY_1)
    visit.now = DAY_1 + timedelta(days=15)
    answer = visit.get("check-in")
    assert (answer.status_code, fields(answer.text)) == (410, set())
    assert "<h1>This link no longer works.</h1>" in answer.text
    assert 'href="tel:2125550100"' in answer.text
    late = visit.send("check-in", words="my foot is numb")
    assert "A clinician will call you" in late.text


@on_one_database
@pytest.mark.parametrize("form", [{}, {"letters": "Z", "words": " \r\n\x07"}, {"pain_0_10": "9"}])
def test_an_empty_form_is_not_kept_and_asks_once_more(visit: Visit, form: dict[str, str]) -> None:
    visit.live_to(DAY_1)
    answer = visit.send("check-in", **form)
    assert answer.status_code == 422
    assert re.search(r'role="alert".*Please pick one, or use your own words\.', answer.text)
    assert visit.kept() == []


@on_one_database
def test_words_that_are_too_long_stay_on_the_page_with_what_was_ticked(visit: Visit) -> None:
    visit.live_to(DAY_1)
    answer = visit.send("check-in", letters=["B"], words=TOO_LONG, language="en")
    assert answer.status_code == 422
    assert re.search(r'role="alert".*That is too long to send\.', answer.text)
    assert TOO_LONG in answer.text
    assert 'value="B" checked' in answer.text
    assert visit.kept() == []


def test_as_many_words_fit_as_the_page_lets_one_type(visit: Visit) -> None:
    visit.live_to(DAY_1)
    most = int(re.findall(r'maxlength="(\d+)"', visit.get("check-in").text)[0])
    typed = ("word\r\n" * most)[: most + most // 5]  # a browser counts a line's end once and sends it as two
    assert visit.send("check-in", words=typed).status_code == 200


def test_hostile_forms_break_nothing(visit: Visit) -> None:
    visit.live_to(DAY_7)
    for body in (
        b"pain_0_10=3&words=%00%ff%fe%1b[2J%E2%80%AE",
        b"words=<script>alert(1)</script>&language=../../etc",
        b"pain_0_10=3&pain_0_10=9&" + b"letters=A&" * 20_000,
        b"%" * 1000 + b"&words=%",
        b"\x00=\x00",
    ):
        answer = visit.browser.post(visit.address("pain-score"), content=body)
        assert answer.status_code in {200, 422}
        assert "<script>alert" not in answer.text
    assert visit.browser.post(visit.address("pain-score"), content=b"words=" + b"x" * 600_000).status_code == 413
    assert all("\x00" not in reply.body and len(str(reply.raw)) < 500 for reply in visit.kept())
    visit.clinic.tick(DAY_7)
    assert all(reply.read_at for reply in visit.kept())


def test_no_more_than_ten_forms_come_from_one_link(visit: Visit) -> None:
    visit.live_to(DAY_1)
    statuses = [visit.send("check-in", words=f"word {number}").status_code for number in range(11)]
    assert statuses == [200] * 10 + [429]


@on_one_database
@pytest.mark.parametrize("page", ["feedback", "check-in", "still-or-gone"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_forged_links_and_those_of_staff_open_nothing(visit: Visit, page: str, method: str) -> None:
    put_on_call(visit.clinic)
    visit.live_to(DAY_1)
    visit.send("check-in", letters="C")
    visit.clinic.tick(DAY_1)
    with visit.clinic.open_db() as db:
        alarm = db.scalars(select(Message.id).where(Message.origin == Origin.ALARM)).first()
    assert alarm
    own = visit.address("check-in", page)
    forged = [own.replace(own[5:8], "AAA"), visit.runtime.links.to(page, alarm), f"/p/{alarm}/{page}", "/p/%00/" + page]
    for link in forged:
        answer = visit.browser.ask(
            method, link.removeprefix(PUBLIC_URL), data={"words": "hello"} if method == "POST" else None
        )
        assert answer.status_code == 404
        assert 'href="tel:911"' in answer.text
    assert len(visit.kept()) == 1


@on_one_database
def test_the_link_of_a_patient_offers_the_phone_whatever_is_sent(visit: Visit) -> None:
    link = visit.runtime.links.to("feedback", visit.clinic.patient().id).removeprefix(PUBLIC_URL)
    for answer in (visit.browser.get(link), visit.browser.post(link, data={"words": "hello"})):
        assert 'href="tel:2125550100"' in answer.text
        assert fields(answer.text) == set()
    assert visit.kept() == []


@on_one_database
def test_the_page_speaks_the_patients_language_or_the_one_they_pick(visit: Visit) -> None:
    visit.live_to(DAY_1)
    assert '<html lang="en">' in visit.get("check-in").text
    spanish = visit.get("check-in", "?language=es").text
    assert '<html lang="es">' in spanish
    assert "¿Cómo se siente hoy?" in spanish
    assert 'name="language" value="es"' in spanish
    assert "Gracias por avisar" in visit.send("check-in", letters="C", language="es").text
    assert visit.kept()[0].body == "Siento hormigueo, adormecimiento o debilidad."
    assert visit.clinic.patient().language == "en"
    assert '<html lang="en">' in visit.get("check-in", "?language=xx").text


def loaded(browser: Browser, page: httpx.Response) -> Iterator[tuple[str, int]]:
    """A page and everything that it loads, with their sizes."""
    yield "page", len(page.content)
    for path in sorted(set(re.findall(r'(?:<link [^>]*|<use )href="([^"#]+)', page.text))):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "url(" not in answer.text
        assert "@import" not in answer.text
        yield path, len(answer.content)


@on_one_database
@pytest.mark.parametrize(("step", "now"), ASKED)
def test_a_page_is_under_sixty_kilobytes_with_all_that_it_loads(visit: Visit, step: str, now: datetime) -> None:
    visit.live_to(now)
    preferences = visit.browser.get(visit.address(step, "preferences"))
    done = visit.send(step, words="my foot is numb")
    for page in (visit.get(step, "?language=es"), done, preferences):
        sizes = dict(loaded(visit.browser, page))
        assert len(sizes) >= 3
        assert sum(sizes.values()) < MOST_BYTES


@on_one_database
def test_no_address_on_a_page_says_anything_of_the_patient(visit: Visit) -> None:
    visit.live_to(DAY_7)
    page = visit.get("pain-score").text
    links = re.findall(r'(?:href|action)="([^"]+)"', page)
    assert [link for link in links if re.search(r"pain|needl|numb|score|Ada|lind", link)] == []


def clicks(visit: Visit) -> list[tuple[str, str, UUID]]:
    with visit.clinic.open_db() as db:
        found = db.scalars(select(AuditEntry).where(AuditEntry.did == "book click").order_by(AuditEntry.id))
        return [(each.did_by, each.subject, UUID(each.subject_id)) for each in found]


def test_whoever_goes_on_to_book_is_counted_without_why(visit: Visit) -> None:
    visit.live_to(DAY_7)
    link, message = visit.address("book-next", "book"), visit.clinic.message("book-next").id
    for _ in range(2):  # pressed twice at once
        answer = visit.browser.get(link)
        assert (answer.status_code, answer.headers["Location"]) == (303, "https://maple.example/b")
    assert visit.browser.ask("HEAD", link).status_code == 303
    assert clicks(visit) == [("patient", "message", message)]
    visit.now += timedelta(minutes=2)
    visit.browser.get(link)
    assert len(clicks(visit)) == 2


@on_one_database
def test_without_a_booking_link_the_page_offers_the_phone_and_counts_nothing(visit: Visit) -> None:
    visit.live_to(DAY_7)
    visit.clinic.change(visit.clinic.owed("book-next").clinic, booking_url="")
    answer = visit.browser.get(visit.address("book-next", "book"))
    assert answer.status_code == 200
    assert 'href="tel:2125550100"' in answer.text
    assert clicks(visit) == []
