"""The page Phone: in memory beside emulators of the test's own, and once over HTTP with the whole engine."""

import html
import re
import smtplib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import Engine, event

from followup.db import OpenDb, new_id
from followup.emulators import DEFAULT_ACCOUNT, Emulators
from followup.models import Patient, Reply
from followup.runtime import Runtime
from followup.terms import Channel, Question, Role, Status
from followup.testing import engine as engines, recording, service
from followup.testing.clock import StandingClock
from followup.testing.plugin import START
from followup.testing.web import reserved_port, serving
from followup.web import create_app
from followup.web.desk.phone import answers, mails
from tests.conftest import on_one_database
from tests.web.conftest import NOW, PHONE, AddMessage, Browser

from .conftest import Hire, Person

SCRIPT = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def running() -> Iterator[Emulators]:
    with Emulators() as emulators:
        yield emulators


@pytest.fixture
def emulators(running: Emulators) -> Emulators:
    running.reset()
    running.clock(timedelta(0))
    running.reply_url = ""
    return running


def practising(practitioner: Person, emulator_url: str) -> Person:
    """Someone of the front desk on a service that asks these emulators."""
    runtime: Runtime = practitioner.browser.app.state.runtime
    settings = runtime.settings.model_copy(update={"emulator_twilio_url": emulator_url})
    person = Person(Browser(create_app(replace(runtime, settings=settings))))
    person.fill("/sign-in/practice", on="/sign-in", role="desk")
    return person


@pytest.fixture
def person(practitioner: Person, emulators: Emulators) -> Person:
    return practising(practitioner, emulators.twilio_url)


def text(emulators: Emulators, words: str, *, to: str = PHONE, message: object = "") -> None:
    """What Twilio is asked to send."""
    url = f"{emulators.twilio_url}/2010-04-01/Accounts/{DEFAULT_ACCOUNT.sid}/Messages.json"
    form = {"To": to, "From": "+15005550006", "Body": words, "StatusCallback": f"http://127.0.0.1:9/?m={message}"}
    answer = requests.post(url, form, auth=(DEFAULT_ACCOUNT.sid, DEFAULT_ACCOUNT.auth_token), timeout=5)
    assert answer.status_code == 201


def mail(emulators: Emulators, subject: str, page: str, *, to: str = "r@post.example") -> None:
    letter = EmailMessage()
    letter["Subject"], letter["From"], letter["To"] = subject, "care@clinic.example", to
    letter["Message-ID"] = f"<{new_id()}@clinic.example>"
    letter.set_content("Hi Rosalind")
    letter.add_alternative(page, subtype="html")
    where = urlsplit(emulators.smtp_url)
    with smtplib.SMTP(where.hostname or "", where.port or 0) as smtp:
        smtp.send_message(letter)


def marks(page: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in re.findall(r'name="(mark-\w+|mail)" value="([^"]*)"', page)}


def test_it_shows_the_patients_texts_answers_and_mails_and_nobody_elses(
    person: Person, emulators: Emulators, patient: Patient, open_db: OpenDb
) -> None:
    text(emulators, "How do you feel <today>?")
    text(emulators, "For somebody else", to="+12125550177")
    mail(emulators, "How are things?", '<table><tr><td class="words"><p>Tell us</p></td></tr></table>')
    with open_db() as db:
        reply = {"reference": "SM1", "sent_to": "+15005550006", "raw": {}, "received_at": NOW}
        db.add(Reply(channel=Channel.SMS, sent_from=PHONE, body="B, <sore>", **reply))

    page = person.get(f"/phone/{patient.id}").text

    assert "How do you feel &lt;today&gt;?" in page
    assert re.search(r'phone-text--mine" dir="auto">B, &lt;sore&gt;<', page)
    assert "For somebody else" not in page
    assert "How are things?" in page
    assert '<div class="mail-body"><p>Tell us</p></div>' in page
    assert '<button class="button button--small" type="submit" name="body" value="STOP">' in page
    assert f'<option value="{patient.id}" selected>Rosalind Achterberg</option>' in page


