"""New rows of many things at once: one statement for each table, where an object for each row would cost the most."""

from collections import defaultdict
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from followup.db import Base
from followup.models.writing import Row, insert_all


class Rows:
    """Gathers rows and writes them together, first those that others point at."""

    def __init__(self, db: Session) -> None:
        self._db = db
        self._rows: defaultdict[type[Base], list[Row]] = defaultdict(list)

    def add(self, table: type[Base], **values: Any) -> None:
        """A row with these values, by column, the same for each row of a table; one that has a default may be left out."""
        self._rows[table].append(values)

    def write(self) -> None:
        """Write what was gathered, after what was added to the session itself."""
        self._db.flush()
        for table in sorted(self._rows, key=_place):
            insert_all(self._db, table, self._rows[table])
        self._rows.clear()


def _place(model: type[Base]) -> int:
    """The place of a table in an order in which none points at a later one."""
    return _places()[model.__tablename__]


@cache
def _places() -> dict[str, int]:
    return {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
