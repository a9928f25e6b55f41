from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from followup.rules.opening import DAYS, HoursError, Span, hours_in, moment_in, parse_hours

NEW_YORK = ZoneInfo("America/New_York")


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """June 2027 in New York; the 7th is a Monday."""
    return datetime(2027, 6, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


READ = {
    "Mon 8-6": [Span(0, time(8), time(18))],
    "mon 9-12": [Span(0, time(9), time(12))],
    "Sat 1-5": [Span(5, time(13), time(17))],
    "Sun 8:30-12:15": [Span(6, time(8, 30), time(12, 15))],
    "Mon 8am-6pm": [Span(0, time(8), time(18))],
    "Mon 12 pm - 12 am": [Span(0, time(12), time(0))],
    "Fri 22:00-06:00": [Span(4, time(22), time(6))],
    "Fri 18-8": [Span(4, time(18), time(8))],
    "Mon 8-12 & 1-6": [Span(0, time(8), time(12)), Span(0, time(13), time(18))],
    "Sat-Mon 9-5": [Span(5, time(9), time(17)), Span(6, time(9), time(17)), Span(0, time(9), time(17))],
    "Mon 8-6; Tue 9-5": [Span(0, time(8), time(18)), Span(1, time(9), time(17))],
    "Mon 00:00-24:00": [Span(0, time(0), time(0))],
    "": [],
}


@pytest.mark.parametrize(("text", "spans"), READ.items(), ids=READ)
def test_hours_are_read_as_people_mean_them(text: str, spans: list[Span]) -> None:
    assert list(parse_hours(text).spans) == spans


@pytest.mark.parametrize(
    "text", ["weekdays 8-6", "Mon", "8-6", "Mon 25-26", "Mon 8", "Mon 13pm-2pm", "Mon 8:75-9", "x"]
)
def test_other_hours_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(HoursError, match="Mon-Fri 8-6"):
        parse_hours(text)


def test_a_clinic_is_open_from_its_first_minute_until_just_before_its_last() -> None:
    week = parse_hours("Mon-Fri 8-6")
    assert [week.is_open(local(7, *at), NEW_YORK) for at in ((7, 59), (8,), (17, 59), (18,))] == [
        False,
        True,
        True,
        False,
    ]
    assert not week.is_open(local(12, 10), NEW_YORK)


def test_open_for_another_hour_is_asked_before_today_is_promised() -> None:
    week = parse_hours("Mon-Fri 8-6")
    assert week.is_open(local(7, 17), NEW_YORK, still=timedelta(hours=1))
    assert not week.is_open(local(7, 17, 1), NEW_YORK, still=timedelta(hours=1))


def test_after_friday_comes_monday() -> None:
    week = parse_hours("Mon-Fri 8-6")
    assert week.opens_at(local(11, 18), NEW_YORK) == local(14, 8)
    assert moment_in("en", local(14, 8), NEW_YORK) == "Mon 8 am"
    assert moment_in("es-MX", local(16, 13, 30), NEW_YORK) == "mie 1:30 pm"


def test_a_night_on_call_reaches_into_the_next_morning() -> None:
    nights = parse_hours("Fri 22:00-06:00")
    assert nights.is_open(local(12, 5, 59), NEW_YORK)
    assert not nights.is_open(local(12, 6), NEW_YORK)


def test_the_working_day_ends_with_its_last_hours() -> None:
    week = parse_hours("Mon-Fri 8-12 & 1-6")
    assert week.end_of_day(local(7, 9), NEW_YORK) == local(7, 18)
    assert week.end_of_day(local(7, 12, 30), NEW_YORK) == local(7, 18)
    assert week.end_of_day(local(7, 7), NEW_YORK) == local(7, 18)
    assert week.end_of_day(local(11, 18), NEW_YORK) == local(14, 18)


def test_a_clinic_without_hours_never_opens_and_its_day_ends_a_day_later() -> None:
    never = parse_hours("")
    assert never.opens_at(local(7, 9), NEW_YORK) is None
    assert never.end_of_day(local(7, 9), NEW_YORK) == local(8, 9)


def test_days_are_said_in_the_patients_language_without_accents() -> None:
    assert hours_in("es", "Mon-Fri 8-6, Sat 9-12") == "lun-vie 8-6, sab 9-12"
    assert hours_in("en-GB", "Mon-Fri 8-6") == "Mon-Fri 8-6"


@given(
    at=st.timedeltas(timedelta(0), timedelta(days=365)).map(lambda since: local(1, 0) + since),
    day=st.sampled_from(DAYS),
    start=st.times(),
    end=st.times(),
    zone=st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_what_opens_next_is_open_then_and_the_day_ends_later(
    at: datetime, day: str, start: time, end: time, zone: str
) -> None:
    week, there = parse_hours(f"{day} {start:%H:%M}-{end:%H:%M}"), ZoneInfo(zone)
    opens_at = week.opens_at(at, there)
    assert opens_at
    assert opens_at > at
    assert week.end_of_day(at, there) > at
    assert week.is_open(opens_at, there) or week.closes_at(opens_at, there) is None
