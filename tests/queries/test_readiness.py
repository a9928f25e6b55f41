from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from followup.actions import pausing, staffing
from followup.actions.staffing import StaffEntry
from followup.db import OpenDb
from followup.messages.gateway import Refusal, Refused
from followup.models import Clinic as Location, OnCall, Sender, Staff
from followup.queries.findings import Finding, Grade
from followup.queries.readiness import examine
from followup.terms import Channel, Role
from tests.alarms import FIRST, SECOND, prove, put_on_call, raise_one
from tests.builders import MONDAY, Clinic, local


def found(clinic: Clinic, *, now: Any = MONDAY) -> list[Finding]:
    with clinic.open_db() as db:
        return examine(db, now=now)


def troubles(clinic: Clinic, **options: Any) -> list[tuple[Grade, str]]:
    return [(each.grade, each.check) for each in found(clinic, **options) if each.grade is not Grade.OK]


def alarms(clinic: Clinic, **options: Any) -> list[tuple[Grade, str]]:
    return [(each.grade, each.detail) for each in found(clinic, **options) if each.check == "alarms"]


@pytest.fixture
def clinic(open_db: OpenDb) -> Clinic:
    """The sample clinic, with somebody on call."""
    clinic = Clinic(open_db)
    put_on_call(clinic, FIRST, phone="212-555-0151")
    return clinic


def location(clinic: Clinic) -> Location:
    with clinic.open_db() as db:
        return db.scalars(select(Location)).one()


def test_the_sample_clinic_is_ready(clinic: Clinic) -> None:
    assert [(each.grade, each.check) for each in found(clinic)] == [
        (Grade.OK, "pause"),
        (Grade.OK, "watchdog"),
        (Grade.OK, "clinic"),
        (Grade.OK, "alarms"),
    ]


def test_without_a_clinic_nobody_is_said_to_be_on_call(open_db: OpenDb) -> None:
    with open_db() as db:
        told = [(each.grade, each.check) for each in examine(db, now=MONDAY)]
    assert told == [(Grade.OK, "pause"), (Grade.OK, "watchdog"), (Grade.STOP, "clinic")]


def test_a_pause_stops_and_is_told_with_its_reason(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        pausing.pause(db, why="wrong number", now=MONDAY, by="desk")
    told = found(clinic)[0]
    assert (told.grade, told.check) == (Grade.STOP, "pause")
    assert told.detail == "Paused since 2027-06-07 14:00 UTC by desk: wrong number. Run `followup resume`."


def test_what_is_due_and_does_not_leave_stops(clinic: Clinic) -> None:
    clinic.record()
    assert troubles(clinic, now=MONDAY + timedelta(hours=3)) == [(Grade.STOP, "watchdog")]


def test_a_sender_that_stopped_by_itself_is_told_with_the_mend(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        sender = db.get_one(Sender, Channel.SMS)
        sender.stopped_at, sender.stopped_because = MONDAY, "Twilio does not know these credentials."
    [stopped] = [each for each in found(clinic) if each.check == "sender"]
    assert stopped.grade is Grade.STOP
    assert stopped.detail.endswith("Mend that, then run `followup resume`.")


@pytest.mark.parametrize(
    ("field", "value", "grade", "what"),
    [
        ("emergency", "", Grade.STOP, "no emergency number"),
        ("text_name", "Clínica", Grade.WARN, "letters outside GSM-7"),
        ("booking_url", "", Grade.WARN, "no booking link"),
        ("hours", "", Grade.WARN, "no opening hours"),
        ("address", "", Grade.WARN, "no postal address"),
    ],
)
def test_what_a_clinic_has_not_told_is_named(clinic: Clinic, field: str, value: str, grade: Grade, what: str) -> None:
    clinic.change(location(clinic), **{field: value})
    [told] = [each for each in found(clinic) if each.grade is not Grade.OK]
    assert (told.grade, told.check) == (grade, "clinic")
    assert told.detail.startswith("maple has ")
    assert what in told.detail


def test_without_a_clinic_nothing_can_be_recorded(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        db.execute(delete(OnCall))
        db.execute(delete(Location))
    assert troubles(clinic) == [(Grade.STOP, "clinic")]


def test_a_clinic_with_patients_and_nobody_to_tell_stops(clinic: Clinic) -> None:
    clinic.record()
    with clinic.open_db() as db:
        db.execute(delete(OnCall))
    [stop, warn] = alarms(clinic)
    assert stop[0] is Grade.STOP
    assert stop[1].startswith("maple has patients and nobody who is told of alerts. Run `followup staff add")
    assert warn[0] is Grade.WARN


def test_an_administrator_who_has_left_hears_nothing(clinic: Clinic) -> None:
    clinic.record()
    with clinic.open_db() as db:
        db.execute(delete(OnCall))
        entry = StaffEntry(email="boss@maple.example", role=Role.ADMIN)
        staffing.put_staff(db, entry=entry, country="US", now=MONDAY, by="test")
        db.execute(update(Staff).where(Staff.role == Role.ADMIN).values(left_at=MONDAY, left_by="test"))
    assert [grade for grade, _ in alarms(clinic)] == [Grade.STOP, Grade.WARN]


def test_administrators_stand_in_for_a_list_and_that_is_told(clinic: Clinic) -> None:
    clinic.record()
    with clinic.open_db() as db:
        db.execute(delete(OnCall))
        entry = StaffEntry(email="boss@maple.example", role=Role.ADMIN)
        staffing.put_staff(db, entry=entry, country="US", now=MONDAY, by="test")
    [(grade, detail)] = alarms(clinic)
    assert grade is Grade.WARN
    assert "so that alerts go to administrators alone" in detail


def test_somebody_on_call_without_a_phone_is_named(clinic: Clinic) -> None:
    put_on_call(clinic, SECOND)
    [(grade, detail)] = alarms(clinic)
    assert grade is Grade.WARN
    assert detail.startswith(f"{SECOND} is on call for maple without a phone")


def test_a_daily_test_that_did_not_arrive_is_told_until_the_next_one_does(clinic: Clinic) -> None:
    clinic.record()
    clinic.sms.answer_next(Refused(Refusal.UNKNOWN, "30003"))
    prove(clinic, local(7, 9))
    clinic.tick(local(7, 9))
    [(grade, detail)] = alarms(clinic, now=local(7, 10))
    assert grade is Grade.WARN
    assert detail.startswith(f"The daily test of maple by sms did not reach {FIRST}. `followup message ")
    prove(clinic, local(8, 9))
    clinic.tick(local(8, 9))
    assert alarms(clinic, now=local(8, 9))[0][0] is Grade.OK


def test_notices_that_did_not_arrive_are_counted_for_a_day(clinic: Clinic) -> None:
    clinic.sms.answer_next(Refused(Refusal.UNKNOWN, "30003"))
    raise_one(clinic)
    clinic.tick(MONDAY)
    assert alarms(clinic)[0][1].startswith("1 notice of alerts of the last day did not arrive")
    assert alarms(clinic, now=MONDAY + timedelta(days=2))[0][0] is Grade.OK