def test_only_what_has_changed_comes_again_and_a_text_is_announced(
    person: Person, emulators: Emulators, patient: Patient
) -> None:
    path = f"/phone/{patient.id}"
    had = marks(person.get(path).text)
    assert person.get(f"{path}/news", params=had, headers=SCRIPT).status_code == 204

    text(emulators, "Hello")
    news = person.get(f"{path}/news", params=had, headers=SCRIPT)

    assert 'id="talk"' in news.text
    assert 'id="owed"' not in news.text
    assert "A text has come: Hello" in news.headers["HX-Trigger"]
    assert 'id="talk"' not in person.get(f"{path}/news", headers=SCRIPT).text  # a page without a phone has no such part


@on_one_database
def test_a_fault_is_ordered_shown_until_it_is_used_up_and_can_be_dropped(
    person: Person, emulators: Emulators, patient: Patient
) -> None:
    path = f"/phone/{patient.id}"
    for fault in ("undelivered", "mail-refused"):
        assert person.fill(f"{path}/faults", on=path, fault=fault).status_code == 303
    page = person.get(path).text
    assert "The next text does not arrive: the phone is off." in page
    assert "The next mail is refused: there is no such mailbox." in page

    text(emulators, "Nobody will read this")
    assert "The next text does not arrive" not in person.get(path).text

    dropped = person.fill(f"{path}/faults/drop", on=path, headers=SCRIPT, **marks(page))
    assert 'id="faults" hx-swap-oob="true"' in dropped.text
    assert "Dropped." in dropped.headers["HX-Trigger"]
    assert "no such mailbox." not in person.get(path).text
    assert person.fill(f"{path}/faults", on=path, fault="explode").status_code == 422


@on_one_database
def test_what_could_not_be_said_is_kept_with_the_reason(person: Person, patient: Patient) -> None:
    path = f"/phone/{patient.id}"
    page = person.fill(f"{path}/say", on=path, body="B & sore")
    part = person.fill(f"{path}/say", on=path, body="B & sore", headers=SCRIPT)

    assert (page.status_code, part.status_code) == (409, 409)
    assert "The emulator says: there is no reply URL" in page.text
    assert all('value="B &amp; sore"' in each.text for each in (page, part))
    assert person.fill(f"{path}/say", on=path, body=" ").status_code == 303


@on_one_database
def test_without_emulators_the_page_says_so_and_keeps_what_it_showed(practitioner: Person, patient: Patient) -> None:
    person = practising(practitioner, "http://127.0.0.1:9")
    path = f"/phone/{patient.id}"
    page = person.get(path)
    had = marks(page.text) | {"mark-talk": "shown.2", "mark-trouble": "none.0"}
    news = person.get(f"{path}/news", params=had, headers=SCRIPT)

    assert page.status_code == 200
    assert "The emulators do not answer at http://127.0.0.1:9." in page.text
    assert 'id="trouble"' in news.text
    assert 'id="talk"' not in news.text
    assert person.fill(f"{path}/faults", on=path, fault="undelivered").status_code == 409


def test_the_newest_phone_comes_first_and_others_are_found_by_name(
    person: Person, patient: Patient, add_message: AddMessage
) -> None:
    assert "There is no phone yet" in person.get("/phone").text
    add_message(left_at=NOW)

    assert "Phone of <bdi>Rosalind Achterberg</bdi>" in person.get("/phone").text
    for path in ("/phone", "/phone/find"):
        assert f'href="/phone/{patient.id}"' in person.get(path, params={"q": "ach ros"}).text
    assert person.get("/phone", params={"patient": str(patient.id)}).headers["Location"] == f"/phone/{patient.id}"
    assert person.get("/phone", params={"patient": "x"}).status_code == 404
    assert person.get(f"/phone/{new_id()}").status_code == 404


