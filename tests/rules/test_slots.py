from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from followup.rules.slots import Shift
from followup.terms import ShiftRule

NEW_YORK = ZoneInfo("America/New_York")
ELEVEN = datetime(2027, 6, 7, 15, 0, tzinfo=UTC)


def test_a_shift_is_told_to_the_minute_where_the_patient_is() -> None:
    moved = Shift(ShiftRule.QUIET_HOURS, ELEVEN, ELEVEN + timedelta(hours=22)).sentence(NEW_YORK)
    assert moved == "Mon 7 Jun 11:00 is in quiet hours, so it goes Tue 8 Jun 09:00."


def test_a_shift_within_a_minute_is_told_to_the_second() -> None:
    moved = Shift(ShiftRule.FLOOR, ELEVEN, ELEVEN + timedelta(seconds=35)).sentence(NEW_YORK)
    assert moved.endswith("too late for Mon 7 Jun 11:00:00, so it goes Mon 7 Jun 11:00:35.")
