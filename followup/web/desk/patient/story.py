"""A patient's story as the page tells it: by days, lines of the ledger that were written together as one."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from markupsafe import Markup

from followup.models import TreatmentSession
from followup.queries.patients import ConsentView
from followup.queries.replies import ReplyView
from followup.queries.timeline import ConsentEvent, Event, Kind
from followup.rules.quiet import local_date
from followup.terms import Channel, Reason

_COUNTED_FOR = timedelta(days=30)  # later, a day after a session says nothing any more

#: What can be shown, by its word in the address.
SHOWS: Mapping[str, tuple[str, frozenset[Kind]]] = {
    "": ("All", frozenset(Kind) - {Kind.RECEIPT}),
    "messages": ("Messages", frozenset({Kind.MESSAGE, Kind.TREATMENT})),
    "replies": ("Replies and alerts", frozenset({Kind.REPLY, Kind.ALERT, Kind.RESOLUTION})),
    "scores": ("Scores", frozenset({Kind.OUTCOME, Kind.TREATMENT})),
    "consent": ("Consent", frozenset({Kind.CONSENT})),
}

#: What a scheduled message waits for, in few words; `Reason.sentence` says it whole.
WAITS: Mapping[Reason, str] = {
    Reason.CONDITION_NOT_MET: "Only if needed",
    Reason.NO_CONSENT: "Waits: no consent",
    Reason.OPTED_OUT: "Waits: they stopped it",
    Reason.TOO_LATE: "Too late",
    Reason.OPEN_ALERT: "Waits: open alert",
    Reason.ALREADY_BOOKED: "Waits: booked",
    Reason.ALREADY_ANSWERED: "Answered",
    Reason.REPLACED: "Replaced",
    Reason.FREQUENCY_LIMIT: "Waits: too many texts",
    Reason.BAD_ADDRESS: "Waits: no address",
    Reason.CLINIC_NOT_READY: "Waits: no emergency number",
}


@dataclass(frozen=True, slots=True)
class Stated:
    """Lines of the consent ledger that were written together, about the same."""

    at: datetime
    lines: Sequence[ConsentView]
    kind: str = "stated"

    @property
    def first(self) -> ConsentView:
        """What is the same for all of them."""
        return self.lines[0]

    @property
    def purposes(self) -> dict[Channel, list[str]]:
        """What they are about."""
        found: dict[Channel, list[str]] = {}
        for line in self.lines:
            found.setdefault(line.channel, []).append(line.purpose)
        return found


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day of the patient's, newest first."""

    title: str
    items: Sequence[Event | Stated]


def by_days(
    events: Sequence[Event], sessions: Sequence[TreatmentSession], *, zone: ZoneInfo, now: datetime
) -> list[Day]:
    """The story day by day; each day is counted from the last session before it."""
    ended = sorted(local_date(one.ended_at, zone) for one in sessions)
    days = groupby(events, key=lambda event: local_date(event.at, zone))
    return [Day(_title(day, ended, local_date(now, zone)), list(_joined(list(items)))) for day, items in days]


def marked(reply: ReplyView) -> Markup:
    """The words of a reply, with those marked that speak for its labels."""
    said, end = Markup(""), 0
    for match in sorted(reply.matched, key=lambda each: (each.start, each.end)):
        start, stop = max(match.start, end), match.end
        if start < stop <= len(reply.body):
            said += reply.body[end:start] + Markup("<mark>{}</mark>").format(reply.body[start:stop])
            end = stop
    return said + reply.body[end:]


def _title(day: date, ended: Sequence[date], today: date) -> str:
    name = f"{day:%A} {day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")
    before = bisect_right(ended, day)
    if before and day - ended[before - 1] <= _COUNTED_FOR:
        name += f", day {(day - ended[before - 1]).days}"
    return f"Today, {name}" if day == today else name


def _joined(events: Sequence[Event]) -> Iterator[Event | Stated]:
    def alike(event: Event) -> object:
        if isinstance(event, ConsentEvent):
            line = event.consent
            return event.at, line.says, line.source, line.method, line.recorded_by
        return event

    for _, same in groupby(events, key=alike):
        together = list(same)
        lines = [event.consent for event in together if isinstance(event, ConsentEvent)]
        if lines:
            yield Stated(together[0].at, lines[::-1])
        else:
            yield from together
