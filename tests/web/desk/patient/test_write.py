"""A text or email that a person writes."""

from typing import Any

import pytest
from sqlalchemy import select

from followup.db import OpenDb
from followup.models import Message, Patient
from tests.conftest import on_one_database
from tests.web.conftest import NOW
from tests.web.desk.conftest import Person

from .conftest import home, keep_reply, of_step


def write(person: Person, patient: Patient, text: str, **more: Any) -> Any:
    return person.fill(f"{home(patient)}/write", on=home(patient), text=text, channel="sms", **more)


def test_a_text_by_hand_leaves_in_our_name(carla: Person, open_db: OpenDb, patient: Patient) -> None:
    assert write(carla, patient, "Ines will call you at 3.").status_code == 303
    message = of_step(open_db, "by-hand")

    assert (message.due_at, message.values) == (NOW, {"text": "Ines will call you at 3."})
    text = carla.get(home(patient)).text
    assert "On its way." in text
    assert "Written by <bdi>Carla Whitt</bdi>" in text


@on_one_database
def test_a_text_that_is_too_long_or_empty_is_kept_in_the_form(carla: Person, open_db: OpenDb, patient: Patient) -> None:
    long = write(carla, patient, "Please call us. " * 30)
    assert long.status_code == 422
    assert "segments, and 2 are the most" in long.text
    assert "Please call us. Please call us." in long.text
    assert write(carla, patient, " ").status_code == 422
    with open_db() as db:
        assert db.scalars(select(Message)).all() == []


@on_one_database
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Hello", "1 segment<"),
        ("Please call us. " * 12, "2 segments: costs as much as 2 texts"),
        ("Please call us. " * 30, "too long, 2 are the most"),
        ("Dzień dobry", "“<bdi>ń</bdi>” is not in the alphabet of plain texts"),
        ("", "It leaves at once."),
    ],
)
def test_while_someone_types_the_cost_is_told(carla: Person, patient: Patient, text: str, says: str) -> None:
    part = carla.fill(f"{home(patient)}/write/draft", on=home(patient), text=text, channel="sms").text

    assert says in part
    assert "<html" not in part


@on_one_database
def test_a_patient_in_a_quiet_place_is_written_to_in_the_morning(
    carla: Person, open_db: OpenDb, patient: Patient
) -> None:
    with open_db() as db:
        db.get_one(Patient, patient.id).zone = "Asia/Tokyo"  # where it is 02:42 now
    part = carla.fill(f"{home(patient)}/write/draft", on=home(patient), text="Hello", channel="sms").text
    assert "It is quiet where they are, so it leaves Fri 13 Nov, 09:00." in part
    write(carla, patient, "Hello")
    assert "It leaves Fri 13 Nov, 09:00: it is quiet until then." in carla.get(home(patient)).text

    keep_reply(open_db, patient, "are you there?")
    part = carla.fill(f"{home(patient)}/write/draft", on=home(patient), text="Hello", channel="sms").text
    assert "They wrote within a day, so it leaves at once" in part
