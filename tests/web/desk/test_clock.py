from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from followup.db import OpenDb, real_time
from followup.models import Clock
from followup.runtime import Runtime
from followup.terms import Status
from followup.web import create_app
from tests.conftest import on_one_database
from tests.web.conftest import NOW, AddMessage, Browser

from .conftest import Hire, Person

HOUR = timedelta(hours=1)
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def practising(practitioner: Person, open_db: OpenDb) -> Person:
    """Someone of the front desk on a service whose clock moves; the emulators are not there."""
    runtime: Runtime = practitioner.browser.app.state.runtime
    with open_db() as db:
        db.add(Clock(id=1, ahead=NOW - real_time(db), moved_at=real_time(db)))

    def now() -> datetime:
        with runtime.read_db() as db:
            return real_time(db) + db.get_one(Clock, 1).ahead

    settings = runtime.settings.model_copy(update={"emulator_twilio_url": "http://127.0.0.1:9"})
    person = Person(Browser(create_app(replace(runtime, now=now, settings=settings))))
    person.fill("/sign-in/practice", on="/sign-in", role="desk")
    return person


def now(person: Person) -> datetime:
    told: datetime = person.browser.app.state.runtime.now()
    return told


def test_the_clock_goes_on_by_a_day_where_nothing_is_due(practising: Person) -> None:
    answer = practising.fill("/clock/skip", on="/more", to="day", back="/more")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/more")
    assert timedelta(days=1) <= now(practising) - NOW < timedelta(days=1, minutes=1)
    assert "The clock has moved." in practising.get("/more").text


def test_the_clock_stands_at_the_next_message_when_it_has_left(practising: Person, add_message: AddMessage) -> None:
    add_message(due_at=NOW + HOUR, status=Status.DELIVERED)
    practising.fill("/clock/skip", on="/more", to="next", back="/more")
    assert now(practising) - NOW < timedelta(minutes=1)


@on_one_database
def test_a_script_is_told_that_the_clock_has_moved(practising: Person) -> None:
    answer = practising.fill("/clock/skip", on="/more", to="week", back="/more", headers=SCRIPT)

    assert answer.headers["HX-Trigger"] == "moved"
    assert "Thu 19 Nov, 12:42" in answer.text
    assert "Skip a day" in answer.text


@on_one_database
def test_nobody_goes_back_or_very_far(practising: Person) -> None:
    for to in ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "2026-11-13T00:00:00", "soon"):
        practising.fill("/clock/skip", on="/more", to=to, back="/more")
    assert now(practising) - NOW < timedelta(minutes=1)


@on_one_database
def test_nobody_is_led_elsewhere_by_it(practising: Person) -> None:
    answer = practising.fill("/clock/skip", on="/more", to="day", back="//evil.example")
    assert answer.headers["Location"] == "/"


@on_one_database
def test_there_is_no_such_clock_while_live(hire: Hire) -> None:
    assert hire("admin").fill("/clock/skip", on="/more", to="day", back="/more").status_code == 404
