from dataclasses import replace
from datetime import timedelta

import pytest

from followup.db import connect
from followup.runtime import Runtime
from followup.web import create_app

from .conftest import AddMessage, Browser


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_process_that_is_up_says_ok(browser: Browser, method: str) -> None:
    assert browser.ask(method, "/healthz").status_code == 200
    assert browser.get("/healthz").text == "ok"


def test_ready_when_nothing_is_late(browser: Browser) -> None:
    answer = browser.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": []})


def test_not_ready_while_something_due_is_stuck(browser: Browser, add_message: AddMessage) -> None:
    message = add_message()
    add_message(due_at=message.due_at + timedelta(days=1))
    late = replace(browser.app.state.runtime, now=lambda: message.due_at + timedelta(seconds=61))

    answer = Browser(create_app(late)).get("/readyz")

    assert answer.status_code == 503
    assert [problem["check"] for problem in answer.json()["problems"]] == ["watchdog"]
    assert str(message.id) in answer.json()["problems"][0]["detail"]


def test_not_ready_before_the_tables_are_there(blank_database_url: str, browser: Browser) -> None:
    engine = connect(blank_database_url)
    answer = Browser(create_app(replace(browser.app.state.runtime, engine=engine))).get("/readyz")
    engine.dispose()

    assert answer.status_code == 503
    assert answer.json()["problems"][0]["check"] == "migrations"


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"])
def test_not_ready_without_a_database(runtime: Runtime, url: str) -> None:
    engine = connect(url)
    answer = Browser(create_app(replace(runtime, engine=engine))).get("/readyz")
    engine.dispose()

    assert answer.status_code == 503
    assert answer.json()["problems"][0]["check"] == "database"
    assert "nobody" not in answer.text
    assert "nowhere" not in answer.text
