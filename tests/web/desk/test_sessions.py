import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select

from followup.actions import planning
from followup.db import OpenDb
from followup.models import AuditEntry, Clinic, Consent, Message, Patient, TreatmentSession
from followup.runtime import Runtime
from followup.terms import Consented, ConsentSource, Role, Status
from tests.builders import default_plan
from tests.conftest import on_one_database
from tests.web.conftest import NOW

from .conftest import Hire, Person

NEW = "/sessions/new"
BASE = {
    "external_id": "desk:1",
    "who": "new",
    "given_name": "Zsófi",
    "family_name": "Nagy",
    "phone": "(212) 555-0142",
    "email": "zsofi@post.example",
    "language": "en",
    "clinic": "oak",
    "ended_on": "2026-11-12",
    "ended_time": "12:30",
    "practitioner": "Ines Moreau",
    "plan": "dry-needling",
    "regions": ["lower_back"],
    "baseline_pain": "6",
    "sms": "yes",
    "mail": "yes",
    "method": "spoken",
}


@pytest.fixture
def desk(hire: Hire, open_db: OpenDb) -> Person:
    """Someone at the front desk of a clinic with its plan and one clinician."""
    with open_db() as db:
        planning.load(db, plan=default_plan(), now=NOW, by="test")
    hire(Role.CLINICIAN, name="Ines Moreau", email="ines@oak.example")
    return hire(Role.DESK, name="Carla Whitt", email="carla@oak.example")


def filled(desk: Person, path: str = NEW, **changes: Any) -> Any:
    return desk.fill(path, on=NEW, **(BASE | changes))


def count(open_db: OpenDb, table: Any) -> int:
    with open_db() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def the_session(open_db: OpenDb) -> TreatmentSession:
    with open_db() as db:
        return db.scalars(select(TreatmentSession)).one()


def said(desk: Person, location: str) -> str:
    """The toast on the next page, whichever that is."""
    assert location.startswith("/patients/")
    found = re.search(r"data-said><span>([^<]*)</span>(.*?)</div>", desk.get("/patients").text, re.DOTALL)
    assert found
    return found[1] + (" [undo]" if "data-undo" in found[2] else "")


@on_one_database
def test_the_form_opens_with_now_by_the_clinics_clock_and_the_one_clinician(desk: Person) -> None:
    page = desk.get(NEW).text

    assert 'name="ended_on" type="date" value="2026-11-12"' in page
    assert 'name="ended_time" type="time" value="12:42"' in page
    assert 'name="practitioner" type="text" value="Ines Moreau"' in page
    assert "Find the patient, or add one" in page


@on_one_database
def test_a_clinician_is_the_practitioner_unless_they_say_otherwise(hire: Hire, desk: Person) -> None:
    assert desk.staff
    clinician = hire(Role.CLINICIAN, name="Tom Adeyemi")

    assert 'name="practitioner" type="text" value="Tom Adeyemi"' in clinician.get(NEW).text


def test_a_session_with_a_new_patient_is_saved_whole(desk: Person, open_db: OpenDb) -> None:
    answer = filled(
        desk, precautions=["diabetes"], first_treatment="yes", next_visit_on="2026-11-20", next_visit_time="09:15"
    )
    treatment = the_session(open_db)
    with open_db() as db:
        patient = db.get_one(Patient, treatment.patient_id)
        consents = db.scalars(select(Consent)).all()

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/patients/{patient.id}")
    assert (patient.given_name, patient.phone, patient.email) == ("Zsófi", "+12125550142", "zsofi@post.example")
    assert f"{treatment.ended_at:%H:%M}" == "17:30"
    assert f"{patient.next_visit_at:%d %H:%M}" == "20 14:15"
    assert (treatment.regions, treatment.precautions, treatment.first_treatment) == (["lower_back"], ["diabetes"], True)
    assert (treatment.baseline_pain, treatment.recorded_by) == (6, "carla@oak.example")
    assert {(one.says, one.source, one.evidence) for one in consents} == {
        (Consented.GIVEN, ConsentSource.DESK, "spoken")
    }
    assert len(consents) == 6


