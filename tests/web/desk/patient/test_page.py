"""What the page says before anybody reads the story."""

from uuid import UUID

from sqlalchemy import select

from followup.db import OpenDb, new_id
from followup.models import AuditEntry, Clinic, Patient
from followup.terms import Status
from tests.conftest import on_one_database
from tests.web.conftest import NOW, PHONE, AddMessage
from tests.web.desk.conftest import Person

from .conftest import MARKUP, Treat, about, consent, home, keep_reply

HEBREW = "שרה כהן"


@on_one_database
def test_the_page_tells_what_will_leave_with_its_reasons(carla: Person, patient: Patient, treat: Treat) -> None:
    treat(regions=["lower_back"], baseline_pain=6)
    text = carla.get(home(patient)).text

    assert "<bdi>Rosalind Achterberg</bdi>" in text
    assert "English, New York time" in text
    assert text.index("Change score") < text.index("Warning signs") < text.index("What to expect")
    assert "Thu 12 Nov, 13:42" in text
    assert "Day 3, at 10:00, after the treatment session that ended Thu 12 Nov 11:42." in text
    assert "Only if needed" in text
    assert "6 before treatment on 12 Nov." in text


def test_looking_at_a_patient_is_kept(carla: Person, open_db: OpenDb, patient: Patient) -> None:
    carla.get(home(patient))
    carla.get(home(patient))
    with open_db() as db:
        seen = db.scalars(select(AuditEntry.did_by).where(AuditEntry.did == "see")).all()

    assert seen == ["carla@oak.example"]


def test_nobody_is_not_found(carla: Person, patient: Patient) -> None:
    assert carla.get(f"/patients/{new_id()}").status_code == 404
    assert carla.get(f"{home(patient)}?show=secrets").status_code == 404
    assert carla.get(f"{home(patient)}?cursor=none").status_code == 404


@on_one_database
def test_a_new_patient_has_an_empty_story_and_no_score(carla: Person, open_db: OpenDb, clinic: Clinic) -> None:
    patient = Patient(clinic_id=clinic.id, given_name="Al", created_at=NOW)
    with open_db() as db:
        db.add(patient)
    text = carla.get(home(patient)).text

    assert "Nothing here yet" in text
    assert "No score yet." in text
    assert "Phone this patient." in text


@on_one_database
def test_high_risk_and_precautions_stand_at_the_top_in_words(carla: Person, patient: Patient, treat: Treat) -> None:
    treat(regions=["upper_back"], precautions=["blood_thinner", "pregnancy"], first_treatment=True)
    text = carla.get(home(patient)).text.partition('id="story"')[0]

    assert "High risk: first treatment, upper back, blood thinner." in text
    assert "Precautions: blood thinner, pregnancy." in text
    assert "should be asked first" in text


@on_one_database
def test_who_shares_the_phone_is_named(carla: Person, open_db: OpenDb, patient: Patient, clinic: Clinic) -> None:
    assert "theirs alone" in carla.get(home(patient)).text
    with open_db() as db:
        db.add(Patient(clinic_id=clinic.id, given_name=HEBREW, phone=PHONE, created_at=NOW))

    assert f'shared with <a href="/patients/{_only_other(open_db, patient)}"><bdi>{HEBREW} </bdi>' in (
        carla.get(home(patient)).text
    )


def _only_other(open_db: OpenDb, patient: Patient) -> UUID:
    with open_db() as db:
        return db.scalars(select(Patient.id).where(Patient.id != patient.id)).one()


@on_one_database
def test_markup_in_anything_that_people_wrote_is_shown_as_text(
    carla: Person, open_db: OpenDb, patient: Patient, treat: Treat, add_message: AddMessage
) -> None:
    treat(practitioner=MARKUP)
    keep_reply(open_db, patient, MARKUP)
    add_message(status=Status.SENT, left_at=NOW, body=MARKUP)
    consent(carla, patient, sms_booking="no", method=MARKUP)
    about(carla, patient, given_name=MARKUP)
    for path in (home(patient), f"{home(patient)}/about"):
        text = carla.get(path).text
        assert "<script>" not in text
        assert "<b>" not in text
        assert "style=" not in text
