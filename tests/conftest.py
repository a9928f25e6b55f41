"""What every test may ask for: an empty database of either kind, and a broker. Servers start when first asked for."""

import fcntl
import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import Engine, make_url

import migrations
from followup.db import OpenDb, connect, opener

from . import servers

MIGRATED = "migrated"
KEPT = "kept"
IN_MEMORY = Path("/dev/shm")  # where the system has it
CreateDatabase = Callable[[str], AbstractContextManager[str]]

# For what asks nothing of a database that another test does not ask of both kinds.
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

settings.register_profile("followup", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("followup")


def pytest_configure(config: pytest.Config) -> None:
    # pytest 9.1 loses the fixtures of a folder that it leaves and comes back to (its issue 14635).
    config.args.sort()


def pytest_collection_finish() -> None:
    """What is there by now stays: else every look for waste goes through all of it."""
    gc.freeze()


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
    if engine.dialect.name == "sqlite":  # the next test has another file
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
def postgresql_url(postgresql_of_this_process: Callable[[], str]) -> str:
    return postgresql_of_this_process()


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
def migrated_file(run: Path) -> Iterator[Path]:
    """In memory where the system allows: SQLite waits for the disk at every commit."""
    made = run / "migrated.sqlite3"
    with servers.locked(run / "migrated.start", fcntl.LOCK_EX):
        if not made.exists():
            migrations.upgrade(f"sqlite:///{made}")
    with TemporaryDirectory(prefix="followup-sqlite-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as name:
        yield Path(shutil.copy(made, name))


@pytest.fixture(scope="session")
def postgresql_of_this_process(create_database: CreateDatabase) -> Iterator[Callable[[], str]]:
    """Empties the database of this process, and says where it is."""
    with create_database(MIGRATED) as url, psycopg.connect(url) as db:
        statements = emptying(db)

        def empty() -> str:
            db.execute(statements)
            db.commit()
            return url

        yield empty
        connected(url).dispose()


@pytest.fixture(scope="session")
def create_database(run: Path) -> Iterator[CreateDatabase]:
    """Makes a PostgreSQL database, as a copy of the one named, for as long as its block lasts."""
    with servers.shared_postgresql(run, make_migrated) as url, psycopg.connect(url, autocommit=True) as admin:
        yield partial(copy_database, admin, url)


@cache
def connected(url: str) -> Engine:
    """One engine for each address: it keeps the statements that it has compiled, and PostgreSQL's connections."""
    return connect(url if url.startswith("sqlite:") else f"{url}?application_name={KEPT}")


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


def emptying(db: psycopg.Connection) -> Composed:
    """What throws out every row, and whoever else is still connected: but for those that we keep, and nobody is using.

    A new database for each test would cost ten times as much, and far more with several test processes.
    """
    others = SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND (application_name <> {} OR state <> 'idle')"
    ).format(KEPT)
    in_any_order = SQL("SET LOCAL session_replication_role = replica")  # without foreign keys
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    deletes = [SQL("DELETE FROM {}").format(Identifier(table)) for (table,) in db.execute(tables)]
    return SQL("; ").join([others, in_any_order, *deletes])


def renamed(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def valkey_of_this_process() -> Iterator[str]:
    with servers.valkey() as url:
        yield url
