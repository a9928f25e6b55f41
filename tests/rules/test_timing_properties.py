"""What holds for every zone, every day the clocks change, and every plan."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import HealthCheck, given, settings, strategies as st

from followup.rules.frequency import is_capped, next_free
from followup.rules.quiet import QuietHours
from followup.rules.slots import Slot
from followup.rules.timing import StepTime, Wanted, after_question, place, schedule
from followup.terms import Channel, OnQuiet, Purpose, ShiftRule

# Half-hour clocks, a change by half an hour, a change for Ramadan, the date line, a change by two hours.
ODD_ZONES = [
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "Pacific/Chatham",
    "Antarctica/Troll",
]
ALL_ZONES = sorted(available_timezones() - {"localtime"})
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2030, 12, 31, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DEFAULT_QUIET = QuietHours()
BEFORE_NOMINAL = (ShiftRule.QUESTION_LEFT, ShiftRule.DST_GAP)

check = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

zones = st.one_of(st.sampled_from(ODD_ZONES), st.sampled_from(ALL_ZONES)).map(ZoneInfo)
walls = st.times().map(lambda wall: wall.replace(second=0, microsecond=0))
quiets = st.one_of(st.just(DEFAULT_QUIET), st.builds(QuietHours, walls, walls))
purposes = st.sampled_from(Purpose)
expiries = st.sampled_from([18 * HOUR, DAY, 7 * DAY])
steps = st.one_of(
    st.builds(StepTime, purposes, expiries, day=st.integers(0, 15), at=walls, on_quiet=st.sampled_from(OnQuiet)),
    st.builds(
        StepTime,
        purposes,
        expiries,
        after=st.integers(0, 72 * 60).map(lambda minutes: minutes * MINUTE),
        on_quiet=st.sampled_from(OnQuiet),
    ),
)
wanteds = st.lists(
    st.builds(Wanted, steps, st.sampled_from(Channel), conditional=st.booleans(), reminds=st.none()), max_size=9
)


@cache
def changes(zone: ZoneInfo) -> list[datetime]:
    """The days on which this zone's clocks change."""
    days = [FIRST + n * DAY for n in range((LAST - FIRST).days)]
    offsets = ((day, day.astimezone(zone).utcoffset()) for day in days)
    return [before for (before, left), (_, right) in pairwise(offsets) if left != right] or [FIRST]


@st.composite
def places(draw: st.DrawFn) -> tuple[ZoneInfo, datetime, datetime]:
    """A zone, when a treatment session ended (often near a change of clocks), and when it was recorded."""
    zone = draw(zones)
    near = st.tuples(st.sampled_from(changes(zone)), st.integers(-16 * 24 * 60, 2 * 24 * 60))
    anywhere = st.tuples(st.just(FIRST), st.integers(0, int((LAST - FIRST) / MINUTE)))
    start, minutes = draw(st.one_of(near, anywhere))
    ended_at = start + minutes * MINUTE
    recorded_in = st.one_of(st.integers(0, 30), st.integers(-12 * 60, 4 * 24 * 60))
    return zone, ended_at, ended_at + draw(recorded_in) * MINUTE


def assert_chain(slot: Slot) -> None:
    """The shifts lead, without a gap, through the nominal time to the due time."""
    lead = [shift for shift in slot.shifts if shift.rule in BEFORE_NOMINAL]
    rest = [shift for shift in slot.shifts if shift.rule not in BEFORE_NOMINAL]
    assert slot.shifts == (*lead, *rest)
    assert all(shift.before != shift.after for shift in slot.shifts)
    assert all(one.after == other.before for one, other in pairwise(slot.shifts))
    assert [shift.after for shift in lead[-1:]] in ([], [slot.nominal_at])
    assert [slot.nominal_at, *(shift.after for shift in rest)][-1] == slot.due_at
    assert all(moment.tzinfo is UTC for moment in (slot.nominal_at, slot.due_at, slot.expires_at))


@check
@given(places(), st.integers(1, 15), st.sampled_from([time(9), time(10), time(19, 59)]))
def test_a_local_time_stays_the_same_local_time(where: tuple[ZoneInfo, datetime, datetime], day: int, at: time) -> None:
    zone, ended_at, _ = where
    slot = place(
        StepTime(Purpose.CARE, DAY, day=day, at=at),
        ended_at=ended_at,
        recorded_at=ended_at - HOUR,
        zone=zone,
        quiet=DEFAULT_QUIET,
    )
    due = slot.due_at.astimezone(zone)
    assert due.time() == at
    assert due.date() == ended_at.astimezone(zone).date() + day * DAY
    assert slot.shifts == ()


@check
@given(places(), steps, quiets)
def test_nothing_goes_in_quiet_hours_but_an_immediate_step_within_its_hour(
    where: tuple[ZoneInfo, datetime, datetime], step: StepTime, quiet: QuietHours
) -> None:
    zone, ended_at, recorded_at = where
    slot = place(step, ended_at=ended_at, recorded_at=recorded_at, zone=zone, quiet=quiet)
    at_once = step.on_quiet is OnQuiet.IMMEDIATE and slot.due_at <= ended_at + HOUR
    assert at_once or not quiet.covers(slot.due_at, zone)