def test_on_the_real_engine_a_text_comes_an_answer_goes_back_and_an_alert_waits(
    tmp_path: Path, emulators: Emulators
) -> None:
    clock = StandingClock(START, tell=emulators.clock)
    service.prepare_database(tmp_path / "followup.sqlite3", now=START)
    with reserved_port() as door:
        host, port = door.getsockname()
        url = f"http://{host}:{port}"
        emulators.reply_url = f"{url}/hooks/twilio/reply"
        runtime = service.make_runtime(tmp_path / "followup.sqlite3", emulators=emulators, public_url=url, now=clock)
        celery = engines.make_eager_celery(runtime)
        with serving(create_app(runtime), door):
            patient = recording.record(runtime, {"regions": ["knee"]}, number=142).treatment.patient_id
            engines.run_through(celery, runtime, clock, timedelta(days=1))
            person = Person(Browser(create_app(runtime)))
            person.fill("/sign-in/practice", on="/sign-in", role="desk")
            path = f"/phone/{patient}"
            page = person.get(path).text
            assert page.count('<p class="phone-text"') == 2
            assert re.findall(r'name="body" value="(\w)"', page) == ["A", "B", "C", "D"]

            part = person.fill(f"{path}/say", on=path, body="C", headers=SCRIPT, **marks(page)).text
            assert 'phone-text--mine" dir="auto">C<' in part
            assert 'id="say"' in part
            engines.run_to_rest(celery, runtime)

            assert "Waits: open alert" in person.get(path).text
            assert '<li class="tour-step is-done"' in person.get(path).text
            assert "An alert waits on Today: press Take." in person.get("/").text
        runtime.close()


@on_one_database
def test_many_messages_cost_no_more_statements(
    person: Person, patient: Patient, add_message: AddMessage, engine: Engine
) -> None:
    path, counts = f"/phone/{patient.id}", []
    person.get(path)  # keeps that it was seen
    for many in (3, 30):
        for number in range(many):
            add_message(due_at=NOW + timedelta(hours=number + 1))
            add_message(left_at=NOW, status=Status.SENT)
        statements: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_: Any, into: list[str] = statements) -> None:
            into.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        assert person.get(path).status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(statements))

    assert counts[0] == counts[1]


@on_one_database
def test_while_live_there_is_no_such_page(hire: Hire, patient: Patient) -> None:
    admin = hire(Role.ADMIN)
    for path in ("/phone", "/phone/find", f"/phone/{patient.id}", f"/phone/{patient.id}/news"):
        assert admin.get(path).status_code == 404
    assert 'href="/phone"' not in admin.get("/more").text


def test_a_mail_keeps_its_words_and_links_and_nothing_else() -> None:
    drawn = mails.draw(
        '<style>p{}</style><p>out</p><td class="words"><div style="x"><p onclick="x">Hi <b>A</b> &lt;i&gt; '
        '<a class="action" href="http://a.example/p?x=1&amp;y">go</a><a href="javascript:x()">no</a>'
        '<script>alert(1)</script><img src="x"></p><ul><li>one</ul></div></td>'
        '<td class="foot"><p><a href="tel:911">911</a></p></td>'
    )

    assert drawn.words == (
        '<p>Hi A &lt;i&gt; <a href="http://a.example/p?x=1&amp;y" class="button button--primary mail-action" '
        'target="_blank" rel="noopener">go</a>no</p><ul><li>one</li></ul>'
    )
    assert drawn.foot == '<p><a href="tel:911">911</a></p>'


@pytest.mark.parametrize(
    ("question", "language", "first"),
    [
        (Question.CHECK_IN, "en", "A"),
        (Question.STILL_OR_GONE, "en", "STILL"),
        (Question.STILL_OR_GONE, "es", "SIGUE"),
        (Question.PAIN_0_10, "es", "0"),
        (None, "es", "sigo con hormigueo en el pie"),
        (None, "de", "still tingling in my foot"),
    ],
)
def test_answers_suit_the_last_question(question: Question | None, language: str, first: str) -> None:
    offered = answers.suiting(question, language)
    assert offered[0] == first
    assert offered[-1] == "STOP"


def test_every_question_has_answers_to_try() -> None:
    plain = answers.suiting(None, "en")
    assert all(len(answers.suiting(question, "en")) > len(plain) for question in Question)
