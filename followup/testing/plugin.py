"""Pytest fixtures: the service's own worker in the test's process, with a Twilio and a mailbox that are emulated.

Ask for them with `pytest_plugins = ["followup.testing.plugin"]` in the top `conftest.py`.
"""

import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from followup.actions.enrolling import Recorded
from followup.emulators.background import Emulators
from followup.runtime import Runtime
from followup.testing import engine, recording, service, web
from followup.testing.clock import StandingClock
from followup.testing.waiting import until
from followup.web.app import create_app

START = datetime(2027, 3, 1, 15, 0, tzinfo=UTC)  #: a Monday, 10:00 at the sample clinic


@pytest.fixture
def followup_emulators() -> Iterator[Emulators]:
    """A Twilio account and a mailbox on loopback: `ledger()`, `mailbox()`, `fault(...)`, `inbound(...)`."""
    with Emulators() as emulators:
        yield emulators


@pytest.fixture
def followup_clock(followup_emulators: Emulators) -> StandingClock:
    """Business time: `set(datetime)` and `go(timedelta)`. It begins on a Monday, 10:00 at the sample clinic."""
    return StandingClock(START, tell=followup_emulators.clock)


@pytest.fixture
def followup_runtime(
    tmp_path: Path,
    followup_database_file: Path,
    followup_door: socket.socket,
    followup_emulators: Emulators,
    followup_clock: StandingClock,
) -> Iterator[Runtime]:
    """The service on a database of the test's own, with the sample clinic `maple` and the packaged plans."""
    database = tmp_path / "followup.sqlite3"
    shutil.copyfile(followup_database_file, database)
    host, port = followup_door.getsockname()
    runtime = service.make_runtime(
        database, emulators=followup_emulators, public_url=f"http://{host}:{port}", now=followup_clock
    )
    yield runtime
    runtime.close()


@pytest.fixture
def followup_record(followup_runtime: Runtime) -> Callable[..., Recorded]:
    """`followup_record(regions=["neck"], patient={"phone": "+1…"})` records a treatment session that ended just now.

    The fields are those of `POST /api/v1/treatments`; what is left out has a likely value, and each call a new patient.
    """
    numbers = count(1)

    def record(**fields: Any) -> Recorded:
        return recording.record(followup_runtime, fields, number=next(numbers))

    return record


@pytest.fixture
def followup_run(followup_runtime: Runtime, followup_clock: StandingClock) -> Callable[..., None]:
    """`followup_run()` does all that is due now; `followup_run(timedelta(days=14))` lives through two weeks."""
    celery = engine.make_eager_celery(followup_runtime)

    def run(by: timedelta = timedelta(0)) -> None:
        engine.run_through(celery, followup_runtime, followup_clock, by)

    return run


@pytest.fixture
def followup_web(
    followup_runtime: Runtime, followup_emulators: Emulators, followup_door: socket.socket
) -> Iterator[str]:
    """The address of the web application, which hears receipts and replies from now on."""
    address = followup_runtime.settings.public_url
    with web.serving(create_app(followup_runtime), followup_door):
        followup_emulators.reply_url = f"{address}/hooks/twilio/reply"
        yield address


@pytest.fixture
def followup_until() -> Callable[..., None]:
    """`followup_until(condition)` waits until the condition holds: receipts come when they come."""
    return until


@pytest.fixture
def followup_door() -> Iterator[socket.socket]:
    """The port of `followup_web`, known before anybody serves there, because receipts are addressed to it."""
    with web.reserved_port() as door:
        yield door


@pytest.fixture(scope="session")
def followup_database_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each test's database is copied from, because migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("followup") / "prepared.sqlite3"
    service.prepare_database(file, now=START)
    return file
