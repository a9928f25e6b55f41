"""Leaves signs of life in the database, where whoever watches the engine finds them."""

from datetime import timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from followup.db import on_postgresql, real_time
from followup.models import Heartbeat

# A tick that finds nothing to do writes nothing, but once in this time.
_AT_MOST_EVERY = timedelta(seconds=10)


def beat(db: Session, *, task: str) -> None:
    """Say that a task did its work just now."""
    clock, last = real_time(db), db.get(Heartbeat, task)
    if last and last.beat_at > clock - _AT_MOST_EVERY:
        return
    dialect = postgresql if on_postgresql(db) else sqlite
    insert = dialect.insert(Heartbeat).values(task=task, beat_at=clock)
    db.execute(insert.on_conflict_do_update(index_elements=["task"], set_={"beat_at": clock}))
