from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from followup.actions import pausing
from followup.models import Clinic as Location, Sender
from followup.queries.readiness import Finding, Grade, examine
from followup.terms import Channel
from tests.builders import MONDAY, Clinic


def found(clinic: Clinic, *, now: Any = MONDAY) -> list[Finding]:
    with clinic.open_db() as db:
        return examine(db, now=now)


def troubles(clinic: Clinic, **options: Any) -> list[tuple[Grade, str]]:
    return [(each.grade, each.check) for each in found(clinic, **options) if each.grade is not Grade.OK]


def location(clinic: Clinic) -> Location:
    with clinic.open_db() as db:
        return db.scalars(select(Location)).one()


def test_the_sample_clinic_is_ready(clinic: Clinic) -> None:
    assert [(each.grade, each.check) for each in found(clinic)] == [
        (Grade.OK, "pause"),
        (Grade.OK, "watchdog"),
        (Grade.OK, "clinic"),
    ]


def test_a_pause_stops_and_is_told_with_its_reason(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        pausing.pause(db, why="wrong number", now=MONDAY, by="desk")
    told = found(clinic)[0]
    assert (told.grade, told.check) == (Grade.STOP, "pause")
    assert told.detail == "Paused since 2027-06-07 14:00 UTC by desk: wrong number; run `followup resume`."


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
        db.execute(delete(Location))
    assert troubles(clinic) == [(Grade.STOP, "clinic")]
