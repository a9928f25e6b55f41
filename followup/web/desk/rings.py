"""An alert's clock as a ring: how much of the allowed time is used, and what is left of it, in figures and in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_SOON = 0.75  # of the allowed time


@dataclass(frozen=True, slots=True)
class Ring:
    """What `ui.clock` draws."""

    pace: str  #: calm, soon or over
    used: int  #: 0 to 100
    face: str
    unit: str
    words: str


def ring(*, since: datetime, until: datetime, now: datetime) -> Ring:
    """The clock of something that should be taken by `until`."""
    left, allowed = until - now, max(until - since, timedelta(seconds=1))
    used = min(max((now - since) / allowed, 0.0), 1.0)
    number, unit, word = _rounded(abs(left))
    is_over = left <= timedelta(0)
    return Ring(
        pace="over" if is_over else "soon" if used >= _SOON else "calm",
        used=100 if is_over else round(used * 100),
        face=f"+{number}" if is_over else str(number),
        unit=unit,
        words=f"{number} {word} too late" if is_over else f"{number} {word} left to take it",
    )


def _rounded(time: timedelta) -> tuple[int, str, str]:
    """At most two figures, so that the ring has room."""
    if time < timedelta(minutes=100):
        number, unit, word = int(time / timedelta(minutes=1)), "min", "minute"
    elif time < 2 * _DAY:
        number, unit, word = round(time / _HOUR), "h", "hour"
    else:
        number, unit, word = round(time / _DAY), "days", "day"
    return number, unit, word if number == 1 else f"{word}s"
