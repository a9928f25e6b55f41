"""How lines look, and that every process of the service writes them."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from followup import logs
from followup.db import new_id


def record(
    name: str = "followup.tasks", level: int = logging.INFO, event: str = "it began", **more: Any
) -> logging.LogRecord:
    made = logging.LogRecord(name, level, "a.py", 1, event, more.pop("args", ()), more.pop("exc_info", None))
    vars(made).update(more)
    return made


def caught() -> Any:
    try:
        try:
            int("Ana")
        except ValueError as error:
            raise LookupError("no Ana at +12125550123") from error
    except LookupError:
        return sys.exc_info()


def test_a_machine_reads_one_object_with_ids() -> None:
    token = new_id()
    line = logs.AsJson().format(record(**logs.about(batch=token, attempts=3)))

    assert "\n" not in line
    read = json.loads(line)
    assert read.pop("time").endswith("+00:00")
    assert read == {
        "level": "info",
        "logger": "followup.tasks",
        "event": "it began",
        "batch": str(token),
        "attempts": 3,
    }


def test_a_person_reads_a_short_line() -> None:
    line = logs.ForPeople().format(record(level=logging.WARNING, **logs.about(channel="sms", code="20003")))

    assert line[8:] == " warning: it began (channel sms, code 20003)"


@pytest.mark.parametrize("form", [logs.AsJson(), logs.ForPeople()])
@pytest.mark.parametrize("name", ["followup.web", "asyncio"])
def test_of_an_error_only_types_and_places_are_told(form: logging.Formatter, name: str) -> None:
    event, args = ("it failed", ()) if name == "followup.web" else ("it failed: %r\nwith %s", (caught()[1], "Ana"))
    line = form.format(record(name, logging.ERROR, event, args=args, exc_info=caught()))

    assert "it failed" in line
    assert "Ana" not in line
    assert "1212555" not in line
    assert line.index("ValueError") < line.rindex("LookupError")
    assert "tests/test_logs.py" in line


def test_what_a_line_says_cannot_begin_another() -> None:
    line = logs.ForPeople().format(record(event="%s", args=('it\n{"level": "error"}',)))

    assert "\n" not in line


def test_libraries_are_heard_when_they_warn() -> None:
    assert not logs.is_fit(record("twilio.http_client", logging.INFO))
    assert logs.is_fit(record("celery.worker", logging.WARNING))
    assert logs.is_fit(record("followup.tasks", logging.DEBUG))
    assert not logs.is_fit(record("followups", logging.INFO))


@contextmanager
def running(folder: Path, *command: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    given = {"PATH": os.defpath, "REDIS_URL": "redis://127.0.0.1:1/0", "FOLLOWUP_DATA_DIR": str(folder), **environment}
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=given,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


WORKER = ("celery", "--quiet", "--app", "worker", "worker", "--pool", "solo")
WEB = ("uvicorn", "--factory", "followup.web.asgi:app", "--port", "0")


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stderr
    return next(line for line in process.stderr if "superuser" not in line)


def test_a_worker_by_itself_writes_json(tmp_path: Path) -> None:
    with running(tmp_path, *WORKER, PYTHONWARNINGS="ignore") as worker:
        line = json.loads(first_line(worker))
    assert (line["level"], line["logger"]) == ("error", "celery.worker.consumer.consumer")
    assert "Cannot connect to redis://" in line["event"]


def test_under_serve_a_worker_writes_for_people(tmp_path: Path) -> None:
    with running(tmp_path, *WORKER, PYTHONWARNINGS="ignore", **{logs.FOR_PEOPLE: "1"}) as worker:
        line = first_line(worker)
    assert line[8:].startswith(" error: consumer: Cannot connect to redis://")


def test_the_web_by_itself_writes_json_alone(tmp_path: Path) -> None:
    with running(tmp_path, *WEB) as web:
        line = json.loads(first_line(web))
        web.terminate()
        assert web.stderr
        rest = [json.loads(line)["event"] for line in web.stderr]
    assert (line["event"], line["version"]) == ("web started", version("followup"))
    assert rest == ["web stopped"]
