"""Runs the worker's tasks in this very process, without a broker, until nothing is left for them to do."""

from datetime import datetime, timedelta

from celery import Celery
from sqlalchemy import func, select

from followup.models import Message
from followup.queries import progress
from followup.runtime import Runtime
from followup.tasks import make_celery
from followup.testing.clock import StandingClock

_MOST_ROUNDS = 100  # a message that meets every wait and is looked for in between needs fewer


def make_eager_celery(runtime: Runtime) -> Celery:
    """The worker's own app; a task that is queued runs at once, and its errors are the caller's."""
    celery = make_celery(runtime)
    celery.conf.update(task_always_eager=True, task_eager_propagates=True)
    return celery


def run_through(celery: Celery, runtime: Runtime, clock: StandingClock, by: timedelta) -> None:
    """Do all that is due, then go on through a time, from due time to due time, as a running service would."""
    end = clock() + by
    run_to_rest(celery, runtime)
    while (moment := _next_due(runtime)) is not None and moment <= end:
        clock.set(moment)
        run_to_rest(celery, runtime)
    clock.set(end)


def run_to_rest(celery: Celery, runtime: Runtime) -> None:
    """Do everything that beat wakes, again and again, until no message can be moved on now."""
    for _ in range(_MOST_ROUNDS):
        for waking in celery.conf.beat_schedule.values():
            celery.tasks[waking["task"]].run()
        if (left := _left(runtime)) == 0:
            return
    raise AssertionError(f"{left} messages are due or uncertain, and {_MOST_ROUNDS} rounds did not move them on")


def _next_due(runtime: Runtime) -> datetime | None:
    with runtime.read_db() as db:
        return progress.next_due(db, after=runtime.now())


def _left(runtime: Runtime) -> int:
    uncertain = select(func.count()).where(Message.check_at.is_not(None))
    with runtime.read_db() as db:
        return progress.unfinished(db, now=runtime.now()) + db.scalars(uncertain).one()