@check
@given(places(), steps, quiets, st.none() | st.integers(0, 20 * 24))
def test_nothing_goes_before_it_may_and_every_move_is_explained(
    where: tuple[ZoneInfo, datetime, datetime], step: StepTime, quiet: QuietHours, wait_hours: int | None
) -> None:
    zone, ended_at, recorded_at = where
    not_before = None if wait_hours is None else ended_at + wait_hours * HOUR
    slot = place(step, ended_at=ended_at, recorded_at=recorded_at, zone=zone, quiet=quiet, not_before=not_before)
    undo = timedelta(0) if step.on_quiet is OnQuiet.IMMEDIATE else 3 * MINUTE
    assert slot.due_at >= max(ended_at, recorded_at + undo, not_before or ended_at)
    assert slot.due_at >= slot.nominal_at or step.on_quiet is OnQuiet.EARLIER
    assert slot.expires_at == slot.nominal_at + step.expires
    assert_chain(slot)


@check
@given(places(), steps, quiets)
def test_a_step_that_goes_earlier_goes_in_the_last_ten_minutes_of_the_day(
    where: tuple[ZoneInfo, datetime, datetime], step: StepTime, quiet: QuietHours
) -> None:
    zone, ended_at, recorded_at = where
    slot = place(step, ended_at=ended_at, recorded_at=recorded_at, zone=zone, quiet=quiet)
    if slot.due_at < slot.nominal_at:
        closing = quiet.closes_at(slot.due_at, zone)
        assert closing is not None
        assert closing - slot.due_at <= 10 * MINUTE


def assert_cap(slots: list[Slot], wanted: list[Wanted], others: list[datetime], zone: ZoneInfo) -> None:
    """Each movable text that counts is alone on its day, and no 7 days with it hold more than 3."""
    texts = [
        (slot.due_at.astimezone(zone).date(), want)
        for slot, want in zip(slots, wanted, strict=True)
        if want.channel is Channel.SMS and not want.conditional and not slot.is_too_late
    ]
    counted: Counter[date] = Counter(text.astimezone(zone).date() for text in others)
    counted.update(day for day, _ in texts)
    for day, want in texts:
        if is_capped(want.step.purpose, want.channel):
            assert counted[day] == 1
            for first in range(-6, 1):
                assert sum(counted[day + (first + n) * DAY] for n in range(7)) <= 3


@check
@given(places(), wanteds, quiets, st.lists(st.integers(-7 * 24, 20 * 24), max_size=6))
def test_the_cap_holds_for_feedback_and_booking_texts(
    where: tuple[ZoneInfo, datetime, datetime], wanted: list[Wanted], quiet: QuietHours, hours: list[int]
) -> None:
    zone, ended_at, recorded_at = where
    others = [ended_at + hour * HOUR for hour in hours]
    slots = schedule(wanted, ended_at=ended_at, recorded_at=recorded_at, zone=zone, quiet=quiet, texts=others)
    assert_cap(slots, wanted, others, zone)
    for want, slot in zip(wanted, slots, strict=True):
        alone = place(want.step, ended_at=ended_at, recorded_at=recorded_at, zone=zone, quiet=quiet)
        assert slot.due_at >= alone.due_at
        assert slot == alone or is_capped(want.step.purpose, want.channel)
        assert slot == alone or not quiet.covers(slot.due_at, zone)
        assert_chain(slot)


@check
@given(places(), wanteds, quiets)
def test_the_same_wishes_give_the_same_slots_in_whichever_zone_the_times_are_written(
    where: tuple[ZoneInfo, datetime, datetime], wanted: list[Wanted], quiet: QuietHours
) -> None:
    zone, ended_at, recorded_at = where
    slots = schedule(wanted, ended_at=ended_at, recorded_at=recorded_at, zone=zone, quiet=quiet)
    again = schedule(
        wanted,
        ended_at=ended_at.astimezone(zone),
        recorded_at=recorded_at.astimezone(zone),
        zone=zone,
        quiet=quiet,
    )
    assert slots == again


@check
@given(places(), steps, quiets, st.integers(0, 5 * 24 * 60))
def test_a_reminder_never_goes_before_its_question_left(
    where: tuple[ZoneInfo, datetime, datetime], step: StepTime, quiet: QuietHours, late: int
) -> None:
    zone, question_at, recorded_at = where
    left_at = question_at + late * MINUTE
    slot = after_question(
        step, question_at=question_at, left_at=left_at, recorded_at=recorded_at, zone=zone, quiet=quiet
    )
    assert slot.due_at >= max(left_at, recorded_at)
    assert slot.expires_at == slot.nominal_at + step.expires
    assert_chain(slot)


@check
@given(places(), st.lists(st.integers(-10 * 24, 0), min_size=1, max_size=8))
def test_where_a_text_is_sent_on_to_it_may_go(where: tuple[ZoneInfo, datetime, datetime], hours: list[int]) -> None:
    zone, now, _ = where
    texts = [now + hour * HOUR for hour in hours]
    moved = next_free(now, due_at=now, zone=zone, quiet=DEFAULT_QUIET, texts=texts)
    if moved is None:
        assert now.astimezone(zone).date() not in {text.astimezone(zone).date() for text in texts}
    else:
        assert moved > now
        assert not DEFAULT_QUIET.covers(moved, zone)
        assert next_free(moved, due_at=moved, zone=zone, quiet=DEFAULT_QUIET, texts=texts) is None


@check
@given(places(), quiets)
def test_an_opening_is_the_end_of_one_quiet_stretch(
    where: tuple[ZoneInfo, datetime, datetime], quiet: QuietHours
) -> None:
    zone, moment, _ = where
    opening = quiet.opens_at(moment, zone)
    assert opening >= moment
    assert not quiet.covers(opening, zone)
    assert (opening == moment) is not quiet.covers(moment, zone)
    closing = quiet.closes_at(opening, zone)
    assert closing is None or closing > opening
