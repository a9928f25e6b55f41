"""The database's own words: how tables are named, how times are kept, how a connection is opened."""

import logging
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    ExceptionContext,
    MetaData,
    TypeDecorator,
    Uuid,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Relationship,
    Session,
    relationship,
    sessionmaker,
)

OpenDb = Callable[[], AbstractContextManager[Session]]

# A worker must never wait on another transaction for longer than a lease lives.
LOCK_TIMEOUT_MS = 10_000
MOST_CONNECTIONS = 15  # of a process; kept open, because opening one takes longer than most of what is asked through it
_ONLY_READS = "followup_only_reads"

# A lock that is waited for, a process that froze within a transaction, a host that vanished: each ends in a minute.
# A plan that is kept from when a table was small reads all of it when it has grown: rather plan anew each time. (To
# forbid reading whole tables would not do: the kept plan then reads a whole index, of the wrong columns, for each row.)
# No statement of ours runs for long enough to be worth compiling.
POSTGRESQL: dict[str, Any] = {
    "options": f"-c lock_timeout={LOCK_TIMEOUT_MS} -c idle_in_transaction_session_timeout=60s"
    " -c plan_cache_mode=force_custom_plan -c jit=off",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "tcp_user_timeout": 30_000,
}


# `hide_parameters` hides what is asked; what comes back would be logged row by row at DEBUG.
logging.getLogger("sqlalchemy.engine.Engine").addFilter(lambda record: record.levelno > logging.DEBUG)
# An error that comes on top of another is logged, not raised, and with the row that it is about.
logging.getLogger("psycopg").setLevel(logging.ERROR)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. Refuses naive values instead of guessing their zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: every instant needs its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={  # never to change: living databases and old migrations go by it
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: UtcDateTime,
        UUID: Uuid,
        dict[str, Any]: Json,
        list[Any]: Json,
        list[str]: Json,
    }


def words(kind: type[StrEnum]) -> Enum:
    """A column type that keeps the word itself and refuses any other."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


def together(*columns: str) -> CheckConstraint:
    """All of these columns are set, or none: an act always has its time and its person."""
    first, *rest = columns
    same = " AND ".join(f"({first} IS NULL) = ({column} IS NULL)" for column in rest)
    return CheckConstraint(same, name="_with_".join(columns))


def written_after() -> Relationship[Any]:
    """New rows are written after those that they point at, whatever the order in which they were added.

    SQLAlchemy learns that order from relationships alone. This one is for nothing else, and refuses to be read.
    """
    return relationship(lazy="raise", cascade="")


def new_id() -> UUID:
    """A time-ordered id, so that rows made together lie together."""
    return uuid_utils.compat.uuid7()


def first_id(at: datetime) -> UUID:
    """The least id that `new_id` could have made at an instant: the rows made since are a range of the primary key."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def connect(url: str) -> Engine:
    """Open the database at a SQLAlchemy URL. SQLite writes through to disk and locks before it reads."""
    hosted = POSTGRESQL if make_url(url).get_backend_name() == "postgresql" else {}
    engine = create_engine(
        url, pool_size=MOST_CONNECTIONS, max_overflow=0, pool_pre_ping=True, hide_parameters=True, connect_args=hosted
    )
    event.listen(engine, "handle_error", _keep_patients_out)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _keep_patients_out(context: ExceptionContext) -> None:
    if isinstance(context.sqlalchemy_exception, DBAPIError):
        without_patients(context.original_exception)
        without_patients(context.sqlalchemy_exception)


def without_patients(error: BaseException) -> None:
    """Keep of a database's error what may be told: below its first line, PostgreSQL quotes the row that it refuses."""
    error.args = (str(error).partition("\n")[0],)  # `hide_parameters` hides only what we asked


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: see _begin_immediate
    for pragma in (f"busy_timeout={LOCK_TIMEOUT_MS}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError:
        # Of two processes that open a new file together, SQLite turns one away without letting it wait.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        connection.execute("PRAGMA journal_mode=WAL")


def _begin_immediate(connection: Connection) -> None:
    # SQLite ignores FOR UPDATE; taking the write lock first is what makes read-then-write one step.
    only_reads = connection.get_execution_options().get(_ONLY_READS)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def reader(engine: Engine) -> OpenDb:
    """`with read_db() as db:` is one view of the database that never waits for a writer."""
    options: dict[str, Any] = {_ONLY_READS: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return sessionmaker(engine.execution_options(**options), expire_on_commit=False).begin


def opener(engine: Engine) -> OpenDb:
    """`with open_db() as db:` is one transaction: committed at the end, undone if anything raises."""
    return sessionmaker(engine, expire_on_commit=False).begin


def on_postgresql(db: Session) -> bool:
    """Whether this is not SQLite."""
    return db.get_bind().dialect.name == "postgresql"


def among(db: Session, column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """`column IN values`, for many: PostgreSQL gets them as one, and reads a statement once for any number of them."""
    if on_postgresql(db):
        return column == any_(bindparam(None, list(values), ARRAY(column.type), unique=True))
    return column.in_(values)


def real_time(db: Session) -> datetime:
    """The database's own clock: leases, retries and pacing must agree between machines."""
    if on_postgresql(db):
        return db.execute(select(func.clock_timestamp(type_=UtcDateTime))).scalar_one()
    return datetime.now(UTC)  # SQLite lives on this very machine
