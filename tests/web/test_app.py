import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from followup.db import connect
from followup.runtime import Runtime
from followup.web import create_app
from followup.web.asgi import app as make_app
from settings import Settings

from .conftest import Browser

PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/static/core.css", "/hooks/twilio/reply", "/openapi.json"])
def test_every_answer_carries_its_guards(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "frame-ancestors 'none'; base-uri 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_strict_transport_is_not_promised_without_https(practice: Browser) -> None:
    assert "Strict-Transport-Security" not in practice.get("/healthz").headers


def test_only_static_files_may_be_kept(browser: Browser) -> None:
    assert browser.get("/static/mark.svg").headers["Cache-Control"] == "no-cache"
    assert browser.get("/static/../app.py").headers["Cache-Control"] == "no-store"
    assert browser.get("/nowhere").headers["Cache-Control"] == "no-store"


def test_programs_get_problem_details_and_people_a_page(browser: Browser) -> None:
    for_programs, for_people = browser.get("/nowhere"), browser.get("/nowhere", headers=PAGE)

    assert for_programs.headers["Content-Type"] == "application/problem+json"
    assert (for_programs.json()["title"], for_programs.json()["status"]) == ("Not Found", 404)
    assert "There is no such page" in for_people.text


def test_the_api_never_answers_with_a_page(browser: Browser) -> None:
    assert browser.get("/api/v1/nowhere", headers=PAGE).headers["Content-Type"] == "application/problem+json"


def test_a_failing_page_shows_nothing_of_the_inside(
    practice: Browser, blank_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    without_tables = connect(blank_database_url)
    runtime = replace(practice.app.state.runtime, engine=without_tables)
    answer = Browser(create_app(runtime)).get("/p/lost/preferences", headers=PAGE)
    without_tables.dispose()

    assert answer.status_code == 500
    assert "It is our side that failed" in answer.text
    assert "message" not in answer.text
    assert [record.levelno for record in caplog.records if record.name.startswith("followup")] == [logging.ERROR]


def test_documentation_loads_nothing_from_elsewhere(browser: Browser) -> None:
    assert browser.get("/docs").status_code == 404
    assert browser.get("/openapi.json").json()["info"]["title"] == "followup"


def test_the_runtime_is_closed_with_the_app(runtime: Runtime) -> None:
    closed: list[str] = []

    class Noticing(Runtime):
        def close(self) -> None:
            closed.append("runtime")
            super().close()

    app = create_app(Noticing(**vars(runtime)))

    async def live() -> None:
        async with app.router.lifespan_context(app):
            assert closed == []

    asyncio.run(live())
    assert closed == ["runtime"]


def test_settings_that_cannot_be_used_end_the_start_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PUBLIC_URL", "care.example")

    with pytest.raises(SystemExit, match=r"^PUBLIC_URL can't be used as it is; it must be .*$"):
        make_app()


def test_an_address_with_a_path_stands_before_every_file(runtime: Runtime, practice_settings: Settings) -> None:
    behind = practice_settings.model_copy(update={"public_url": "https://clinic.example/followup"})
    browser = Browser(create_app(replace(runtime, settings=behind)))

    assert 'href="/followup/static/core.css"' in browser.get("/sign-in").text
