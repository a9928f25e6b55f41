from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from followup.rules.quiet import QuietHours, at_wall, open_until, quiet_until

NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
QUIET = QuietHours()
NONE = QuietHours(time(9), time(9))


def local(text: str, zone: ZoneInfo = NEW_YORK, *, second: bool = False) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=int(second)).astimezone(UTC)


def test_a_skipped_wall_time_moves_forward() -> None:
    assert at_wall(date(2026, 3, 8), time(2, 30), NEW_YORK) == local("2026-03-08 03:30")
    assert at_wall(date(2026, 10, 4), time(2, 15), LORD_HOWE) == local("2026-10-04 02:45", LORD_HOWE)


def test_of_a_doubled_wall_time_the_first_is_taken() -> None:
    assert at_wall(date(2026, 11, 1), time(1, 30), NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert at_wall(date(2026, 11, 1), time(1, 30, fold=1), NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_day_that_a_country_skips_moves_to_the_next() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert at_wall(date(2011, 12, 30), time(10), apia) == local("2011-12-31 10:00", apia)


@pytest.mark.parametrize(
    ("wall", "is_quiet"),
    [("08:59:59", True), ("09:00", False), ("19:59:59", False), ("20:00", True), ("00:00", True)],
)
def test_quiet_hours_begin_at_twenty_and_end_just_before_nine(wall: str, *, is_quiet: bool) -> None:
    assert QUIET.covers(local(f"2026-06-01 {wall}"), NEW_YORK) is is_quiet


@pytest.mark.parametrize(("wall", "is_quiet"), [("12:59", False), ("13:00", True), ("14:59", True), ("15:00", False)])
def test_quiet_hours_may_lie_within_a_day(wall: str, *, is_quiet: bool) -> None:
    assert QuietHours(time(13), time(15)).covers(local(f"2026-06-01 {wall}"), NEW_YORK) is is_quiet


def test_equal_times_mean_no_quiet_hours() -> None:
    night = local("2026-06-01 03:00")
    assert not NONE.covers(night, NEW_YORK)
    assert quiet_until(night, zone=NEW_YORK, quiet=NONE) is None
    assert open_until(night, zone=NEW_YORK, quiet=NONE) is None


def test_a_message_that_leaves_late_in_the_evening_waits_for_nine() -> None:
    assert quiet_until(local("2026-06-01 20:01"), zone=NEW_YORK, quiet=QUIET) == local("2026-06-02 09:00")


def test_a_message_that_leaves_at_night_waits_for_nine_of_the_same_day() -> None:
    assert quiet_until(local("2026-06-02 03:00"), zone=NEW_YORK, quiet=QUIET) == local("2026-06-02 09:00")


def test_a_message_that_leaves_by_day_does_not_wait() -> None:
    assert quiet_until(local("2026-06-01 09:00"), zone=NEW_YORK, quiet=QUIET) is None


@pytest.mark.parametrize(
    ("now", "waits_for"),
    [("2026-06-06 21:40", None), ("2026-06-06 21:41", "2026-06-07 09:00")],
)
def test_an_immediate_message_ignores_quiet_hours_only_so_long(now: str, waits_for: str | None) -> None:
    ignored_until = local("2026-06-06 21:40")
    opening = quiet_until(local(now), zone=NEW_YORK, quiet=QUIET, ignored_until=ignored_until)
    assert opening == (waits_for and local(waits_for))


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_nine_stays_nine_when_the_clocks_change_overnight(day: str) -> None:
    assert quiet_until(local(f"{day} 00:30"), zone=NEW_YORK, quiet=QUIET) == local(f"{day} 09:00")


def test_when_clocks_go_back_into_quiet_hours_the_second_opening_counts() -> None:
    quiet = QuietHours(time(20), time(1, 30))
    second_quiet = local("2026-11-01 01:10", second=True)
    assert quiet.covers(second_quiet, NEW_YORK)
    assert quiet.opens_at(second_quiet, NEW_YORK) == local("2026-11-01 01:30", second=True)


def test_when_clocks_skip_the_opening_it_is_after_the_gap() -> None:
    quiet = QuietHours(time(20), time(2, 30))
    assert quiet.opens_at(local("2026-03-08 01:00"), NEW_YORK) == local("2026-03-08 03:30")


def test_an_opening_that_the_clocks_skip_into_quiet_hours_is_a_day_later() -> None:
    quiet = QuietHours(time(3, 15), time(2, 30))
    assert quiet.opens_at(local("2026-03-07 23:00"), NEW_YORK) == local("2026-03-09 02:30")


def test_a_carrier_may_try_until_the_day_closes() -> None:
    assert open_until(local("2026-06-01 10:00"), zone=NEW_YORK, quiet=QUIET) == local("2026-06-01 20:00")


def test_a_carrier_may_try_past_midnight_when_the_day_closes_then() -> None:
    night_owl = QuietHours(time(1), time(9))
    assert open_until(local("2026-06-01 23:00"), zone=NEW_YORK, quiet=night_owl) == local("2026-06-02 01:00")


def test_within_quiet_hours_the_day_is_closed_already() -> None:
    now = local("2026-06-01 21:00")
    assert open_until(now, zone=NEW_YORK, quiet=QUIET) == now


def test_a_carrier_may_try_an_immediate_message_as_long_as_it_ignores_quiet_hours() -> None:
    ignored_until = local("2026-06-06 20:40")
    leaves = local("2026-06-06 19:58")
    assert open_until(leaves, zone=NEW_YORK, quiet=QUIET, ignored_until=ignored_until) == ignored_until


def test_the_last_beginning_of_quiet_hours_may_be_yesterday() -> None:
    assert QUIET.closed_at(local("2026-06-02 03:00"), NEW_YORK) == local("2026-06-01 20:00")
    assert QUIET.closed_at(local("2026-06-02 20:00"), NEW_YORK) == local("2026-06-02 20:00")
