"""Waiting for what happens elsewhere: never for a fixed time, and never for ever."""

import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

_LOOK_EVERY = 0.02  # seconds
_PAUSE = threading.Event()


def until(condition: Callable[[], object], *, within: timedelta = timedelta(seconds=10)) -> None:
    """Wait until a condition holds. Raises AssertionError when it does not hold in time."""
    deadline = monotonic() + within.total_seconds()
    while not condition():
        if monotonic() > deadline:
            raise AssertionError(f"waited {within.total_seconds():g} s in vain for {condition!r}")
        _PAUSE.wait(_LOOK_EVERY)
