"""New rows of many things at once: one statement for each table, where an object for each row would cost the most."""

from collections import defaultdict
from contextlib import ExitStack
from functools import cache
from types import TracebackType
from typing import Any, Self

from sqlalchemy.orm import Session

from followup.db import Base
from followup.models.inserting import Row, insert_all, row_of, unawaited


class Rows:
    """Gathers rows and writes them together, first those that others point at; at the latest at the end of its `with`."""

    def __init__(self, db: Session) -> None:
        self._db = db
        self._rows: defaultdict[type[Base], list[Row]] = defaultdict(list)
        self._sent = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.write()
        else:
            self._sent.__exit__(kind, error, trace)

    def add(self, table: type[Base], **values: Any) -> None:
        """A row with these values, by column, the same for each row of a table; one that has a default may be left out."""
        self._rows[table].append(values)

    def add_new(self, new: Base) -> None:
        """The row of a new object, which is only to look at and belongs to no session. Its id must be set."""
        self._rows[type(new)].append(row_of(new))

    def send(self) -> None:
        """Hand over what was gathered. The database writes it while we go on, and can be asked nothing until `write`."""
        if not self._rows:
            return
        self._sent.enter_context(unawaited(self._db))
        for table in sorted(self._rows, key=_place):
            insert_all(self._db, table, self._rows[table])
        self._rows.clear()

    def write(self) -> None:
        """Write what was gathered."""
        with self._sent:
            self.send()


def _place(model: type[Base]) -> int:
    """The place of a table in an order in which none points at a later one."""
    return _places()[model.__tablename__]


@cache
def _places() -> dict[str, int]:
    return {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
