"""Business time goes on from due time to due time, on the real engine."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from followup.actions import shifting
from followup.actions.shifting import CannotTurnBack
from followup.practice import emulated
from followup.queries import progress
from followup.runtime import Runtime

PATIENCE = timedelta(seconds=45)  #: longer than a gateway may take to answer
_LOOK_EVERY = 0.02  # seconds
_PAUSE = threading.Event()


class Stuck(Exception):
    """Something is due, and nothing has moved for as long as we were ready to wait."""


def walk(
    runtime: Runtime,
    to: datetime,
    *,
    wake: Callable[[], None] = lambda: None,
    patience: timedelta = PATIENCE,
) -> Iterator[datetime]:
    """Go from due time to due time, and on only when all that is due has been dealt with; tells each that is over.

    `wake` calls the tick at once instead of at the next second. Raises Stuck.
    """
    _drain(runtime, wake, patience)
    while (moment := next_due(runtime)) is not None and moment <= to:
        _reach(runtime, moment)
        _drain(runtime, wake, patience)
        yield moment
    _reach(runtime, to)
    _drain(runtime, wake, patience)


def waker(broker_url: str) -> Callable[[], None]:
    """Wakes the tick at once instead of at the next second; if that fails, the next second comes anyway."""
    if not broker_url:
        return lambda: None
    from celery import Celery  # noqa: PLC0415 - a web process that is live never needs it, and it is large
    from kombu.exceptions import OperationalError  # noqa: PLC0415 - comes with it

    celery = Celery(broker=broker_url, set_as_current=False)
    celery.conf.broker_transport_options = {"socket_timeout": 2, "socket_connect_timeout": 2}

    def wake() -> None:
        with suppress(OperationalError):
            celery.send_task("tick", queue="tick", expires=1, retry=False)

    return wake


def begin_at(runtime: Runtime, to: datetime) -> None:
    """Let everything begin at an instant, be it behind us or ahead. Raises CannotTurnBack and Stuck."""
    if to < runtime.now():
        move(runtime, to)
    else:
        for _ in walk(runtime, to):
            pass


def next_due(runtime: Runtime) -> datetime | None:
    """When something is due next; None if nothing is owed."""
    with runtime.read_db() as db:
        return progress.next_due(db, after=runtime.now())


def move(runtime: Runtime, to: datetime) -> None:
    """Let business time go on from `to`, whatever is due before. Raises CannotTurnBack."""
    with runtime.open_db() as db:
        ahead = shifting.move_clock(db, to=to, now=runtime.now()).ahead
    emulated.tell_clock(runtime.settings, ahead)


def _reach(runtime: Runtime, moment: datetime) -> None:
    """Move there, unless time has got there by itself, or somebody else has moved it."""
    with suppress(CannotTurnBack):
        move(runtime, moment)


def _drain(runtime: Runtime, wake: Callable[[], None], patience: timedelta) -> None:
    """Wait until the engine has done all that it can do now. Raises Stuck when it does not get on."""
    left, since = -1, time.monotonic()
    while True:
        with runtime.read_db() as db:
            unfinished = progress.unfinished(db, now=runtime.now())
        if unfinished == 0:
            return
        if unfinished != left:
            left, since = unfinished, time.monotonic()
            wake()
        elif time.monotonic() - since > patience.total_seconds():
            raise Stuck(
                f"{unfinished} messages are due and none leaves; is `followup serve` running? Its output says more"
            )
        _PAUSE.wait(_LOOK_EVERY)
