"""What every test may ask for: an empty database of either kind, and a broker. Servers start when first asked for."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from psycopg.sql import SQL, Identifier
from sqlalchemy import Engine, make_url

import migrations
from followup.db import OpenDb, connect, opener

from . import servers

MIGRATED = "migrated"
CreateDatabase = Callable[[str], AbstractContextManager[str]]

settings.register_profile("followup", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("followup")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database of the test's own, once of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def blank_database_url(request: pytest.FixtureRequest) -> str:
    """A database without any table, once of each kind."""
    url: str = request.getfixturevalue(f"blank_{request.param}_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connected(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def open_db(engine: Engine) -> OpenDb:
    return opener(engine)


@pytest.fixture
def broker_url(valkey_of_this_process: str) -> str:
    """An empty broker, as Celery wants its URL."""
    servers.flush_valkey(valkey_of_this_process)
    return valkey_of_this_process


@pytest.fixture
def sqlite_url(migrated_file: Path) -> str:
    for left in migrated_file.parent.glob("followup.sqlite3*"):
        left.unlink()
    return f"sqlite:///{shutil.copyfile(migrated_file, migrated_file.with_name('followup.sqlite3'))}"


@pytest.fixture
def blank_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'blank.sqlite3'}"


@pytest.fixture
def postgresql_url(postgresql_of_this_process: str) -> str:
    empty(postgresql_of_this_process)
    return postgresql_of_this_process


@pytest.fixture
def blank_postgresql_url(create_database: CreateDatabase) -> Iterator[str]:
    with create_database("template1") as url:
        yield url


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all processes of this test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite3"
    migrations.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgresql_of_this_process(create_database: CreateDatabase) -> Iterator[str]:
    with create_database(MIGRATED) as url:
        yield url


@pytest.fixture(scope="session")
def create_database(run: Path) -> Iterator[CreateDatabase]:
    """Makes a PostgreSQL database, as a copy of the one named, for as long as its block lasts."""
    with servers.shared_postgresql(run, make_migrated) as url, psycopg.connect(url, autocommit=True) as admin:
        yield partial(copy_database, admin, url)


@cache
def connected(url: str) -> Engine:
    """One engine for each address: it remembers the statements that it has compiled, which tests repeat."""
    return connect(url)


def make_migrated(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(SQL("CREATE DATABASE {}").format(Identifier(MIGRATED)))
    migrations.upgrade(renamed(url, MIGRATED))


@contextmanager
def copy_database(admin: psycopg.Connection, url: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    admin.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
    yield renamed(url, name)
    admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def empty(url: str) -> None:
    """Throw out whoever is still connected, and every row.

    A new database for each test would cost ten times as much, and far more with several test processes.
    """
    with psycopg.connect(url) as db:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        db.execute(f"{others} AND pid <> pg_backend_pid()")
        db.execute("SET LOCAL session_replication_role = replica")  # rows go in any order, without foreign keys
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        for (table,) in db.execute(tables).fetchall():
            db.execute(SQL("DELETE FROM {}").format(Identifier(table)))


def renamed(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def valkey_of_this_process() -> Iterator[str]:
    with servers.valkey() as url:
        yield url
