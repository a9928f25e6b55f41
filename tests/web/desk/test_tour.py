"""The first start, while nothing is live: sample data in one click, and a tour that is ticked off by what happens."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from followup.actions import setting_up
from followup.db import OpenDb, real_time
from followup.models import Clock, Message, Switch, TreatmentSession
from followup.practice import example
from followup.runtime import Runtime
from followup.terms import Role
from followup.web import create_app
from tests.web.conftest import NOW, Browser

from .conftest import Hire, Person

ROOT = Path(__file__).parents[3]
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def newcomer(practitioner: Person, open_db: OpenDb) -> Person:
    """Somebody who has just started it and pressed the button to sign in; the emulators are not there."""
    runtime: Runtime = practitioner.browser.app.state.runtime
    with open_db() as db:
        db.add(Clock(id=1, ahead=NOW - real_time(db), moved_at=real_time(db)))
        setting_up.ensure_plans(db, now=NOW, by="test")
        setting_up.put_clinic(db, entry=setting_up.SAMPLE, now=NOW, by="test")

    def now() -> datetime:
        with runtime.read_db() as db:
            return real_time(db) + db.get_one(Clock, 1).ahead

    settings = runtime.settings.model_copy(update={"emulator_twilio_url": "http://127.0.0.1:9"})
    person = Person(Browser(create_app(replace(runtime, now=now, settings=settings))))
    person.fill("/sign-in/practice", on="/sign-in", role="desk")
    return person


def count(open_db: OpenDb, table: type) -> int:
    with open_db() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def ticked(page: str) -> list[bool]:
    return ["is-done" in classes for classes in re.findall(r'<li class="(tour-step[^"]*)"', page)]


def test_the_example_week_is_recorded_in_one_click_and_twice_changes_nothing(newcomer: Person, open_db: OpenDb) -> None:
    first = newcomer.get("/").text
    assert "Record the example week" in first
    assert ticked(first) == [False] * 5

    told = newcomer.fill("/practice/example-week", on="/").text
    assert "61 sessions taken, 3 known already, 15 lines refused" in told
    assert "line 72 (T-901): ended_at is &#34;2027-02-30T10:00&#34;" in told
    assert ticked(told) == [True, False, False, False, False]
    messages = count(open_db, Message)
    now: datetime = newcomer.browser.app.state.runtime.now()
    assert timedelta(0) <= now - example.BEGINS_AT < timedelta(minutes=2)

    again = newcomer.fill("/practice/example-week", on="/").text
    assert "0 sessions taken, 64 known already, 15 lines refused" in again
    assert (count(open_db, TreatmentSession), count(open_db, Message)) == (61, messages)
    assert "Record the example week" not in newcomer.get("/").text


def test_the_tour_says_what_has_changed_and_is_hidden_for_good(newcomer: Person, open_db: OpenDb) -> None:
    page = newcomer.get("/sessions/new").text
    [mark] = re.findall(r"/tour\?mark=(\d+)", page)
    assert newcomer.get("/tour", params={"mark": mark}, headers=SCRIPT).status_code == 204
    assert "Two minutes to try it" in newcomer.get("/tour", headers=SCRIPT).text

    assert newcomer.fill("/tour/hide", on="/", back="//evil.example").headers["Location"] == "/"
    assert count(open_db, Switch) == 1
    for path in ("/", "/phone", "/sessions/new"):
        assert "Two minutes to try it" not in newcomer.get(path).text
    gone = newcomer.get("/tour", params={"mark": mark}, headers=SCRIPT)
    assert (gone.status_code, gone.text.strip()) == (200, "")


def test_while_live_there_is_neither_tour_nor_sample_data(hire: Hire) -> None:
    admin = hire(Role.ADMIN)
    page = admin.get("/").text
    assert "Two minutes to try it" not in page
    assert "Record the example week" not in page
    for path in ("/tour/hide", "/practice/example-week"):
        assert admin.fill(path, on="/more").status_code == 404


def test_what_is_installed_holds_the_example_week_itself() -> None:
    packed = (ROOT / "followup/practice/example-week.csv").read_bytes()
    assert packed == (ROOT / "examples/treatments.csv").read_bytes()
    assert f"{example.BEGINS_AT:%Y-%m-%dT%H:%M:%SZ}" in packed.decode()
