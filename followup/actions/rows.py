"""New rows of many things at once: one statement for each table, where an object for each row would cost the most."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Insert, Table, Text, bindparam, cast, column, func, insert, select, text
from sqlalchemy.orm import Session

from followup.db import Base

Row = dict[str, Any]


class Rows:
    """Gathers rows and writes them together, first those that others point at."""

    def __init__(self, db: Session) -> None:
        self._db = db
        self._rows: defaultdict[type[Base], list[Row]] = defaultdict(list)

    def add(self, table: type[Base], **values: Any) -> None:
        """A row with these values, by column; one that has a default may be left out."""
        self._rows[table].append(values)

    def write(self) -> None:
        """Write what was gathered, after what was added to the session itself."""
        self._db.flush()
        if not self._rows:
            return
        write = _write_to_postgresql if self._db.get_bind().dialect.name == "postgresql" else _write
        write(self._db, {model: self._rows[model] for model in sorted(self._rows, key=_place)})
        self._rows.clear()


def _place(model: type[Base]) -> int:
    """The place of a table in an order in which none points at a later one."""
    return _places()[model.__tablename__]


@cache
def _places() -> dict[str, int]:
    return {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}


def _write(db: Session, rows: Mapping[type[Base], Sequence[Row]]) -> None:
    for model, its in rows.items():
        db.execute(insert(model), its)


def _write_to_postgresql(db: Session, rows: Mapping[type[Base], Sequence[Row]]) -> None:
    # For both sides one statement with all rows costs half of a statement for each.
    db.execute(_KEEP_PLANS)
    for model, its in rows.items():
        whole = [_whole(model, row) for row in its]
        db.execute(_insert_from_json(model), {"rows": json.dumps(whole, default=_as_text)})


# What a new row points at is looked up by a plan of its own. Until the transaction ends these plans are kept, not made
# anew for each row; since they use indexes only, they stay right however small the tables were when they were made.
_KEEP_PLANS = text("SELECT set_config('plan_cache_mode', 'auto', true), set_config('enable_seqscan', 'off', true)")


@cache
def _insert_from_json(model: type[Base]) -> Insert:
    table = model.__table__
    assert isinstance(table, Table)
    given = cast(bindparam("rows", type_=Text), JSON)
    rows = func.json_to_recordset(given).table_valued(*(column(each.name, each.type) for each in table.columns))
    return insert(table).from_select(list(table.columns), select(rows.render_derived(with_types=True)))


def _whole(model: type[Base], row: Row) -> Row:
    """The row with the defaults of what it leaves out."""
    made = {
        name: default.arg(None) if default.is_callable else default.arg
        for name, default in _defaults(model).items()
        if name not in row
    }
    return made | row


@cache
def _defaults(model: type[Base]) -> dict[str, Any]:
    return {column.name: column.default for column in model.__table__.columns if column.default is not None}


def _as_text(value: UUID | datetime) -> str:
    """As PostgreSQL reads it."""
    if isinstance(value, UUID):
        return value.hex
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}: every instant needs its zone")
    return value.isoformat()
