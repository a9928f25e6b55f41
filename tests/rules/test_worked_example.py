"""The worked example of the time rules: the default plan after three treatment sessions, quiet 20:00-09:00.

Texts take their days in the order care, feedback, booking.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from followup.rules.frequency import next_free
from followup.rules.quiet import QuietHours
from followup.rules.slots import Slot
from followup.rules.timing import StepTime, Wanted, schedule
from followup.terms import Channel, OnQuiet, Purpose

ZONE = ZoneInfo("America/New_York")
QUIET = QuietHours()
SMS, EMAIL = Channel.SMS, Channel.EMAIL
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CARE, FEEDBACK, BOOKING = Purpose.CARE, Purpose.FEEDBACK, Purpose.BOOKING

CHEST_WARNING = StepTime(CARE, 24 * HOUR, after=timedelta(0), on_quiet=OnQuiet.IMMEDIATE)
PLAN = {
    "what-to-expect": StepTime(CARE, 18 * HOUR, after=2 * HOUR, on_quiet=OnQuiet.EARLIER),
    "check-in": StepTime(CARE, DAY, day=1),
    "still-or-gone": StepTime(CARE, DAY, day=2),
    "warning-signs": StepTime(CARE, 2 * DAY, day=3),
    "book-next": StepTime(BOOKING, 7 * DAY, day=5),
    "pain-score": StepTime(FEEDBACK, 7 * DAY, day=7),
    "pain-reminder": StepTime(FEEDBACK, 2 * DAY, after=3 * DAY),
    "change-score": StepTime(FEEDBACK, 7 * DAY, day=14),
}
MONDAY, THURSDAY, SATURDAY = "2026-06-01 10:00", "2026-06-04 19:45", "2026-06-06 20:40"


def instant(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC)


def slots_of(ended: str, recorded: str, *, channel: Channel = SMS, chest: bool = False) -> dict[str, Slot]:
    """Every step by text, but for those whose first channel is email when that may be used."""
    plan = {"chest-warning": CHEST_WARNING, **PLAN} if chest else PLAN
    keys = list(plan)
    wanted = [
        Wanted(
            step,
            channel if key in {"book-next", "change-score"} else SMS,
            conditional=key == "still-or-gone",
            reminds=keys.index("pain-score") if key == "pain-reminder" else None,
        )
        for key, step in plan.items()
    ]
    ended_at, recorded_at = instant(ended), instant(recorded)
    slots = schedule(wanted, ended_at=ended_at, recorded_at=recorded_at, zone=ZONE, quiet=QUIET)
    return dict(zip(keys, slots, strict=True))


def days_of(ended: str, slots: dict[str, Slot]) -> dict[str, str]:
    """Each step's local day, counted from the treatment's, weekday and time: `7 Mon 10:00`."""
    first = instant(ended).astimezone(ZONE).date()
    local = {key: slot.due_at.astimezone(ZONE) for key, slot in slots.items()}
    return {key: f"{(due.date() - first).days} {due:%a %H:%M}" for key, due in local.items()}


def test_a_session_that_ended_on_monday_at_ten() -> None:
    assert days_of(MONDAY, slots_of(MONDAY, "2026-06-01 10:02")) == {
        "what-to-expect": "0 Mon 12:00",
        "check-in": "1 Tue 10:00",
        "still-or-gone": "2 Wed 10:00",
        "warning-signs": "3 Thu 10:00",
        "book-next": "8 Tue 10:00",
        "pain-score": "7 Mon 10:00",
        "pain-reminder": "10 Thu 10:00",
        "change-score": "14 Mon 10:00",
    }


def test_a_session_that_ended_on_thursday_shortly_before_quiet_hours() -> None:
    assert days_of(THURSDAY, slots_of(THURSDAY, "2026-06-04 19:47")) == {
        "what-to-expect": "0 Thu 19:50",
        "check-in": "1 Fri 10:00",
        "still-or-gone": "2 Sat 10:00",
        "warning-signs": "3 Sun 10:00",
        "book-next": "8 Fri 10:00",
        "pain-score": "7 Thu 10:00",
        "pain-reminder": "10 Sun 10:00",
        "change-score": "14 Thu 10:00",
    }


def test_a_session_that_ended_on_saturday_evening_with_a_chest_warning() -> None:
    assert days_of(SATURDAY, slots_of(SATURDAY, SATURDAY, chest=True)) == {
        "chest-warning": "0 Sat 20:40",
        "what-to-expect": "1 Sun 09:00",
        "check-in": "1 Sun 10:00",
        "still-or-gone": "2 Mon 10:00",
        "warning-signs": "3 Tue 10:00",
        "book-next": "9 Mon 10:00",
        "pain-score": "8 Sun 10:00",
        "pain-reminder": "11 Wed 10:00",
        "change-score": "14 Sat 10:00",
    }


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ("2026-06-04 19:47", "0 Thu 19:50"),
        ("2026-06-04 19:50", "0 Thu 19:53"),
        ("2026-06-04 19:56", "0 Thu 19:59"),
        ("2026-06-04 19:57", "1 Fri 09:00"),
        ("2026-06-05 08:00", "1 Fri 09:00"),
        ("2026-06-05 09:30", "1 Fri 09:33"),
    ],
)
def test_what_to_expect_goes_before_quiet_hours_while_there_is_time(recorded: str, expected: str) -> None:
    assert days_of(THURSDAY, slots_of(THURSDAY, recorded))["what-to-expect"] == expected


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ("2026-06-06 20:40", "0 Sat 20:40"),
        ("2026-06-06 21:00", "0 Sat 21:00"),
        ("2026-06-06 21:40", "0 Sat 21:40"),
        ("2026-06-06 21:41", "1 Sun 09:00"),
    ],
)
def test_a_chest_warning_goes_at_once_for_an_hour_and_then_waits_for_nine(recorded: str, expected: str) -> None:
    assert days_of(SATURDAY, slots_of(SATURDAY, recorded, chest=True))["chest-warning"] == expected


def test_recorded_too_late_for_the_evening_friday_has_two_texts_and_the_rules_win_over_the_table() -> None:
    # The table's day 7 and day 8 are for a session recorded in time. Here Friday has two texts and Sunday one, so
    # day 7 would be a fourth in 7 days; the score goes on day 8, and booking no longer fits beside it before day 9.
    days = days_of(THURSDAY, slots_of(THURSDAY, "2026-06-04 19:57"))
    assert days["check-in"] == "1 Fri 10:00"
    assert days["pain-score"] == "8 Fri 10:00"
    assert days["book-next"] == "9 Sat 10:00"
    assert days["pain-reminder"] == "11 Mon 10:00"
    assert days["change-score"] == "14 Thu 10:00"


def test_a_chest_warning_that_waits_for_sunday_changes_no_other_day() -> None:
    in_time = days_of(SATURDAY, slots_of(SATURDAY, SATURDAY, chest=True))
    too_late = days_of(SATURDAY, slots_of(SATURDAY, "2026-06-06 21:41", chest=True))
    assert too_late == {**in_time, "chest-warning": "1 Sun 09:00"}


@pytest.mark.parametrize(
    ("ended", "book_next", "change_score"),
    [
        (MONDAY, "5 Sat 10:00", "14 Mon 10:00"),
        (THURSDAY, "5 Tue 10:00", "14 Thu 10:00"),
        (SATURDAY, "5 Thu 10:00", "14 Sat 10:00"),
    ],
)
def test_by_email_booking_and_change_score_keep_their_own_days(ended: str, book_next: str, change_score: str) -> None:
    chest = ended == SATURDAY
    by_email = days_of(ended, slots_of(ended, ended, channel=EMAIL, chest=chest))
    by_sms = days_of(ended, slots_of(ended, ended, chest=chest))
    assert by_email == {**by_sms, "book-next": book_next, "change-score": change_score}


def test_the_change_score_waits_a_day_if_the_reminder_went_out() -> None:
    slots = slots_of(SATURDAY, SATURDAY, chest=True)
    due_at = slots["change-score"].due_at
    before = [slot.due_at for key, slot in slots.items() if key not in {"change-score", "still-or-gone"}]
    moved = next_free(due_at, due_at=due_at, zone=ZONE, quiet=QUIET, texts=before)
    assert moved == instant("2026-06-21 10:00")


def test_the_change_score_keeps_its_day_if_the_reminder_was_not_needed() -> None:
    slots = slots_of(SATURDAY, SATURDAY, chest=True)
    due_at = slots["change-score"].due_at
    unsent = {"change-score", "still-or-gone", "pain-reminder"}
    before = [slot.due_at for key, slot in slots.items() if key not in unsent]
    assert next_free(due_at, due_at=due_at, zone=ZONE, quiet=QUIET, texts=before) is None


def test_each_move_says_its_reason() -> None:
    slots = slots_of(SATURDAY, SATURDAY, chest=True)
    reasons = {key: [shift.sentence(ZONE) for shift in slot.shifts] for key, slot in slots.items() if slot.shifts}
    assert reasons == {
        "what-to-expect": ["Sat 6 Jun 22:40 is in quiet hours, so it goes Sun 7 Jun 09:00."],
        "pain-score": [
            "On Sat 13 Jun 10:00 it would be more than 1 text a day or 3 in 7 days, so it goes Sun 14 Jun 10:00."
        ],
        "book-next": [
            "On Thu 11 Jun 10:00 it would be more than 1 text a day or 3 in 7 days, so it goes Mon 15 Jun 10:00."
        ],
        "pain-reminder": [
            "It counts from when its question leaves, so it goes Wed 17 Jun 10:00 instead of Tue 16 Jun 10:00."
        ],
    }
