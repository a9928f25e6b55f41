"""Changes many rows of one table with one statement: one for each costs several times as much, on both sides."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import TableValuedAlias, Update, bindparam, func, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.state import InstanceState
from sqlalchemy.sql.dml import ReturningInsert

from followup.db import Base, on_postgresql
from followup.models.inserting import Row


def write_changes(db: Session, rows: Sequence[Base]) -> None:
    """Write now what changed in rows of one table, which have an `id`, just as a flush would.

    SQLite is left to the flush: no network lies between it and us.
    """
    if not on_postgresql(db):
        return
    alike = defaultdict[frozenset[str], list[Base]](list)
    for row in rows:
        state = inspect(row)
        if changed := frozenset(state.mapper.columns.keys()) - state.unmodified:
            alike[changed].append(row)
    for changed, those in alike.items():
        _update(db, tuple(sorted(changed)), those)


def insert_new(db: Session, table: type[Base], rows: Sequence[Row], *unique: str) -> set[tuple[Any, ...]]:
    """Insert the rows that are not there yet, and return their unique values.

    The constraint decides what is new, so two who insert the same at once cannot both win.
    """
    if not rows:
        return set()
    if not on_postgresql(db):
        new = sqlite.insert(table).on_conflict_do_nothing(index_elements=unique)
        return {tuple(row) for row in db.execute(new.returning(*(getattr(table, name) for name in unique)), rows)}
    names = tuple(rows[0])
    columns = {_given(name): [row[name] for row in rows] for name in names}
    return {tuple(row) for row in db.connection().execute(_insertion(table, names, unique), columns)}


def _update(db: Session, names: tuple[str, ...], rows: Sequence[Base]) -> None:
    columns = {_given(name): [getattr(row, name) for row in rows] for name in ("id", *names)}
    db.connection().execute(_change(type(rows[0]), names), columns)
    # As SQLAlchemy does after a flush of its own; else the next one looks for changes in every column of these rows.
    InstanceState._commit_all_states(((inspect(row), row.__dict__) for row in rows), db.identity_map)  # noqa: SLF001


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


def _as_table(table: type[Base], names: Iterable[str]) -> TableValuedAlias:
    arrays = [
        bindparam(_given(name), type_=postgresql.ARRAY(table.__table__.c[name].type, dimensions=1)) for name in names
    ]
    return func.unnest(*arrays).table_valued(*names).render_derived(name="given")


def _given(name: str) -> str:
    return f"given_{name}"  # a bare name is taken: SQLAlchemy gives it to the column itself
