"""Local clocks and quiet hours: when a clinic's messages stay silent, and when the day opens and closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


def at_wall(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The instant at which local clocks read this wall time that day.

    A time that the clocks skip moves forward by what they skip; of a doubled one it is the first (PEP 495, `fold=0`).
    """
    return datetime.combine(day, wall.replace(fold=0), zone).astimezone(UTC)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day on which an instant falls for the patient."""
    return moment.astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until just before `end` of the patient's local clock. May pass midnight; equal times mean none."""

    start: time = time(20)
    end: time = time(9)

    def covers(self, moment: datetime, zone: ZoneInfo) -> bool:
        """Whether local clocks show a quiet time."""
        wall = moment.astimezone(zone).time()
        if self.start <= self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def opens_at(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The next end of quiet hours, or the moment itself when it is outside them."""
        if not self.covers(moment, zone):
            return moment
        ends = _around(moment, self.end, zone)
        return next(end for end in ends if end > moment and not self.covers(end, zone))

    def closes_at(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The next beginning of quiet hours, the moment itself when it is within them; None if there are none."""
        if self.start == self.end:
            return None
        if self.covers(moment, zone):
            return moment
        return next(start for start in _around(moment, self.start, zone) if start > moment)

    def closed_at(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The last beginning of quiet hours that is not after the moment."""
        return max(start for start in _around(moment, self.start, zone) if start <= moment)


def quiet_until(
    now: datetime, *, zone: ZoneInfo, quiet: QuietHours, ignored_until: datetime | None = None
) -> datetime | None:
    """At send time: None if a message may leave now, else when the day opens.

    `ignored_until` is how long an immediate step may leave in quiet hours (`StepTime.ignores_quiet_until`).
    """
    if ignored_until is not None and now <= ignored_until:
        return None
    opening = quiet.opens_at(now, zone)
    return None if opening == now else opening


def open_until(
    now: datetime, *, zone: ZoneInfo, quiet: QuietHours, ignored_until: datetime | None = None
) -> datetime | None:
    """How long a carrier may try to deliver what leaves now: until the day closes; None for as long as it likes.

    Only for messages that keep quiet hours: an alarm may arrive whenever the phone is switched on again.
    """
    closing = quiet.closes_at(now, zone)
    if closing is None or ignored_until is None:
        return closing
    return max(closing, ignored_until)


def _around(moment: datetime, wall: time, zone: ZoneInfo) -> Sequence[datetime]:
    return _around_day(local_date(moment, zone), wall, zone)


@lru_cache(maxsize=1024)  # asked for every message that leaves, mostly of the same day
def _around_day(today: date, wall: time, zone: ZoneInfo) -> Sequence[datetime]:
    # Both readings of a doubled time count, since clocks enter and leave quiet hours at each. Of a skipped time, the
    # two readings lie on either side of the gap. One day back and two ahead always hold the one that is sought.
    return sorted(
        {
            datetime.combine(today + timedelta(days=days), wall.replace(fold=fold), zone).astimezone(UTC)
            for days in (-1, 0, 1, 2)
            for fold in (0, 1)
        }
    )
