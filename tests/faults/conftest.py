"""One long-lived service for each kind of database: starting its processes takes longer than most scenarios."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

import migrations

from .service import Service, service_on


@pytest.fixture(scope="module")
def blank_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'followup.sqlite3'}"
    else:
        create: Callable[[str], AbstractContextManager[str]] = request.getfixturevalue("create_database")
        with create("template1") as url:
            yield url


@pytest.fixture(scope="module")
def running(blank_url: str, valkey_of_this_process: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    migrations.upgrade(blank_url)
    with service_on(blank_url, valkey_of_this_process, tmp_path_factory.mktemp("service")) as service:
        with service.processes:
            yield service
        assert service.twice() == []


@pytest.fixture
def service(running: Service) -> Iterator[Service]:
    """The running service; no death that one test ordered may strike in the next."""
    yield running
    running.revive()
