"""A rehearsal plans as real recording does, and says of each message what it depends on."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from followup.actions import planning
from followup.actions.rehearsing import Case, House, Rehearsed, left_out, rehearse
from followup.db import OpenDb
from followup.models import Clinic as Location, Message, Step
from followup.models.owed import load
from followup.models.steps import steps_of
from followup.rules.quiet import QuietHours
from followup.terms import Channel, Precaution, Reason, Region
from tests.builders import MONDAY, NEW_YORK, Clinic, default_plan, local

THURSDAY_EVENING, SATURDAY_EVENING = local(10, 19, 45), local(12, 20, 40)
DEFAULTS = House(QuietHours(), {})
CASE = Case(ended_at=MONDAY, recorded_at=MONDAY, zone=NEW_YORK)


@pytest.fixture
def clinic(open_db: OpenDb) -> Clinic:
    return Clinic(open_db)


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return [Step(position=place, **step.model_dump()) for place, step in enumerate(default_plan().steps)]


def by_step(steps: list[Step], case: Case, house: House = DEFAULTS) -> dict[str, Rehearsed]:
    return {each.step: each for each in rehearse(steps, case, house)}


@pytest.mark.parametrize("regions", [(), (Region.UPPER_BACK,)])
@pytest.mark.parametrize("channels", [(Channel.SMS, Channel.EMAIL), (Channel.SMS,), (Channel.EMAIL,)])
@pytest.mark.parametrize(
    ("ended_at", "recorded_at"),
    [(MONDAY, MONDAY), (THURSDAY_EVENING, local(10, 19, 57)), (SATURDAY_EVENING, local(14, 8))],
)
def test_it_is_what_recording_the_same_session_writes_down(
    clinic: Clinic, regions: Any, channels: Any, ended_at: Any, recorded_at: Any
) -> None:
    consent = {channel.value: channel in channels for channel in Channel}
    fields = {"consent": consent, "ended_at": ended_at, "regions": list(regions)}
    clinic.record(now=recorded_at, **fields)
    with clinic.open_db() as db:
        real = load(db)
        steps = steps_of(db, planning.newest(db, "dry-needling").id)
    case = replace(CASE, ended_at=ended_at, recorded_at=recorded_at, regions=regions, channels=channels)
    rehearsed = rehearse(steps, case, DEFAULTS)

    def shown(key: str | None, message: Any) -> tuple[Any, ...]:
        return key, message.channel, message.nominal_at, message.due_at, message.expires_at

    assert sorted(shown(each.step, each) for each in rehearsed) == sorted(
        shown(each.step.key if each.step else None, each.message) for each in real
    )


def test_each_move_is_explained_in_the_patients_own_time(steps: list[Step]) -> None:
    case = replace(CASE, ended_at=SATURDAY_EVENING, recorded_at=SATURDAY_EVENING)
    found = by_step(steps, case)["what-to-expect"]
    assert found.due_local == "2027-06-13T09:00:00-04:00"
    assert found.why == ["Sat 12 Jun 22:40 is in quiet hours, so it goes Sun 13 Jun 09:00."]


def test_what_may_come_in_quiet_hours_says_so(steps: list[Step]) -> None:
    case = replace(CASE, ended_at=SATURDAY_EVENING, recorded_at=SATURDAY_EVENING, regions=(Region.CHEST,))
    found = by_step(steps, case)["chest-warning"]
    assert found.due_at == SATURDAY_EVENING
    assert found.notes == ["It may come in quiet hours until Sat 12 Jun 21:40, because it can't wait."]


def test_conditional_steps_are_marked_with_their_condition(steps: list[Step]) -> None:
    found = by_step(steps, CASE)
    assert [key for key, each in found.items() if each.conditional] == ["still-or-gone", "pain-score-reminder"]
    assert found["pain-score-reminder"].notes == [
        "Only if pain-score left and is not answered.",
        "Waits while an alert of the patient is open.",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "This patient is not at high risk."),
        ({"regions": (Region.NECK,)}, "This patient is at high risk."),
        ({"precautions": (Precaution.BLOOD_THINNER,)}, "This patient is at high risk."),
        ({"first_treatment": True}, "This patient is at high risk."),
    ],
)
def test_whether_silence_is_enough_for_still_or_gone_is_told(steps: list[Step], changes: Any, said: str) -> None:
    assert said in by_step(steps, replace(CASE, **changes))["still-or-gone"].notes


def test_words_follow_precautions_and_only_the_first_text_and_booking_offer_stop(steps: list[Step]) -> None:
    case = replace(CASE, precautions=(Precaution.BLOOD_THINNER,), channels=(Channel.SMS,))
    found = by_step(steps, case)
    assert "Bruises may be bigger for you." in found["what-to-expect"].text
    assert [key for key, each in found.items() if "STOP" in each.text] == ["what-to-expect", "book-next"]


def test_what_comes_too_late_is_not_sent_and_does_not_offer_stop(steps: list[Step]) -> None:
    found = by_step(steps, replace(CASE, recorded_at=local(9, 10)))
    assert found["what-to-expect"].blocked is Reason.TOO_LATE
    assert found["what-to-expect"].because == Reason.TOO_LATE.sentence
    assert "STOP" not in found["what-to-expect"].text
    assert found["warning-signs"].blocked is None
    assert "STOP" in found["warning-signs"].text


def test_what_the_patient_permits_on_no_channel_is_not_sent(steps: list[Step]) -> None:
    assert {each.blocked for each in rehearse(steps, replace(CASE, channels=()), DEFAULTS)} == {Reason.NO_CONSENT}


def test_a_clinic_gives_its_name_its_quiet_hours_and_its_booking_link(clinic: Clinic, steps: list[Step]) -> None:
    with clinic.open_db() as db:
        location = db.scalars(select(Location)).one()
    house = House.of(location)
    case = replace(CASE, channels=(Channel.SMS,))
    assert house.quiet == QuietHours(location.quiet_from, location.quiet_until)
    assert "https://maple.example/b" in by_step(steps, case, house)["book-next"].text
    assert "212-555-0100" in by_step(steps, case, house)["what-to-expect"].text


def test_without_an_emergency_number_nothing_would_leave(steps: list[Step]) -> None:
    house = replace(DEFAULTS, is_ready=False)
    assert {each.blocked for each in rehearse(steps, CASE, house)} == {Reason.CLINIC_NOT_READY}


def test_steps_for_other_regions_are_left_out(steps: list[Step]) -> None:
    assert left_out(steps, CASE) == ["chest-warning"]
    assert left_out(steps, replace(CASE, regions=(Region.RIBS,))) == []


def test_it_writes_nothing(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        rehearse(steps_of(db, planning.newest(db, "dry-needling").id), CASE, DEFAULTS)
    with clinic.open_db() as db:
        assert db.scalar(select(func.count()).select_from(Message)) == 0


def test_another_zone_has_other_quiet_hours(steps: list[Step]) -> None:
    case = replace(CASE, ended_at=local(7, 22), recorded_at=local(7, 22), zone=ZoneInfo("America/Los_Angeles"))
    assert by_step(steps, case)["what-to-expect"].due_local == "2027-06-07T19:50:00-07:00"


def test_another_language_has_other_words(steps: list[Step]) -> None:
    found = by_step(steps, replace(CASE, language="es"))
    assert "Gracias por venir" in found["what-to-expect"].text


def test_another_step_is_called_as_the_reader_calls_it(steps: list[Step]) -> None:
    [reminder] = [each for each in rehearse(steps, CASE, DEFAULTS, called=str.upper) if "reminder" in each.step]
    assert reminder.notes[0] == "Only if PAIN-SCORE left and is not answered."


def test_a_patient_who_is_asked_again_in_any_case_is_asked_without_a_condition(steps: list[Step]) -> None:
    found = by_step(steps, replace(CASE, precautions=(Precaution.BLEEDING_DISORDER,)))["still-or-gone"]
    assert not found.conditional
    assert found.notes == ["Whatever the check-in is answered, because of this patient's precautions."]
