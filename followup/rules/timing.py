"""When each message of a plan goes: the plan's time, then the rules that move it, in their order.

1. The plan's local time, on clocks that may skip or double it.
2. Not before it was recorded, with three minutes to undo a slip.
3. Owed feedback waits after a newer treatment session.
4. Outside quiet hours (`rules.quiet`).
5. Not too many texts (`rules.frequency`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from followup.rules.frequency import is_capped, spread, texts_by_day
from followup.rules.quiet import QuietHours, at_wall, local_date
from followup.rules.slots import Shift, Slot
from followup.terms import Channel, OnQuiet, Purpose, ShiftRule

TIME_TO_UNDO = timedelta(minutes=3)
BEFORE_QUIET = timedelta(minutes=10)
IMMEDIATE_FOR = timedelta(minutes=60)
FEEDBACK_WAIT = timedelta(hours=48)

_PLANNING_ORDER = {purpose: place for place, purpose in enumerate(Purpose)}


@dataclass(frozen=True, slots=True)
class StepTime:
    """When a step goes: `after` counts hours and minutes from the treatment's end, `day` its local calendar days.

    For a reminder both count from when its question left. `at` is the local time of whole days.
    """

    purpose: Purpose
    expires: timedelta
    after: timedelta | None = None
    day: int | None = None
    at: time = time(10)
    on_quiet: OnQuiet = OnQuiet.LATER

    def __post_init__(self) -> None:
        if (self.after is None) == (self.day is None):
            raise ValueError(f"after={self.after}, day={self.day}: a step's time needs exactly one of them")

    def ignores_quiet_until(self, ended_at: datetime) -> datetime | None:
        """How long an immediate step may leave in quiet hours; None for every other step."""
        return ended_at + IMMEDIATE_FOR if self.on_quiet is OnQuiet.IMMEDIATE else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One message that a plan asks for. `reminds` is the place of its question among those wanted."""

    step: StepTime
    channel: Channel
    conditional: bool = False  #: counts as a text only once it is sent
    reminds: int | None = None


def place(
    step: StepTime,
    *,
    ended_at: datetime,
    recorded_at: datetime,
    zone: ZoneInfo,
    quiet: QuietHours,
    not_before: datetime | None = None,
) -> Slot:
    """When this step goes, by itself: the cap comes later (`spread`, `schedule`).

    `recorded_at` is when it was recorded or its time last changed. `not_before` is for feedback owed from an older
    treatment session: 48 h after the latest one.
    """
    ended_at, recorded_at = ended_at.astimezone(UTC), recorded_at.astimezone(UTC)
    nominal, gap = _nominal(step, ended_at, zone)
    slot = Slot(nominal, nominal, nominal + step.expires, gap)
    earliest = max(ended_at, recorded_at if step.on_quiet is OnQuiet.IMMEDIATE else recorded_at + TIME_TO_UNDO)
    return _settle(slot, step, ended_at=ended_at, earliest=earliest, not_before=not_before, zone=zone, quiet=quiet)


def after_question(
    step: StepTime,
    *,
    question_at: datetime,
    left_at: datetime,
    recorded_at: datetime,
    zone: ZoneInfo,
    quiet: QuietHours,
    not_before: datetime | None = None,
) -> Slot:
    """When a reminder goes: whole days from the local date on which its question left, or so many hours after.

    `question_at` is the question's nominal time; a reminder moved by its question's delay says so.
    """
    left_at, recorded_at = left_at.astimezone(UTC), recorded_at.astimezone(UTC)
    planned, _ = _reminder_nominal(step, question_at.astimezone(UTC), zone)
    nominal, lead = _reminder_nominal(step, left_at, zone)
    counted = lead[0].before if lead else nominal
    if planned != counted:
        lead = (Shift(ShiftRule.QUESTION_LEFT, planned, counted), *lead)
    slot = Slot(nominal, nominal, nominal + step.expires, lead)
    earliest = max(left_at, recorded_at + TIME_TO_UNDO)
    return _settle(slot, step, ended_at=left_at, earliest=earliest, not_before=not_before, zone=zone, quiet=quiet)


