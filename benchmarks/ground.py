"""Databases to measure on: of either kind, and with so many messages owed."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import CursorResult, Engine, NullPool, create_engine, make_url, text

import migrations
from benchmarks import filling
from benchmarks.filling import Seed
from benchmarks.servers import postgresql
from followup.db import connect

FEW, MANY = 10_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Database:
    """Set up and filled."""

    url: str
    engine: Engine
    seed: Seed

    def analyse(self) -> None:
        """Let the planner know what is there."""
        with self.engine.begin() as connection:
            connection.execute(text("ANALYZE"))


@dataclass
class Ground:
    """Makes each database when it is first asked for; those of PostgreSQL share a server."""

    home: Path
    _stack: ExitStack
    _made: dict[tuple[str, int], Database] = field(default_factory=dict)
    _server: str = ""

    def folder(self) -> Path:
        """A new one, for what processes keep."""
        return Path(tempfile.mkdtemp(dir=self.home))

    def database(self, kind: str, pending: int) -> Database:
        """With `pending` messages owed in the coming weeks, and up-to-date statistics."""
        if (kind, pending) not in self._made:
            database = self.empty(kind, f"followup_{pending}")
            filling.fill(database.engine, database.seed, pending=pending)
            database.analyse()
            self._made[kind, pending] = database
        return self._made[kind, pending]

    def empty(self, kind: str, name: str) -> Database:
        """Set up, with one session recorded."""
        url = self._postgresql(name) if kind == "postgresql" else f"sqlite:///{self.folder() / name}.sqlite3"
        migrations.upgrade(url)
        engine = connect(url)
        self._stack.callback(engine.dispose)
        return Database(url, engine, filling.plant(engine, now=datetime.now(UTC)))

    def postgresql_version(self) -> str:
        """As the server says it, without the packager's words."""
        return str(self._tell_postgresql("SHOW server_version").scalar_one()).split()[0]

    def _postgresql(self, name: str) -> str:
        self._tell_postgresql(f"CREATE DATABASE {name}")
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def _tell_postgresql(self, statement: str) -> CursorResult[Any]:
        self._server = self._server or self._stack.enter_context(postgresql())
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            return connection.execute(text(statement))


@contextmanager
def prepared() -> Iterator[Ground]:
    """The ground, taken down at the end."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="followup-bench-")))
        yield Ground(home, stack)
