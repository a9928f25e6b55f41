from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from followup.rules.frequency import is_capped, is_free, next_free, spread, texts_by_day
from followup.rules.quiet import QuietHours
from followup.rules.slots import Shift, Slot
from followup.terms import Channel, Purpose, ShiftRule

ZONE = ZoneInfo("America/New_York")
QUIET = QuietHours()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def june(*days: int) -> Counter[date]:
    return Counter(date(2026, 6, day) for day in days)


def slot_at(text: str) -> Slot:
    due = local(text)
    return Slot(due, due, due + timedelta(days=7))


@pytest.mark.parametrize(
    ("taken", "why"),
    [
        (june(10), "there is one that day"),
        (june(4, 6, 8), "there are three in the 7 days that end with it"),
        (june(12, 14, 16), "there are three in the 7 days that begin with it"),
        (june(7, 9, 12), "there are three around it"),
        (june(8, 8, 8), "three on one day count as three"),
    ],
)
def test_a_day_is_not_free(taken: Counter[date], why: str) -> None:
    assert not is_free(date(2026, 6, 10), taken), why


@pytest.mark.parametrize(
    ("taken", "why"),
    [
        (june(), "nothing else goes"),
        (june(8, 9), "it is the third"),
        (june(1, 2, 3), "three are a week ago"),
        (june(17, 18, 19), "three are in a week"),
        (june(4, 5, 15, 16), "no 7 days hold more than three"),
    ],
)
def test_a_day_is_free(taken: Counter[date], why: str) -> None:
    assert is_free(date(2026, 6, 10), taken), why


def test_a_text_on_a_free_day_is_left_alone() -> None:
    slot = slot_at("2026-06-10 10:00")
    assert spread(slot, zone=ZONE, quiet=QUIET, taken=june(8, 9)) is slot


def test_a_text_moves_to_the_first_free_day_at_the_same_wall_time() -> None:
    moved = spread(slot_at("2026-06-10 16:45"), zone=ZONE, quiet=QUIET, taken=june(10, 11))
    assert moved.due_at == local("2026-06-12 16:45")
    assert moved.shifts == (Shift(ShiftRule.FREQUENCY, local("2026-06-10 16:45"), local("2026-06-12 16:45")),)


def test_moving_over_the_change_of_clocks_keeps_the_wall_time() -> None:
    moved = spread(slot_at("2026-03-07 09:00"), zone=ZONE, quiet=QUIET, taken=Counter([date(2026, 3, 7)]))
    assert moved.due_at == local("2026-03-08 09:00")


def test_moving_never_changes_when_it_expires() -> None:
    slot = slot_at("2026-06-10 10:00")
    moved = spread(slot, zone=ZONE, quiet=QUIET, taken=Counter({date(2026, 6, day): 1 for day in range(8, 20)}))
    assert moved.due_at > slot.expires_at
    assert moved.expires_at == slot.expires_at


def test_a_wall_time_that_the_clocks_skip_into_quiet_hours_waits_for_the_opening() -> None:
    quiet = QuietHours(time(3), time(1))
    moved = spread(slot_at("2026-03-07 02:30"), zone=ZONE, quiet=quiet, taken=Counter([date(2026, 3, 7)]))
    assert moved.due_at == local("2026-03-09 01:00")


def test_texts_count_by_the_days_of_the_patient_not_of_utc() -> None:
    assert texts_by_day([local("2026-06-01 23:30"), local("2026-06-02 00:30")], ZONE) == june(1, 2)


def test_at_send_a_free_day_holds_nothing_back() -> None:
    now = local("2026-06-10 10:00")
    assert next_free(now, due_at=now, zone=ZONE, quiet=QUIET, texts=[local("2026-06-09 10:00")]) is None


def test_at_send_a_late_text_waits_for_its_own_time_of_a_free_day() -> None:
    now, due_at = local("2026-06-10 15:20"), local("2026-06-10 10:00")
    waits = next_free(now, due_at=due_at, zone=ZONE, quiet=QUIET, texts=[local("2026-06-10 12:00")])
    assert waits == local("2026-06-11 10:00")


def test_at_send_a_text_due_yesterday_is_judged_by_today() -> None:
    now, due_at = local("2026-06-11 09:00"), local("2026-06-10 19:59")
    assert next_free(now, due_at=due_at, zone=ZONE, quiet=QUIET, texts=[due_at]) is None


@pytest.mark.parametrize(
    ("purpose", "channel", "expected"),
    [
        (Purpose.FEEDBACK, Channel.SMS, True),
        (Purpose.BOOKING, Channel.SMS, True),
        (Purpose.CARE, Channel.SMS, False),
        (Purpose.FEEDBACK, Channel.EMAIL, False),
    ],
)
def test_only_texts_of_feedback_and_booking_are_moved(purpose: Purpose, channel: Channel, *, expected: bool) -> None:
    assert is_capped(purpose, channel) is expected
