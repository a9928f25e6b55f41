"""How many texts a patient may get: 1 a local calendar day and 3 in 7 days.

Care counts, but is never moved by it; feedback and booking take the first free day at the same wall time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from followup.rules.quiet import QuietHours, at_wall, local_date
from followup.rules.slots import Slot
from followup.terms import Channel, Purpose, ShiftRule

MOST_IN_WINDOW = 3
WINDOW_DAYS = 7
DAY = timedelta(days=1)

TextsByDay = Mapping[date, int]


def is_capped(purpose: Purpose, channel: Channel) -> bool:
    """Whether the cap may move such a message: texts that are not care."""
    return channel is Channel.SMS and purpose is not Purpose.CARE


def texts_by_day(texts: Iterable[datetime], zone: ZoneInfo) -> Counter[date]:
    """How many texts of origin step fall on each of the patient's calendar days."""
    return Counter(local_date(text, zone) for text in texts)


def is_free(day: date, taken: TextsByDay) -> bool:
    """Whether one more text fits: none that day, and at most 3 with it in every 7 days that contain the day.

    Looking ahead too keeps a text from taking the place of one that is planned later.
    """
    if taken.get(day, 0):
        return False
    reach = WINDOW_DAYS - 1
    near = [taken.get(day + timedelta(days=days), 0) for days in range(-reach, reach + 1)]
    fullest = max(sum(near[first : first + WINDOW_DAYS]) for first in range(WINDOW_DAYS))
    return fullest < MOST_IN_WINDOW


def spread(slot: Slot, *, zone: ZoneInfo, quiet: QuietHours, taken: TextsByDay) -> Slot:
    """Move a text to the first free day, same wall time. `taken` must not count this text itself."""
    day = local_date(slot.due_at, zone)
    if is_free(day, taken):
        return slot
    wall = slot.due_at.astimezone(zone).time()
    return slot.moved(ShiftRule.FREQUENCY, _first_free(day + DAY, wall, zone=zone, quiet=quiet, taken=taken))


def next_free(
    now: datetime, *, due_at: datetime, zone: ZoneInfo, quiet: QuietHours, texts: Iterable[datetime]
) -> datetime | None:
    """At send time: None if one more text fits today, else the first free day at the wall time of `due_at`.

    `texts` are when the patient's other texts of origin step really left, or may have (uncertain).
    """
    today, taken = local_date(now, zone), texts_by_day(texts, zone)
    if is_free(today, taken):
        return None
    wall = due_at.astimezone(zone).time()
    return _first_free(today + DAY, wall, zone=zone, quiet=quiet, taken=taken)


def _first_free(day: date, wall: time, *, zone: ZoneInfo, quiet: QuietHours, taken: TextsByDay) -> datetime:
    # Where the clocks skip the wall time it may land in quiet hours, so the day that counts is that of the opening.
    openings = (quiet.opens_at(at_wall(day + n * DAY, wall, zone), zone) for n in count())
    return next(opening for opening in openings if is_free(local_date(opening, zone), taken))
