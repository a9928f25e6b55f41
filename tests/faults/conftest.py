"""One long-lived service for each kind of database: starting its processes takes longer than most scenarios."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import MIGRATED, CreateDatabase

from .service import Service, service_on


@pytest.fixture(scope="module")
def migrated_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        migrated: Path = request.getfixturevalue("migrated_file")
        with TemporaryDirectory(dir=migrated.parent) as name:
            yield f"sqlite:///{shutil.copy(migrated, name)}"
    else:
        create: CreateDatabase = request.getfixturevalue("create_database")
        with create(MIGRATED) as url:
            yield url


@pytest.fixture(scope="module")
def running(
    migrated_url: str, valkey_of_this_process: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with service_on(migrated_url, valkey_of_this_process, tmp_path_factory.mktemp("service")) as service:
        with service.processes:
            yield service
        assert service.twice() == []


@pytest.fixture
def service(running: Service) -> Iterator[Service]:
    """The running service; no death that one test ordered may strike in the next."""
    yield running
    running.revive()
