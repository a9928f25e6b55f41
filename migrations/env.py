"""How Alembic runs the versions: on the connection that `migrations` hands over, else on `DATABASE_URL`."""

import os
from collections.abc import Iterable
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import followup.models  # noqa: F401 - fills the metadata
from followup.db import Base, Json, UtcDateTime
from migrations import alone


def migrate(connection: Connection) -> None:
    on_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,  # on SQLite too, since `followup.db` says BEGIN itself
        render_as_batch=True,  # SQLite changes a table by copying it
        render_item=plainly,
        process_revision_directives=number,
    )
    with context.begin_transaction():
        context.run_migrations()
        if on_sqlite and (orphans := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            raise RuntimeError(f"the migration leaves rows whose parent is gone: {orphans[:5]}")


def plainly(kind: str, item: Any, written: AutogenContext) -> str | Literal[False]:
    """Write columns without our own types, so that a version never changes with the code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and item is Json:
        written.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    return False


def number(_: MigrationContext, __: object, directives: Iterable[MigrationScript]) -> None:
    """Name versions 0001, 0002, … instead of by chance."""
    newest = ScriptDirectory.from_config(context.config).get_current_head()
    for script in directives:
        script.rev_id = f"{int(newest or 0) + 1:04d}"


if handed_over := context.config.attributes.get("connection"):
    migrate(handed_over)
else:
    with alone(os.environ["DATABASE_URL"]) as own:
        migrate(own)