@on_one_database
def test_the_toast_says_what_leaves_and_offers_to_undo_it(desk: Person) -> None:
    answer = filled(desk)
    toast = said(desk, answer.headers["Location"])

    assert re.fullmatch(
        r"Session saved\. \d messages leave, and \d more if needed; the first Today 14:30\. \[undo\]", toast
    )


def test_however_often_a_form_is_sent_it_is_saved_once(desk: Person, open_db: OpenDb) -> None:
    first, again = filled(desk), filled(desk)

    assert count(open_db, TreatmentSession) == count(open_db, Patient) == 1
    assert again.headers["Location"] == first.headers["Location"]
    assert said(desk, again.headers["Location"]).startswith("It was saved already.")


def test_a_form_that_is_saved_already_is_not_saved_with_other_content(desk: Person, open_db: OpenDb) -> None:
    filled(desk)
    again = filled(desk, regions=["neck"], practitioner="Somebody else")

    assert again.status_code == 409
    assert "This form is saved already" in again.text
    assert 'value="Somebody else"' in again.text
    assert the_session(open_db).regions == ["lower_back"]


def test_undo_cancels_the_session_and_nothing_leaves(desk: Person, open_db: OpenDb) -> None:
    filled(desk)
    treatment = the_session(open_db)
    answer = desk.fill(f"/sessions/{treatment.id}/undo", on=NEW)
    with open_db() as db:
        statuses = set(db.scalars(select(Message.status)))

    assert statuses == {Status.CANCELLED}
    assert the_session(open_db).cancelled_by == "carla@oak.example"
    assert said(desk, answer.headers["Location"]) == "Undone: the session is cancelled, and no message leaves."
    twice = desk.fill(f"/sessions/{treatment.id}/undo", on=NEW)
    assert said(desk, twice.headers["Location"]) == "Undone: the session is cancelled, and no message leaves."


def test_after_three_minutes_there_is_nothing_to_undo(desk: Person, open_db: OpenDb) -> None:
    filled(desk)
    with open_db() as db:
        db.scalars(select(TreatmentSession)).one().recorded_at = NOW - timedelta(minutes=4)
    answer = desk.fill(f"/sessions/{the_session(open_db).id}/undo", on=NEW)

    assert said(desk, answer.headers["Location"]) == "The three minutes are over, so the session stands."
    assert the_session(open_db).cancelled_at is None


def test_there_is_no_undo_of_what_is_not_there(desk: Person) -> None:
    assert desk.fill(f"/sessions/{UUID(int=1)}/undo", on=NEW).status_code == 404


