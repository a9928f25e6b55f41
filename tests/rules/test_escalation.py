from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from followup.rules.escalation import (
    MOST_CALLS_TO_ALL,
    Patience,
    Place,
    Round,
    answer_by,
    first_round_at,
    is_worse,
    next_proof_at,
    next_round,
    proof_at,
    takes,
)
from followup.terms import Label

NEW_YORK = ZoneInfo("America/New_York")
A, B, C = (UUID(int=number) for number in (1, 2, 3))
WAIT = timedelta(minutes=5)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in New York in June 2027; the 7th is a Monday."""
    return datetime(2027, 6, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


NOON = local(7, 12)


def place(who: UUID, hours: str = "") -> Place:
    return Place(who, hours, NEW_YORK)


ALL_DAY = [place(A), place(B), place(C)]
SHIFTS = [place(A, "Mon-Fri 8-6"), place(B, "Mon-Sun 18:00-08:00"), place(C, "Sat-Sun 8-6")]


def rounds(label: Label, *before: set[UUID], places: list[Place] = ALL_DAY, at: datetime = NOON) -> Round:
    return next_round(label, places=places, before=list(before), at=at, wait=WAIT)


@pytest.mark.parametrize(
    ("label", "minutes"), [(Label.EMERGENCY, 5), (Label.URGENT, 15), (Label.INFECTION, 60), (Label.NERVE, 60)]
)
def test_a_worry_has_the_minutes_of_its_severity_at_any_hour(label: Label, minutes: int) -> None:
    night = local(6, 3)
    due = answer_by(label, at=night, patience=Patience(), hours="Mon-Fri 8-6", zone=NEW_YORK)
    assert due == night + timedelta(minutes=minutes)
    assert first_round_at(label, at=night, answer_by=due) == night


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (local(7, 9), local(7, 18)),
        (local(7, 17, 59), local(7, 18)),
        (local(7, 19), local(8, 18)),
        (local(12, 9), local(14, 18)),
    ],
)
def test_what_nobody_understood_waits_for_the_end_of_the_working_day(at: datetime, end: datetime) -> None:
    due = answer_by(Label.UNCLEAR, at=at, patience=Patience(), hours="Mon-Fri 8-6", zone=NEW_YORK)
    assert due == end
    assert first_round_at(Label.UNCLEAR, at=at, answer_by=due) == end


def test_opening_hours_that_cannot_be_read_give_a_day() -> None:
    due = answer_by(Label.UNCLEAR, at=NOON, patience=Patience(), hours="by appointment", zone=NEW_YORK)
    assert due == NOON + timedelta(days=1)


def test_the_first_on_the_list_is_told_first_then_the_next_then_everybody() -> None:
    assert rounds(Label.URGENT) == Round([A], NOON + WAIT)
    assert rounds(Label.URGENT, {A}) == Round([B], NOON + WAIT)
    assert rounds(Label.URGENT, {A}, {B}) == Round([C], NOON + WAIT)
    assert rounds(Label.URGENT, {A}, {B}, {C}) == Round([A, B, C], None)


def test_only_who_is_on_call_now_is_told_alone() -> None:
    assert rounds(Label.URGENT, places=SHIFTS, at=local(7, 12)).tells == [A]
    assert rounds(Label.URGENT, places=SHIFTS, at=local(7, 22)).tells == [B]
    assert rounds(Label.URGENT, places=SHIFTS, at=local(12, 9)).tells == [C]


def test_when_the_shift_changes_between_rounds_the_new_one_is_told_next() -> None:
    assert rounds(Label.EMERGENCY, {A}, places=SHIFTS, at=local(7, 18, 1)).tells == [B]
    assert rounds(Label.EMERGENCY, {B}, places=SHIFTS, at=local(8, 8, 1)).tells == [A]


def test_when_nobody_is_on_call_everybody_is_told_at_once() -> None:
    days = [place(A, "Mon-Fri 8-6"), place(B, "Mon-Fri 8-6")]
    assert rounds(Label.URGENT, places=days, at=local(6, 3)) == Round([A, B], None)


def test_hours_that_cannot_be_read_are_any_time() -> None:
    assert place(A, "whenever").covers(local(6, 3))


def test_who_goes_home_as_the_day_ends_still_hears_what_was_due_by_then() -> None:
    six = local(7, 18)
    assert rounds(Label.UNCLEAR, places=SHIFTS, at=six).tells == [A]
    assert rounds(Label.EMERGENCY, places=SHIFTS, at=six).tells == [B]


def test_an_emergency_calls_everybody_again_and_at_some_time_ends() -> None:
    before: list[set[UUID]] = []
    while (told := rounds(Label.EMERGENCY, *before)).next_at:
        before.append(set(told.tells))
    assert [len(each) for each in before[:4]] == [1, 1, 1, 3]
    assert len(before) + 1 == 3 + MOST_CALLS_TO_ALL


def test_one_person_alone_is_called_again_too() -> None:
    alone = [place(A)]
    assert rounds(Label.NERVE, places=alone) == Round([A], NOON + WAIT)
    assert rounds(Label.NERVE, {A}, places=alone) == Round([A], None)


def test_without_anybody_there_is_no_round() -> None:
    assert rounds(Label.EMERGENCY, places=[]) == Round([], None)


def test_labels_are_compared_in_the_order_of_acting() -> None:
    assert is_worse(Label.EMERGENCY, Label.URGENT)
    assert is_worse(Label.NERVE, Label.UNCLEAR)
    assert not is_worse(Label.NERVE, Label.NERVE)


def test_the_daily_test_comes_as_quiet_hours_end_on_local_clocks() -> None:
    nine = time(9)
    assert proof_at(local(7, 3), opens=nine, zone=NEW_YORK) == local(7, 9)
    assert next_proof_at(local(7, 3), opens=nine, zone=NEW_YORK) == local(7, 9)
    assert next_proof_at(local(7, 9), opens=nine, zone=NEW_YORK) == local(8, 9)


def test_the_daily_test_keeps_its_wall_time_when_the_clocks_change() -> None:
    before = datetime(2027, 3, 13, 9, tzinfo=NEW_YORK)
    following = next_proof_at(before.astimezone(UTC), opens=time(9), zone=NEW_YORK)
    assert following.astimezone(NEW_YORK).hour == 9
    assert following - before == timedelta(hours=23)


@pytest.mark.parametrize(
    "text",
    ["take", "TAKEN!", "Ok 👍", "okay.", "got it", "I got it", "On it", "I\N{RIGHT SINGLE QUOTATION MARK}m on it", "mine", "Yes", "Sí", "tomo", "Lo tomo",
     "tomada", "VALE", "👍"],
)  # fmt: skip
def test_short_words_take_an_alert(text: str) -> None:
    assert takes(text)


@pytest.mark.parametrize(
    "text",
    ["", "👎", "no", "ok but who is it?", "take me off this list", "not mine", "STOP", "tomorrow", "yesterday", "7"],
)
def test_other_words_take_nothing(text: str) -> None:
    assert not takes(text)
