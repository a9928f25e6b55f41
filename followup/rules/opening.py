"""When a clinic is open, or a person on call, as staff write it: `Mon-Fri 8-6, Sat 9-12`.

Hours without am or pm are read as people mean them: 8-6 is 08:00 to 18:00, 1-5 is 13:00 to 17:00. With minutes they
are read as they stand; an end before its beginning, such as 22:00-06:00, is on the next day.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from followup.rules.quiet import at_wall, local_date

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# No accents: one would make a text cost twice as much.
_DAYS_IN = {"es": ("lun", "mar", "mie", "jue", "vie", "sab", "dom")}

_DAY = "|".join(DAYS)
_CLOCK = r"(\d{1,2})(?::(\d\d))?\s*(am|pm)?"
_PART = re.compile(rf"({_DAY})(?:\s*-\s*({_DAY}))?\s+(.+)", re.IGNORECASE)
_SPAN = re.compile(rf"{_CLOCK}\s*-\s*{_CLOCK}", re.IGNORECASE)
_NOON = 12
_FIRST_MORNING_HOUR = 6  # a bare 1 to 5 is in the afternoon


class HoursError(ValueError):
    """Hours that cannot be read; the text says how to write them."""


@dataclass(frozen=True, slots=True)
class Span:
    """From one wall time until just before another, on one day of the week; into the next day if it ends earlier."""

    weekday: int  #: 0 is Monday
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Opening:
    """The open hours of a week, on local clocks."""

    spans: tuple[Span, ...]

    def closes_at(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When the hours that run at `at` end; None while it is closed."""
        ends = [end for start, end in self._around(at, zone) if start <= at < end]
        return max(ends, default=None)

    def is_open(self, at: datetime, zone: ZoneInfo, *, still: timedelta = timedelta(0)) -> bool:
        """Whether it is open at `at` and for `still` longer."""
        closes_at = self.closes_at(at, zone)
        return closes_at is not None and closes_at - at >= still

    def opens_at(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """The next opening after `at`; None if it never opens."""
        return min((start for start, _ in self._around(at, zone) if start > at), default=None)

    def end_of_day(self, at: datetime, zone: ZoneInfo) -> datetime:
        """When the open day that runs at `at` ends, else the next one: the end of the working day for what came now.

        Without any open hours it is a day later.
        """
        days = [(start, end) for start, end in self._around(at, zone) if end > at]
        if not days:
            return at + timedelta(days=1)
        first = min(days)
        return max(end for start, end in days if local_date(start, zone) == local_date(first[0], zone))

    def _around(self, at: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        today = local_date(at, zone)
        for shift in range(-1, 9):
            day = today + timedelta(days=shift)
            for span in self.spans:
                if span.weekday == day.weekday():
                    last = day if span.end > span.start else day + timedelta(days=1)
                    yield at_wall(day, span.start, zone), at_wall(last, span.end, zone)


@lru_cache(maxsize=256)
def parse_hours(text: str) -> Opening:
    """Read hours such as `Mon-Fri 8-6, Sat 9-12` or `Mon-Sun 00:00-00:00`; empty text never opens. Raises HoursError."""
    parts = [part.strip() for part in re.split("[,;]", text) if part.strip()]
    return Opening(tuple(span for part in parts for span in _spans(part)))


def hours_in(language: str, text: str) -> str:
    """The same hours with the days of another language."""
    names = _DAYS_IN.get(language[:2], DAYS)
    return re.sub(_DAY, lambda found: names[DAYS.index(found[0].title())], text, flags=re.IGNORECASE)


def moment_in(language: str, at: datetime, zone: ZoneInfo) -> str:
    """A day and an hour in few letters: `Mon 8 am`, `lun 8:30 am`."""
    local = at.astimezone(zone)
    names = _DAYS_IN.get(language[:2], DAYS)
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{names[local.weekday()]} {(local.hour - 1) % 12 + 1}{minutes} {'am' if local.hour < _NOON else 'pm'}"


def _spans(part: str) -> Iterator[Span]:
    read = _PART.fullmatch(part)
    times = read and [_SPAN.fullmatch(each) for each in re.split(r"\s*(?:&|\band\b)\s*", read[3])]
    if not read or not times or not all(times):
        raise HoursError(f'{part!r} are no hours; write days and times, such as "Mon-Fri 8-6, Sat 9-12"')
    first = DAYS.index(read[1].title())
    last = DAYS.index((read[2] or read[1]).title())
    for day in range(first, first + (last - first) % 7 + 1):
        for span in filter(None, times):
            yield Span(day % 7, *_clocks(span, part))


def _clocks(span: re.Match[str], part: str) -> tuple[time, time]:
    start_hour, start_minute, start_half, end_hour, end_minute, end_half = span.groups()
    start, end = int(start_hour), int(end_hour)
    is_bare = not (start_minute or end_minute or start_half or end_half)
    is_afternoon = is_bare and 0 < start < _FIRST_MORNING_HOUR
    if is_afternoon or (is_bare and end <= start <= _NOON):
        end += _NOON
    if is_afternoon:
        start += _NOON
    try:
        opens = time(_hour(start, start_half) % 24, int(start_minute or 0))
        return opens, time(_hour(end, end_half) % 24, int(end_minute or 0))
    except ValueError:
        raise HoursError(f'{part!r} has an hour that no clock shows; write it such as "Mon-Fri 8-6"') from None


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        if hour > 24:  # midnight at the end of a day
            raise ValueError(hour)
        return hour
    if not 1 <= hour <= _NOON:
        raise ValueError(hour)
    return hour % _NOON + (_NOON if half.lower() == "pm" else 0)