@on_one_database
@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"given_name": " "}, "given_name", "Given name is missing: fill it in."),
        ({"ended_time": ""}, "ended_time", "The end has no time: fill in both."),
        ({"ended_on": "", "ended_time": ""}, "ended_time", "The end is missing: fill it in."),
        ({"ended_on": "2026-11-13"}, "ended_time", "the session has not ended yet"),
        ({"ended_on": "yesterday"}, "ended_time", "The end cannot be read"),
        ({"next_visit_on": "2026-11-01", "next_visit_time": "09:00"}, "next_visit_time", "is not after the session"),
        ({"next_visit_on": "2026-12-01"}, "next_visit_time", "Next visit has no time"),
        ({"timezone": "Mars"}, "timezone", "which is no time zone"),
        ({"plan": "none"}, "plan", "Plan is not known"),
        ({"baseline_pain": "11"}, "baseline_pain", "write a whole number from 0"),
        ({"clinic": "elm"}, "clinic", "which we do not know"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_everything_typed_is_kept(
    desk: Person, open_db: OpenDb, changes: dict[str, str], field: str, says: str
) -> None:
    answer = filled(desk, **changes)

    assert answer.status_code == 422
    assert "Nothing is saved yet" in answer.text
    assert says in answer.text
    assert f'id="{field}-wrong"' in answer.text or field in ("baseline_pain", "clinic")
    assert 'value="zsofi@post.example"' in answer.text
    assert 'value="lower_back" checked' in answer.text
    assert count(open_db, TreatmentSession) == count(open_db, Patient) == 0


@on_one_database
def test_everything_that_is_wrong_is_said_at_once_and_the_first_has_the_focus(desk: Person) -> None:
    page = filled(desk, given_name="", ended_time="", precautions=["pregnancy"]).text

    assert "3 fields need another look" in page
    assert len(re.findall("autofocus", page)) == 1
    assert re.search(r'id="given_name"[^>]*autofocus', page)


@on_one_database
def test_without_a_patient_nothing_is_saved(desk: Person, open_db: OpenDb) -> None:
    page = filled(desk, who="find", q="Nobody").text

    assert "Patient is not chosen: find someone, or add a new patient." in page
    assert count(open_db, TreatmentSession) == 0


def test_what_the_article_warns_of_is_asked_once_more_and_kept_with_who_confirmed(
    desk: Person, open_db: OpenDb
) -> None:
    asked = filled(desk, precautions=["pregnancy"])
    by_desk = filled(desk, precautions=["pregnancy"], confirmed_by="carla@oak.example")
    assert count(open_db, TreatmentSession) == 0
    saved = filled(desk, precautions=["pregnancy"], confirmed_by="ines@oak.example")
    with open_db() as db:
        [entry] = db.scalars(select(AuditEntry).where(AuditEntry.did == "confirm"))

    assert asked.status_code == by_desk.status_code == 422
    assert "provider should be asked first" in asked.text
    assert "Say which clinician confirms" in asked.text
    assert saved.status_code == 303
    assert (entry.did_by, entry.details["confirmed_by"]) == ("carla@oak.example", "ines@oak.example")
    assert entry.subject_id == str(the_session(open_db).id)


def test_a_known_patient_is_found_and_chosen_without_a_script(desk: Person, open_db: OpenDb, patient: Patient) -> None:
    found = filled(desk, who="find", q="0123", do="find")
    assert f'name="choose" value="{patient.id}"' in found.text
    assert 'value="lower_back" checked' in found.text

    chosen = filled(desk, who="find", choose=str(patient.id))
    assert "Rosalind Achterberg" in chosen.text
    assert "Agreed on 12 Nov 2026, at the clinic." in chosen.text

    saved = filled(desk, who="known", patient=str(patient.id), given_name="Other", sms="", mail="")
    assert saved.headers["Location"] == f"/patients/{patient.id}"
    with open_db() as db:
        assert db.scalars(select(Patient.given_name)).all() == ["Rosalind"]
    assert the_session(open_db).patient_id == patient.id


def test_a_patient_without_any_address_is_still_the_same_patient(
    desk: Person, open_db: OpenDb, patient: Patient
) -> None:
    with open_db() as db:
        known = db.get_one(Patient, patient.id)
        known.phone = known.email = None
    filled(desk, who="known", patient=str(patient.id))

    assert count(open_db, Patient) == 1


@on_one_database
def test_what_was_looked_for_in_vain_becomes_the_name_of_a_new_patient(desk: Person) -> None:
    by_button = filled(desk, who="find", q="Ada  Lovelace King", do="add", given_name="").text
    by_link = desk.get(f"{NEW}?add=555 0199").text

    assert 'name="given_name" type="text" value="Ada"' in by_button
    assert 'name="family_name" type="text" value="Lovelace King"' in by_button
    assert 'name="phone" type="tel" value="555 0199"' in by_link


@on_one_database
@pytest.mark.parametrize("patient_id", ["none", str(UUID(int=7)), ""])
def test_a_patient_who_is_not_there_is_looked_for_again(desk: Person, patient_id: str) -> None:
    assert 'data-who="find"' in desk.get(f"{NEW}?patient={patient_id}").text
    assert filled(desk, who="known", patient=patient_id).status_code == 422


def test_the_preview_shows_every_message_with_its_time_and_words_and_writes_nothing(
    desk: Person, open_db: OpenDb
) -> None:
    shown = filled(desk, "/sessions/preview", regions=["neck", "lower_back"]).text

    assert "Today 12:42" in shown
    assert "Chest warning" in shown
    assert "Oak Clinic: " in shown
    assert "Reply STOP to end texts." in shown
    assert "Tomorrow 10:00" in shown
    assert "only if no answer came" in shown
    assert "asks A to D" in shown
    assert re.search(r"Save, \d+ messages", shown)
    for table in (TreatmentSession, Patient, Consent, Message):
        assert count(open_db, table) == 0
    with open_db() as db:
        assert db.scalars(select(AuditEntry).where(AuditEntry.subject == "treatment")).all() == []


@on_one_database
def test_the_preview_says_why_a_message_is_moved(desk: Person) -> None:
    shown = filled(desk, "/sessions/preview", ended_time="03:30").text

    assert "too late for" in shown or "is in quiet hours" in shown


@on_one_database
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"phone": "555"}, "555 cannot get texts: no such number can exist"),
        ({"phone": "+44 20 7946 0102"}, "it is a landline, which cannot get texts"),
        ({"phone": ""}, "No phone number is known, so no texts leave."),
        ({"sms": ""}, "Nobody has asked about texts yet, so none leave."),
        ({"sms": "no"}, "The patient said no to texts, so none leave."),
        ({"sms": "no", "mail": "no"}, "As it stands, nothing will leave after this session."),
        ({"email": "zsofi@", "sms": ""}, "zsofi@ cannot get emails: "),
    ],
)
def test_what_keeps_messages_from_leaving_is_said_before_saving(
    desk: Person, changes: dict[str, str], says: str
) -> None:
    assert says in filled(desk, "/sessions/preview", **changes).text


