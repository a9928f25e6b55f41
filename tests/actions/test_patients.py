from typing import Any

import pytest
from sqlalchemy import select

from followup.actions.entries import EntryError
from followup.models import Patient
from tests.builders import PHONE, Clinic, local


def patients(clinic: Clinic) -> list[Patient]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Patient).order_by(Patient.id)))


@pytest.mark.parametrize(
    ("again", "how_many"),
    [
        ({}, 1),
        ({"phone": "(212) 555-0123"}, 1),
        ({"phone": "212-555-0177"}, 1),
        ({"email": "other@mail.example"}, 1),
        ({"phone": "212-555-0177", "email": "other@mail.example"}, 2),
        ({"given_name": "Ben"}, 2),
        ({"family_name": "Berg"}, 2),
    ],
    ids=[
        "the same in everything",
        "the same number written otherwise",
        "another number and the same email",
        "another email and the same number",
        "another number and email",
        "another given name",
        "another family name",
    ],
)
def test_without_an_id_a_name_and_one_address_tell_who_it_is(
    clinic: Clinic, again: dict[str, Any], how_many: int
) -> None:
    clinic.record("T1")
    clinic.record("T2", patient=again)
    assert len(patients(clinic)) == how_many


def test_the_senders_own_id_tells_who_it_is_whatever_else_changed(clinic: Clinic) -> None:
    clinic.record("T1", patient={"external_id": "P1"})
    clinic.record("T2", patient={"external_id": "P1", "given_name": "Eve", "phone": "212-555-0177", "email": ""})
    [patient] = patients(clinic)
    assert (patient.given_name, patient.phone, patient.email) == ("Eve", "+12125550177", "ada@mail.example")


def test_another_id_is_another_patient_even_with_the_same_name_and_number(clinic: Clinic) -> None:
    clinic.record("T1", patient={"external_id": "P1"})
    clinic.record("T2", patient={"external_id": "P2"})
    assert len(patients(clinic)) == 2


def test_patients_of_two_clinics_are_two(clinic: Clinic) -> None:
    clinic.add_clinic("oak")
    clinic.record("T1")
    clinic.record("T2", clinic="oak")
    assert len(patients(clinic)) == 2


def test_people_without_any_address_are_never_taken_for_one(clinic: Clinic) -> None:
    clinic.record("T1", patient={"phone": "", "email": ""})
    clinic.record("T2", patient={"phone": "", "email": ""})
    assert len(patients(clinic)) == 2


def test_a_number_that_cannot_get_texts_is_kept_as_given(clinic: Clinic) -> None:
    clinic.record("T1", patient={"phone": "800-555-0100"})
    clinic.record("T2", patient={"phone": "800-555-0100", "email": ""})
    [patient] = patients(clinic)
    assert (patient.phone, patient.phone_given) == (None, "800-555-0100")


def test_a_new_number_gets_a_new_chance(clinic: Clinic) -> None:
    clinic.record("T1")
    clinic.change(patients(clinic)[0], phone_failed_at=local(7, 12), email_failed_at=local(7, 12))
    clinic.record("T2", patient={"phone": "212-555-0177"})
    [patient] = patients(clinic)
    assert (patient.phone_failed_at, patient.email_failed_at) == (None, local(7, 12))


def test_a_bad_number_stays_bad_however_it_is_written(clinic: Clinic) -> None:
    clinic.record("T1")
    clinic.change(patients(clinic)[0], phone_failed_at=local(7, 12))
    clinic.record("T2", patient={"phone": "(212) 555 0123"})
    [patient] = patients(clinic)
    assert (patient.phone, patient.phone_failed_at) == (PHONE, local(7, 12))


def test_what_is_not_said_is_not_forgotten(clinic: Clinic) -> None:
    clinic.record("T1", patient={"timezone": "America/Chicago"}, next_visit_at=local(21, 9).isoformat())
    clinic.record("T2")
    [patient] = patients(clinic)
    assert (patient.zone, patient.next_visit_at) == ("America/Chicago", local(21, 9))


def test_our_own_id_tells_who_it_is_with_nothing_else_to_go_by(clinic: Clinic) -> None:
    first = clinic.record("T1", patient={"phone": "", "email": ""}).treatment.patient_id
    again = clinic.record("T2", patient={"id": str(first), "phone": "", "email": ""}).treatment.patient_id
    assert again == first
    assert len(patients(clinic)) == 1


def test_an_id_of_ours_is_good_at_its_own_clinic_only(clinic: Clinic) -> None:
    clinic.add_clinic("oak")
    first = clinic.record("T1").treatment.patient_id
    with pytest.raises(EntryError, match=r"patient\.id is .*, which no patient of this clinic has"):
        clinic.record("T2", clinic="oak", patient={"id": str(first)})
    assert len(patients(clinic)) == 1
