"""Bring a database to another version, from code and from any directory; `versions/` holds the steps in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from followup.db import connect

ONE_AT_A_TIME = 4_661_757  # any number, as long as every process asks for the same advisory lock


def upgrade(database: Engine | str, revision: str = "head") -> None:
    """Bring a database, given as an engine or URL, up to a revision. Waits while another process is at it."""
    with alone(database) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Engine | str, revision: str) -> None:
    """Take a database back to a revision; `base` is the empty database, and `-1` one step."""
    with alone(database) as connection:
        command.downgrade(_config(connection), revision)


def current(database: Engine | str) -> str | None:
    """The revision that a database is at; None if no migration ever ran."""
    with _opened(database) as engine, engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Engine | str) -> bool:
    """Whether a database is at the newest revision that this code knows."""
    return current(database) == ScriptDirectory.from_config(_config()).get_current_head()


@contextmanager
def alone(database: Engine | str) -> Iterator[Connection]:
    """A connection fit to change tables with, never handed back to the pool.

    On PostgreSQL it holds an advisory lock until it closes; on SQLite `BEGIN IMMEDIATE` is lock enough.
    """
    with _opened(database) as engine, engine.connect() as connection:
        connection.detach()
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET statement_timeout = '10min'"))
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
            # Whoever waits for a table lock makes everyone queue behind it: rather fail, and be run again.
            connection.execute(text("SET lock_timeout = '4s'"))
            connection.commit()
        else:
            # Changing a table on SQLite means copying and dropping it, which must not pull its children along.
            # The pragma does nothing inside a transaction, and SQLAlchemy's own `execute` would begin one.
            connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
        yield connection


@contextmanager
def _opened(database: Engine | str) -> Iterator[Engine]:
    if isinstance(database, Engine):
        yield database
        return
    engine = connect(database)
    try:
        yield engine
    finally:
        engine.dispose()


def _config(connection: Connection | None = None) -> Config:
    config = Config(Path(__file__).with_name("alembic.ini"))
    config.attributes["connection"] = connection
    return config
