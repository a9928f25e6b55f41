"""Writes many rows of one table with one statement: one for each costs several times as much, on both sides."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    Insert,
    Table,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    cast,
    column,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import ReturningInsert

from followup.db import Base

Row = Mapping[str, Any]  #: values by column


def write_changes(db: Session, rows: Sequence[Base]) -> None:
    """Write now what changed in rows of one table, which have an `id`, just as a flush would.

    SQLite is left to the flush: no network lies between it and us.
    """
    if db.get_bind().dialect.name != "postgresql":
        return
    alike = defaultdict[frozenset[str], list[Base]](list)
    for row in rows:
        state = inspect(row)
        if changed := frozenset(state.mapper.columns.keys()) - state.unmodified:
            alike[changed].append(row)
    for changed, those in alike.items():
        _update(db, tuple(sorted(changed)), those)


def insert_all(db: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows, each with the same columns; one that has a default may be left out."""
    if not rows:
        return
    if db.get_bind().dialect.name != "postgresql":
        db.execute(insert(table), rows)
        return
    made = {name: default for name, default in _defaults(table).items() if name not in rows[0]}
    whole = [{**row, **{name: make(None) if callable(make) else make for name, make in made.items()}} for row in rows]
    if not db.info.get(_KEEP_PLANS):
        db.execute(_KEEP_PLANS)
        db.info[_KEEP_PLANS] = True
    db.execute(_insertion_of_json(table, tuple(whole[0])), {"rows": to_json(whole).decode()})


def insert_new(db: Session, table: type[Base], rows: Sequence[Row], *unique: str) -> set[tuple[Any, ...]]:
    """Insert the rows that are not there yet, and return their unique values.

    The constraint decides what is new, so two who insert the same at once cannot both win.
    """
    if not rows:
        return set()
    if db.get_bind().dialect.name != "postgresql":
        new = sqlite.insert(table).on_conflict_do_nothing(index_elements=unique)
        return {tuple(row) for row in db.execute(new.returning(*(getattr(table, name) for name in unique)), rows)}
    names = tuple(rows[0])
    columns = {_given(name): [row[name] for row in rows] for name in names}
    return {tuple(row) for row in db.connection().execute(_insertion(table, names, unique), columns)}


def _update(db: Session, names: tuple[str, ...], rows: Sequence[Base]) -> None:
    columns = {_given(name): [getattr(row, name) for row in rows] for name in ("id", *names)}
    db.connection().execute(_change(type(rows[0]), names), columns)
    for row in rows:
        for name in names:
            set_committed_value(row, name, getattr(row, name))


# To build a statement takes longer than to run it.
@cache
def _change(table: type[Base], names: tuple[str, ...]) -> Update:
    given = _as_table(table, ("id", *names))
    changes = {name: given.c[name] for name in names}
    return update(table).where(table.__table__.c.id == given.c.id).values(changes)


@cache
def _insertion(table: type[Base], names: tuple[str, ...], unique: tuple[str, ...]) -> ReturningInsert[Any]:
    new = postgresql.insert(table).from_select(names, select(_as_table(table, names)))
    return new.on_conflict_do_nothing(index_elements=unique).returning(*(table.__table__.c[name] for name in unique))


# What a new row points at is looked up by a plan of its own. Until the transaction ends these plans are kept, not made
# anew for each row; since they use indexes only, they stay right however small the tables were when they were made.
_KEEP_PLANS = text("SELECT set_config('plan_cache_mode', 'auto', true), set_config('enable_seqscan', 'off', true)")


@cache
def _insertion_of_json(model: type[Base], names: tuple[str, ...]) -> Insert:
    table = model.__table__
    assert isinstance(table, Table)
    # Text of all rows costs both sides less than arrays of each column: hardly any of it passes through Python.
    given = cast(bindparam("rows", type_=Text), JSON)
    columns = [table.c[name] for name in names]
    rows = func.json_to_recordset(given).table_valued(*(column(each.name, each.type) for each in columns))
    return insert(table).from_select(columns, select(rows.render_derived(with_types=True)), include_defaults=False)


@cache
def _defaults(table: type[Base]) -> dict[str, Any]:
    return {each.name: each.default.arg for each in table.__table__.columns if each.default is not None}


def _as_table(table: type[Base], names: Iterable[str]) -> TableValuedAlias:
    arrays = [
        bindparam(_given(name), type_=postgresql.ARRAY(table.__table__.c[name].type, dimensions=1)) for name in names
    ]
    return func.unnest(*arrays).table_valued(*names).render_derived(name="given")


def _given(name: str) -> str:
    return f"given_{name}"  # a bare name is taken: SQLAlchemy gives it to the column itself
