import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import select

from followup.db import connect, reader
from followup.models import ApiKey

FULL = Path("/dev/full")  # every write fails, as on a full disk
COMMAND = [sys.executable, "-m", "followup.cli"]


def told(command: list[str], stdout: IO[str] | None = None) -> tuple[int, str]:
    """How a command ends, and what it says on standard error."""
    done = subprocess.run(command, check=False, stdout=stdout, stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stderr


@pytest.mark.parametrize("is_buffered", [True, False])
def test_what_cannot_be_written_ends_in_one_line(is_buffered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "" if is_buffered else "1")
    with FULL.open("w") as full:
        assert told([*COMMAND, "--help"], full) == (
            1,
            "What it tells can't be written (No space left on device); send it where there is room.\n",
        )


def test_a_key_that_nobody_saw_is_not_made(configure: Callable[..., None], sqlite_url: str) -> None:
    configure(DATABASE_URL=sqlite_url)
    add = [*COMMAND, "key", "add", "booking"]
    with FULL.open("w") as full:
        assert told(add, full)[0] == 1
    code, line = told(["sh", "-c", 'exec "$@" >&-', "-", *add])
    assert (code, line.startswith("Standard output is closed")) == (1, True)
    with reader(connect(sqlite_url))() as db:
        assert db.scalars(select(ApiKey)).all() == []


def test_a_reader_that_has_seen_enough_is_told_no_more() -> None:
    gone, ours = os.pipe()
    os.close(gone)
    with os.fdopen(ours, "w") as closed:
        assert told([*COMMAND, "--help"], closed) == (1, "")


def test_ctrl_c_while_it_is_starting_ends_it_quietly() -> None:
    tell_imports = [sys.executable, "-X", "importtime", *COMMAND[1:], "doctor"]
    with subprocess.Popen(tell_imports, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as starting:
        assert starting.stderr
        for line in starting.stderr:
            if line.endswith(" followup.logs\n"):  # the first of ours, and hundreds are to come
                starting.send_signal(signal.SIGINT)
                break
        rest = starting.stderr.read()
    assert starting.returncode == 130
    assert "Traceback" not in rest