def schedule(
    wanted: Sequence[Wanted],
    *,
    ended_at: datetime,
    recorded_at: datetime,
    zone: ZoneInfo,
    quiet: QuietHours,
    texts: Iterable[datetime] = (),
    newer_ended_at: datetime | None = None,
) -> list[Slot]:
    """The slots of one treatment session's messages, in the order given.

    Texts take their days in the order care, feedback, booking, beside `texts`: when the patient's other texts of origin
    step went or are due. Reminders follow their question and are checked only at send. `newer_ended_at` is the end of
    the latest treatment session, when that is not this one.
    """
    wait = None if newer_ended_at is None else newer_ended_at.astimezone(UTC) + FEEDBACK_WAIT
    slots: dict[int, Slot] = {}
    for index, want in enumerate(wanted):
        if want.reminds is None:
            slots[index] = place(
                want.step,
                ended_at=ended_at,
                recorded_at=recorded_at,
                zone=zone,
                quiet=quiet,
                not_before=_only_feedback(want, wait),
            )
    slots |= _take_days(wanted, slots, zone=zone, quiet=quiet, texts=texts)
    for index, want in enumerate(wanted):
        if want.reminds is not None:
            slots[index] = after_question(
                want.step,
                question_at=slots[want.reminds].nominal_at,
                left_at=slots[want.reminds].due_at,
                recorded_at=recorded_at,
                zone=zone,
                quiet=quiet,
                not_before=_only_feedback(want, wait),
            )
    return [slots[index] for index in range(len(wanted))]


def _take_days(
    wanted: Sequence[Wanted],
    slots: Mapping[int, Slot],
    *,
    zone: ZoneInfo,
    quiet: QuietHours,
    texts: Iterable[datetime],
) -> dict[int, Slot]:
    taken = texts_by_day(texts, zone)
    settled: dict[int, Slot] = {}
    for index, slot in sorted(slots.items(), key=lambda each: _place_in_plan(wanted[each[0]], each[1])):
        want = wanted[index]
        is_moved = is_capped(want.step.purpose, want.channel)
        settled[index] = spread(slot, zone=zone, quiet=quiet, taken=taken) if is_moved else slot
        if want.channel is Channel.SMS and not want.conditional and not settled[index].is_too_late:
            taken[local_date(settled[index].due_at, zone)] += 1
    return settled


def _place_in_plan(want: Wanted, slot: Slot) -> tuple[int, datetime]:
    return _PLANNING_ORDER[want.step.purpose], slot.due_at


def _only_feedback(want: Wanted, wait: datetime | None) -> datetime | None:
    return wait if want.step.purpose is Purpose.FEEDBACK else None


def _nominal(step: StepTime, start: datetime, zone: ZoneInfo) -> tuple[datetime, tuple[Shift, ...]]:
    if step.day is None:
        assert step.after is not None
        return start + step.after, ()
    return _on_day(step.day, step.at, start, zone)


def _reminder_nominal(step: StepTime, start: datetime, zone: ZoneInfo) -> tuple[datetime, tuple[Shift, ...]]:
    if step.after is not None and not step.after % timedelta(days=1):
        return _on_day(step.after.days, step.at, start, zone)
    return _nominal(step, start, zone)


def _on_day(days: int, wall: time, start: datetime, zone: ZoneInfo) -> tuple[datetime, tuple[Shift, ...]]:
    return _at(local_date(start, zone) + timedelta(days=days), wall, zone)


@lru_cache(maxsize=1024)  # asked for every message that is owed, mostly of the same few days
def _at(day: date, wall: time, zone: ZoneInfo) -> tuple[datetime, tuple[Shift, ...]]:
    moment = at_wall(day, wall, zone)
    if moment.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, wall):
        return moment, ()
    unmoved = datetime.combine(day, wall.replace(fold=1), zone).astimezone(UTC)
    return moment, (Shift(ShiftRule.DST_GAP, unmoved, moment),)


def _settle(
    slot: Slot,
    step: StepTime,
    *,
    ended_at: datetime,
    earliest: datetime,
    not_before: datetime | None,
    zone: ZoneInfo,
    quiet: QuietHours,
) -> Slot:
    slot = slot.moved(ShiftRule.FLOOR, max(slot.due_at, earliest))
    if not_before is not None:
        earliest = max(earliest, not_before)
        slot = slot.moved(ShiftRule.NEWER_SESSION, max(slot.due_at, not_before))
    ignored_until = step.ignores_quiet_until(ended_at)
    if not quiet.covers(slot.due_at, zone) or (ignored_until is not None and slot.due_at <= ignored_until):
        return slot
    return slot.moved(ShiftRule.QUIET_HOURS, _outside_quiet(slot.due_at, step.on_quiet, earliest, zone, quiet))


def _outside_quiet(
    moment: datetime, on_quiet: OnQuiet, earliest: datetime, zone: ZoneInfo, quiet: QuietHours
) -> datetime:
    if on_quiet is OnQuiet.EARLIER:
        sooner = max(quiet.closed_at(moment, zone) - BEFORE_QUIET, earliest)
        if not quiet.covers(sooner, zone):
            return sooner
    return quiet.opens_at(moment, zone)