@on_one_database
def test_a_clinic_without_an_emergency_number_is_told_that_nothing_leaves(desk: Person, open_db: OpenDb) -> None:
    with open_db() as db:
        db.scalars(select(Clinic)).one().emergency = ""

    assert "The clinic has no emergency number" in filled(desk, "/sessions/preview").text


@on_one_database
def test_an_unfinished_form_is_told_what_it_still_needs(desk: Person) -> None:
    assert "The end is missing: fill it in." in filled(desk, "/sessions/preview", ended_on="", ended_time="").text
    assert "Find the patient, or add one" in filled(desk, "/sessions/preview", who="find").text
    assert "Please look twice" in filled(desk, "/sessions/preview", who="find", precautions=["pregnancy"]).text


@on_one_database
def test_the_preview_of_a_saved_form_says_so(desk: Person) -> None:
    filled(desk)

    assert "This form is saved already" in filled(desk, "/sessions/preview", regions=["neck"]).text
    assert "Today 14:30" in filled(desk, "/sessions/preview").text


@on_one_database
def test_markup_in_names_is_shown_as_text(desk: Person) -> None:
    name = "<script>alert(1)</script>"
    page = filled(desk, given_name=name, ended_time="").text

    assert name not in page
    assert "&lt;script&gt;" in page
    assert name not in filled(desk, "/sessions/preview", given_name=name).text


@on_one_database
def test_the_form_asks_the_database_as_often_for_many_people_as_for_few(
    desk: Person, hire: Hire, runtime: Runtime, patient: Patient
) -> None:
    def asked() -> int:
        statements: list[str] = []
        note = lambda *event_: statements.append(event_[2])  # noqa: E731 - a listener of one line
        event.listen(runtime.engine, "before_cursor_execute", note)
        assert filled(desk, who="known", patient=str(patient.id), do="preview").status_code == 200
        event.remove(runtime.engine, "before_cursor_execute", note)
        return len(statements)

    asked()  # a plan's steps are read once
    few = asked()
    for number in range(20):
        hire(Role.CLINICIAN, name=f"Clinician {number}")
    assert asked() == few
