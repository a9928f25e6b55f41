"""Who the patient is and how they are reached, corrected."""

import pytest
from sqlalchemy import select

from followup.db import OpenDb
from followup.models import AuditEntry, Patient
from followup.terms import Channel
from tests.conftest import on_one_database
from tests.web.desk.conftest import Person

from .conftest import Treat, about, home, of_step


def test_a_patient_is_corrected_and_what_is_owed_follows(
    carla: Person, open_db: OpenDb, patient: Patient, treat: Treat
) -> None:
    treat()
    answer = about(carla, patient, given_name="Rosa", phone="", language="es", zone="America/Denver", minimal="yes")
    assert answer.status_code == 303
    with open_db() as db:
        now = db.get_one(Patient, patient.id)
        kept = db.scalars(select(AuditEntry).where(AuditEntry.did == "change")).one()

    assert (now.given_name, now.phone, now.language, now.zone, now.minimal) == (
        "Rosa",
        None,
        "es",
        "America/Denver",
        True,
    )
    assert now.email == "r@post.example"
    assert of_step(open_db, "check-in").channel is Channel.EMAIL
    assert kept.details == {"fields": ["given_name", "phone", "language", "zone", "minimal"]}


@on_one_database
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"given_name": " "}, "Write the name by which you know them."),
        ({"zone": "Denver"}, "is &#34;Denver&#34;, which is no time zone"),
        ({"language": "?"}, "which is no language code"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    carla: Person, open_db: OpenDb, patient: Patient, fields: dict[str, str], says: str
) -> None:
    answer = about(carla, patient, **fields)

    assert answer.status_code == 422
    assert says in answer.text
    with open_db() as db:
        assert db.get_one(Patient, patient.id).given_name == "Rosalind"


@on_one_database
def test_a_number_that_cannot_get_texts_is_kept_and_says_why(carla: Person, patient: Patient) -> None:
    assert about(carla, patient, phone="+44 20 7946 0018").status_code == 303
    text = carla.get(home(patient)).text

    assert "<bdi>+44 20 7946 0018</bdi> does not work.</strong> It is a landline, which cannot get texts." in text


def test_the_second_of_two_who_correct_a_patient_is_told(
    carla: Person, admin: Person, open_db: OpenDb, patient: Patient
) -> None:
    seen = carla.hidden(f"{home(patient)}/about", "version")
    assert seen
    about(admin, patient, given_name="Rosa")
    answer = about(carla, patient, given_name="Rosalinda", version=seen)

    assert answer.status_code == 409
    assert "Ines Moreau changed this" in answer.text
    assert 'value="Rosalinda"' in answer.text
    with open_db() as db:
        assert db.get_one(Patient, patient.id).given_name == "Rosa"
