"""Who is told of an alert, when, and what happens while nobody takes it (clinical.md §1.3, §4.2 steps 9 and 10)."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from followup.rules.opening import HoursError, Opening, parse_hours
from followup.rules.quiet import at_wall, local_date
from followup.terms import Label

#: How often everybody is told of an emergency that nobody takes; after that only the banner remains.
MOST_CALLS_TO_ALL = 12

_SEVERITIES = list(Label)
_JUST_BEFORE = timedelta(minutes=1)
_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"
_THUMBS_UP = "\N{THUMBS UP SIGN}"
_I = r"(?:i|ill|im|i am|i will|i have|ive)"
_TAKES = re.compile(
    rf"k|ok(?:ay)?|okey|yes|yep|mine|its mine|(?:{_I} )?(?:take|taken|taking|took|got|have)(?: it| this)?|(?:{_I} )?on it"
    r"|si|mia|vale|(?:yo )?(?:lo |la )?(?:tomo|tomado|tomada|tomando|cojo)"
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an alert of each severity may wait for a person (a clinic's settings)."""

    emergency: timedelta = timedelta(minutes=5)
    urgent: timedelta = timedelta(minutes=15)
    worry: timedelta = timedelta(minutes=60)  #: nerve and infection, and between the rounds of everything milder

    def of(self, label: Label) -> timedelta:
        """The wait before the next person is told."""
        return {Label.EMERGENCY: self.emergency, Label.URGENT: self.urgent}.get(label, self.worry)


@dataclass(frozen=True, slots=True)
class Place:
    """One place on the list of who is told; `hours` as `rules.opening` reads them, empty for any time."""

    staff_id: UUID
    hours: str
    zone: ZoneInfo

    def covers(self, at: datetime) -> bool:
        """Whether this person is on call then. Hours that cannot be read are any time: better one call too many."""
        try:
            return not self.hours.strip() or parse_hours(self.hours).is_open(at, self.zone)
        except HoursError:
            return True


@dataclass(frozen=True, slots=True)
class Round:
    """Who is told now, and when the next round is due unless someone takes it; None: there is none."""

    tells: Sequence[UUID]
    next_at: datetime | None


def is_worse(label: Label, than: Label) -> bool:
    """Whether a label calls for faster action than another one."""
    return _SEVERITIES.index(label) < _SEVERITIES.index(than)


def answer_by(label: Label, *, at: datetime, patience: Patience, hours: str, zone: ZoneInfo) -> datetime:
    """When someone should have taken it: within its minutes, or by the end of the working day if it is no worry."""
    if label.is_worry:
        return at + patience.of(label)
    try:
        opening = parse_hours(hours)
    except HoursError:
        opening = Opening(())
    return opening.end_of_day(at, zone)


def first_round_at(label: Label, *, at: datetime, answer_by: datetime) -> datetime:
    """When the first person is told: of a worry at once, of the rest only if nobody has looked by the end of the day."""
    return at if label.is_worry else answer_by


def next_round(
    label: Label, *, places: Sequence[Place], before: Sequence[Collection[UUID]], at: datetime, wait: timedelta
) -> Round:
    """The first person on call who has not been told yet; when there is none, everybody at once.

    `before` holds who was told in each round so far. After everybody was told there is no further round, except that an
    emergency tells everybody again, `MOST_CALLS_TO_ALL` times in all. Who goes home as the working day ends still
    hears what was due by then.
    """
    told: set[UUID] = set().union(*before)
    shift = at if label.is_worry or before else at - _JUST_BEFORE
    for place in places:
        if place.staff_id not in told and place.covers(shift):
            return Round([place.staff_id], at + wait)
    calls = _calls_to_all(before) + 1
    again = label is Label.EMERGENCY and bool(places) and calls < MOST_CALLS_TO_ALL
    return Round([place.staff_id for place in places], at + wait if again else None)


def _calls_to_all(before: Sequence[Collection[UUID]]) -> int:
    told, calls = set[UUID](), 0
    for round_ in before:
        is_one_more = len(round_) == 1 and not told.issuperset(round_)
        calls += not is_one_more
        told.update(round_)
    return calls


def proof_at(moment: datetime, *, opens: time, zone: ZoneInfo) -> datetime:
    """When the daily test of alarms is due on the local day of a moment: as the clinic's quiet hours end."""
    return at_wall(local_date(moment, zone), opens, zone)


def next_proof_at(after: datetime, *, opens: time, zone: ZoneInfo) -> datetime:
    """The first daily test that is due later than a moment."""
    today = proof_at(after, opens=opens, zone=zone)
    return today if today > after else at_wall(local_date(after, zone) + timedelta(days=1), opens, zone)


def takes(text: str) -> bool:
    """Whether a member of staff says, in English or Spanish and nothing else, that they take what they were told of."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text).casefold() if letter not in _APOSTROPHES)
    letters = "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return bool(_TAKES.fullmatch(" ".join(letters.split()) or ("ok" if _THUMBS_UP in text else "")))
