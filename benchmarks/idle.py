"""What a tick costs while nothing is due, and whether it grows with what is owed later."""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

from benchmarks.figures import Figure
from benchmarks.ground import FEW, MANY, Database, Ground
from followup.actions import sending
from followup.actions.patience import Patience
from followup.db import opener

TIMES = 1_000
MOST_MORE = 0.5  # ms


def measure(ground: Ground) -> Iterator[Figure]:
    """Both sizes in turn, so that whatever else the machine does meets both alike."""
    for kind in ("postgresql", "sqlite"):
        few, many = ground.database(kind, FEW), ground.database(kind, MANY)
        for warm in (True, False):
            pairs = [(_tick(few), _tick(many)) for _ in range(50 if warm else TIMES)]
        at_few, at_many = (median(times) * 1000 for times in zip(*pairs, strict=True))
        yield Figure(f"idle tick, {kind}, {FEW:,} pending", at_few, "ms")
        yield Figure(f"idle tick, {kind}, {MANY:,} pending", at_many, "ms")
        yield Figure(f"idle tick, {kind}: what the others add", at_many - at_few, "ms", most=MOST_MORE)


def _tick(database: Database) -> float:
    gc.disable()
    began = perf_counter()
    with opener(database.engine)() as db:
        batches = sending.lease(db, now=datetime.now(UTC), patience=Patience())
    took = perf_counter() - began
    gc.enable()
    assert not batches, "something was due"
    return took
