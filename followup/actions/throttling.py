"""Slows down who guesses: each account and each address may fail so often, then waits, longer and longer.

Nobody is locked out: every wait ends, and a link by email gets over it. Tries are counted before they are judged, in
the database, so that many at once, on many web processes, get no more of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from followup.db import on_postgresql
from followup.models import Throttle

_FORGOTTEN_AFTER = timedelta(hours=1)  # without a try
_FIRST_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many tries go without a wait, and how long waits, which double, may become."""

    free: int
    longest: timedelta


ACCOUNT = Limit(5, timedelta(minutes=15))
ADDRESS = Limit(50, timedelta(minutes=5))  # a whole clinic may stand behind one
LETTERS = Limit(3, timedelta(minutes=15))  # emails with a link, to one account


class TooSoon(Exception):
    """It must wait until this instant, in real time."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until.isoformat()}")
        self.until = until


def key_of(kind: str, value: str) -> str:
    """What an account or an address is counted under."""
    return sha256(f"{kind}:{value}".encode()).hexdigest()


def count_try(db: Session, limits: Mapping[str, Limit], *, clock: datetime) -> int:
    """Count one try under every key; how many are left before the next wait. Raises TooSoon, and then counts none."""
    dialect = postgresql if on_postgresql(db) else sqlite
    insert = dialect.insert(Throttle).on_conflict_do_nothing(index_elements=["key"])
    db.execute(insert, [{"key": key, "tries": 0, "tried_at": clock} for key in limits])
    rows = db.scalars(select(Throttle).where(Throttle.key.in_(limits)).order_by(Throttle.key).with_for_update()).all()
    if waits := [row.wait_until for row in rows if row.wait_until and row.wait_until > clock]:
        raise TooSoon(max(waits))
    for row in rows:
        row.tries = 1 if clock - row.tried_at > _FORGOTTEN_AFTER else row.tries + 1
        row.tried_at = clock
        row.wait_until = _wait_until(row.tries, limits[row.key], clock)
    return min(max(0, limits[row.key].free - row.tries) for row in rows)


def take_back(db: Session, key: str) -> None:
    """The last try under this key was a good one."""
    row = db.get(Throttle, key, with_for_update=True)
    if row:
        row.tries, row.wait_until = max(0, row.tries - 1), None


def forget(db: Session, key: str, *, clock: datetime) -> None:
    """Whoever failed under this key has proven who they are; and what is long over is forgotten with it."""
    db.execute(delete(Throttle).where((Throttle.key == key) | (Throttle.tried_at < clock - 24 * _FORGOTTEN_AFTER)))


def _wait_until(tries: int, limit: Limit, clock: datetime) -> datetime | None:
    beyond = tries - limit.free
    if beyond < 0:
        return None
    return clock + min(_FIRST_WAIT * (1 << min(beyond, 20)), limit.longest)
