"""Inserts many rows of one table with one statement, and waits for the database only once for many tables."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

import psycopg
from pydantic_core import to_json
from sqlalchemy import JSON, Insert, Table, Text, bindparam, cast, column, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from followup.db import Base, UtcDateTime, on_postgresql, without_patients

Row = Mapping[str, Any]  #: values by column


def insert_all(db: Session, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows, each with the same columns; one that has a default may be left out.

    Raises ValueError for rows that are not alike, and for an instant without its zone.
    """
    if not rows:
        return
    first = rows[0]
    if any(row.keys() != first.keys() for row in rows):
        raise ValueError(f"rows of {model.__tablename__} have different columns; give each the same")
    if not on_postgresql(db) or len(rows) == 1:
        db.connection().execute(insert(_table(model)), rows)
        return
    constants, makers = _defaults(model, frozenset(first))
    counted, *others = first  # a column at least stands in each row
    constants = constants | {name: first[name] for name in others if all(row[name] is first[name] for row in rows)}
    varying = (counted, *(name for name in others if name not in constants))
    _check_zones(model, varying, rows)
    told = [{name: row[name] for name in varying} | {name: make(None) for name, make in makers.items()} for row in rows]
    statement = _insertion(model, (*varying, *makers), tuple(constants))
    with unawaited(db):
        db.connection().execute(
            statement, {"rows": to_json(told).decode(), **{_given(name): value for name, value in constants.items()}}
        )


def row_of(new: Base) -> Row:
    """The row that a new object stands for, with every column. What each row has of its own, as its id, must be set."""
    given, (constants, _) = new.__dict__, _defaults(type(new), frozenset())
    return {name: given[name] if name in given else constants.get(name) for name in _names(type(new))}


@contextmanager
def unawaited(db: Session) -> Iterator[None]:
    """Within, the database may still be writing what was inserted while we go on; nothing can be asked of it.

    What it refuses is raised at the end, or before. SQLite writes at once.
    """
    if not on_postgresql(db) or db.info.get(unawaited):
        yield
        return
    connection, db.info[unawaited] = db.connection(), True
    try:
        with connection.connection.driver_connection.pipeline():  # type: ignore[union-attr]
            connection.execute(_KEEP_PLANS)
            yield
            connection.execute(_PLAN_ANEW)
    except psycopg.Error as error:
        without_patients(error)
        raise DBAPIError.instance(
            None, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
    finally:
        del db.info[unawaited]


# What a new row points at is looked up by a plan of its own. For the time being these plans are kept, not made anew for
# each row; since they use indexes only, they stay right however small the tables were when they were made.
_KEEP_PLANS = text("SELECT set_config('plan_cache_mode', 'auto', true), set_config('enable_seqscan', 'off', true)")
_PLAN_ANEW = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'on', true)"
)


@lru_cache(maxsize=256)  # to build a statement takes longer than to run it
def _insertion(model: type[Base], varying: tuple[str, ...], constants: tuple[str, ...]) -> Insert:
    table = _table(model)
    # Text of all rows costs both sides less than arrays of each column: hardly any of it passes through Python.
    given = cast(bindparam("rows", type_=Text), JSON)
    columns = (column(name, table.c[name].type) for name in varying)
    rows = func.json_to_recordset(given).table_valued(*columns).render_derived(with_types=True)
    same = [bindparam(_given(name), type_=table.c[name].type) for name in constants]
    return insert(table).from_select([*varying, *constants], select(*rows.c, *same), include_defaults=False)


def _given(name: str) -> str:
    return f"given_{name}"  # a bare name is taken: SQLAlchemy gives it to the column itself


def _table(model: type[Base]) -> Table:
    assert isinstance(model.__table__, Table)
    return model.__table__


@cache
def _names(model: type[Base]) -> Sequence[str]:
    return _table(model).c.keys()


@cache
def _defaults(model: type[Base], given: frozenset[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What columns hold that are not given, and what makes it where each row has its own."""
    default = {
        each.name: each.default.arg for each in model.__table__.c if each.default is not None and each.name not in given
    }
    makers = {name: make for name, make in default.items() if callable(make)}
    return {name: value for name, value in default.items() if name not in makers}, makers


def _check_zones(model: type[Base], names: Sequence[str], rows: Sequence[Row]) -> None:
    for name in names:
        if isinstance(_table(model).c[name].type, UtcDateTime):
            for row in rows:
                if row[name] is not None and row[name].tzinfo is None:
                    raise ValueError(f"naive datetime {row[name]!r}: every instant needs its zone")
