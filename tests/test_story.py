"""The worked example of the time rules, lived through on the real engine: what really left, and when."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from followup.models import Message, Step
from followup.runtime import Runtime
from followup.terms import Status
from followup.testing.clock import StandingClock

pytest_plugins = ["followup.testing.plugin"]

NEW_YORK = ZoneInfo("America/New_York")

MONDAY_MORNING = {
    "what-to-expect": "Mon 1 12:00",
    "check-in": "Tue 2 10:00",
    "warning-signs": "Thu 4 10:00",
    "pain-score": "Mon 8 10:00",
    "book-next": "Tue 9 10:00",
    "pain-score-reminder": "Thu 11 10:00",
    "change-score": "Mon 15 10:00",
}
THURSDAY_EVENING = {
    "what-to-expect": "Thu 4 19:50",
    "check-in": "Fri 5 10:00",
    "warning-signs": "Sun 7 10:00",
    "pain-score": "Thu 11 10:00",
    "book-next": "Fri 12 10:00",
    "pain-score-reminder": "Sun 14 10:00",
    "change-score": "Thu 18 10:00",
}
SATURDAY_NIGHT = {
    "chest-warning": "Sat 6 20:41",
    "what-to-expect": "Sun 7 09:00",
    "check-in": "Sun 7 10:00",
    "still-or-gone": "Mon 8 10:00",
    "warning-signs": "Tue 9 10:00",
    "pain-score": "Sun 14 10:00",
    "book-next": "Mon 15 10:00",
    "pain-score-reminder": "Wed 17 10:00",
    "change-score": "Sun 21 10:00",  # the reminder went out, so Saturday would be the fourth text in seven days
}


@pytest.mark.parametrize(
    ("ended", "recorded", "regions", "story"),
    [
        ("2027-03-01T10:00", "2027-03-01T10:01", ["knee"], MONDAY_MORNING),
        ("2027-03-04T19:45", "2027-03-04T19:47", ["knee"], THURSDAY_EVENING),
        ("2027-03-06T20:40", "2027-03-06T20:41", ["upper_back"], SATURDAY_NIGHT),
    ],
    ids=["Monday morning", "Thursday evening", "Saturday night, upper back"],
)
def test_the_worked_example_is_what_a_patient_lives_through(
    ended: str,
    recorded: str,
    regions: list[str],
    story: dict[str, str],
    followup_clock: StandingClock,
    followup_record: Callable[..., object],
    followup_run: Callable[..., None],
    followup_runtime: Runtime,
) -> None:
    followup_clock.set(datetime.fromisoformat(recorded).replace(tzinfo=NEW_YORK))
    followup_record(ended_at=ended, regions=regions, consent={"sms": True, "email": False, "method": "spoken"})
    followup_run(timedelta(days=22))
    with followup_runtime.read_db() as db:
        left = db.execute(
            select(Step.key, Message.left_at)
            .join(Step, Message.step_id == Step.id)
            .where(Message.status == Status.SENT)
            .order_by(Message.left_at)
        ).all()
    assert {step: f"{at.astimezone(NEW_YORK):%a %-d %H:%M}" for step, at in left if at} == story
