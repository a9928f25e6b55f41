"""Rows by the million, made by PostgreSQL itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table, text

from followup.db import Base

# A time-ordered id that is known from what it is made of, and a number from 0 up to 1 that is drawn from a text.
_FUNCTIONS = """
CREATE FUNCTION pg_temp.made(at timestamptz, what text) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || substr(md5(what), 13))::uuid $$;
CREATE FUNCTION pg_temp.luck(of text) RETURNS float LANGUAGE sql IMMUTABLE AS
  $$ SELECT (hashtext(of) & 1048575) / 1048576.0 $$;
"""

_INDEXES = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %s', conrelid::regclass, conname) AS without,
       format('ALTER TABLE %s ADD CONSTRAINT %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS again
FROM pg_constraint WHERE contype = 'u' AND conrelid::regclass::text IN ('message', 'attempt', 'receipt', 'reply')
UNION ALL SELECT format('DROP INDEX %s', indexname), indexdef
FROM pg_indexes WHERE tablename IN ('message', 'receipt', 'reply') AND indexname LIKE 'ix_%'
"""


@contextmanager
def bulk(engine: Engine) -> Iterator[Connection]:
    """A transaction that looks up no foreign key, and makes indexes again at its end: that takes half as long.

    The connection is not used again.
    """
    with engine.connect() as connection:
        connection.detach()
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL work_mem = '256MB'"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        indexes = connection.execute(text(_INDEXES)).all()
        for index in indexes:
            connection.execute(text(index.without))
        connection.execute(text(_FUNCTIONS))
        yield connection
        for index in indexes:
            connection.execute(text(index.again))
        connection.commit()


def add(
    connection: Connection, model: type[Base], rows: str, given: dict[str, Any] | None = None, **values: str
) -> None:
    """Add a row for each of `rows`, a FROM clause. What has no value is as in the row called `seed`, if there is one."""
    table = model.__table__
    assert isinstance(table, Table)
    other = 'seed."{}"' if " seed " in rows else "NULL"
    names = [column.name for column in table.columns]
    chosen = ", ".join(values.get(name, other.format(name)) for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    connection.execute(text(f"INSERT INTO {table.name} ({quoted}) SELECT {chosen} FROM {rows}"), given or {})
