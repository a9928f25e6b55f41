"""An alert, as people at the desk take it, hand it over and close it."""

from sqlalchemy import select

from followup.actions import alerting, staffing
from followup.actions.staffing import StaffEntry
from followup.db import OpenDb
from followup.models import AuditEntry, Clinic, Patient
from followup.terms import AlertCause, Label, Role
from tests.conftest import on_one_database
from tests.web.conftest import NOW

from .conftest import AddReply, Hire, Person, alert_of


def test_an_alert_is_taken_and_closed_with_a_note(
    admin: Person, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    add_reply()
    alert, here = alert_of(open_db), f"/inbox/{patient.id}"
    assert "Nobody has it." in admin.get(here).text
    taken = admin.fill(f"/alerts/{alert.id}/take", on=here, back=here)
    assert (taken.status_code, taken.headers["Location"]) == (303, here)
    assert "You have it" in admin.get(here).text
    assert "Rosalind Achterberg" in admin.get("/inbox?view=mine").text
    admin.fill(f"/alerts/{alert.id}/resolve", on=here, note="Called. <i>No</i> weakness.")

    alert = alert_of(open_db)
    assert (alert.taken_by, alert.resolved_by, alert.note) == (
        "ines@oak.example",
        "ines@oak.example",
        "Called. <i>No</i> weakness.",
    )
    page = admin.get(here).text
    assert "Ines Moreau closed the alert" in page
    assert "Called. &lt;i&gt;No&lt;/i&gt; weakness." in page


@on_one_database
def test_an_alert_is_not_closed_without_a_note(
    admin: Person, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    add_reply()
    refused = admin.fill(f"/alerts/{alert_of(open_db).id}/resolve", on=f"/inbox/{patient.id}", note=" ")

    assert refused.status_code == 422
    assert "Write what was done" in refused.text
    assert alert_of(open_db).resolved_at is None


def test_the_second_who_takes_is_told_who_was_first(
    admin: Person, hire: Hire, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    add_reply()
    alert, here = alert_of(open_db), f"/inbox/{patient.id}"
    hire(Role.CLINICIAN, name="Tom Adeyemi", email="tom@oak.example").fill(f"/alerts/{alert.id}/take", on=here)
    second = admin.fill(f"/alerts/{alert.id}/take", on=here)

    assert second.status_code == 409
    assert "Tom Adeyemi has it" in second.text
    assert alert_of(open_db).taken_by == "tom@oak.example"


def test_a_note_typed_while_a_colleague_took_it_is_kept_and_overwrites_nothing(
    admin: Person, hire: Hire, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    add_reply()
    alert, here = alert_of(open_db), f"/inbox/{patient.id}"
    csrf, version = admin.hidden(here, "csrf"), admin.hidden(here, "version")
    hire(Role.CLINICIAN, name="Tom Adeyemi", email="tom@oak.example").fill(f"/alerts/{alert.id}/take", on=here)
    form = {"csrf": csrf, "version": version, "note": "I called her at noon"}
    second = admin.ask("POST", f"/alerts/{alert.id}/resolve", data=form)

    assert second.status_code == 409
    assert "I called her at noon</textarea>" in second.text
    assert alert_of(open_db).resolved_at is None


def test_a_colleagues_alert_is_taken_over_and_both_are_named(
    admin: Person, hire: Hire, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    add_reply()
    alert, here = alert_of(open_db), f"/inbox/{patient.id}"
    hire(Role.CLINICIAN, name="Tom Adeyemi", email="tom@oak.example").fill(f"/alerts/{alert.id}/take", on=here)
    assert "Take over" in admin.get(here).text
    admin.fill(f"/alerts/{alert.id}/take-over", on=here, was="tom@oak.example")
    with open_db() as db:
        noted = db.scalars(select(AuditEntry).where(AuditEntry.did == "take over")).one()

    assert (noted.did_by, noted.details["from"]) == ("ines@oak.example", "tom@oak.example")
    late = hire(Role.DESK).fill(f"/alerts/{alert.id}/take-over", on=here, was="tom@oak.example")
    assert (late.status_code, "Ines Moreau has it" in late.text) == (409, True)


def test_a_notice_leads_to_the_conversation_of_its_patient(
    admin: Person, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    add_reply()

    assert admin.get(f"/alerts/{alert_of(open_db).id}").headers["Location"] == f"/inbox/{patient.id}"


@on_one_database
def test_an_alert_of_nobody_still_says_what_to_do(admin: Person, open_db: OpenDb, clinic: Clinic) -> None:
    with open_db() as db:
        alert = alerting.raise_alert(
            db, once_key="x", cause=AlertCause.UNREACHED, label=Label.UNCLEAR, clinic=clinic, patient=None, now=NOW
        )
    page = admin.get(f"/alerts/{alert.id}")
    assert (page.status_code, "A message did not arrive" in page.text, "Take it" in page.text) == (200, True, True)
    assert admin.get("/inbox").status_code == 200
    closed = admin.fill(f"/alerts/{alert.id}/resolve", on=f"/alerts/{alert.id}", note="Asked Tom: a test.")
    assert closed.headers["Location"] == f"/alerts/{alert.id}"
    assert "Asked Tom: a test." in admin.get(f"/alerts/{alert.id}").text


@on_one_database
def test_who_was_told_and_who_is_next_stands_beside_it(
    admin: Person, add_reply: AddReply, patient: Patient, clinic: Clinic, open_db: OpenDb
) -> None:
    with open_db() as db:
        place = db.get_one(Clinic, clinic.id)
        for name in ("Lee First", "Kim Second"):
            entry = StaffEntry(email=f"{name[:3].lower()}@oak.example", name=name)
            staff = staffing.put_staff(db, entry=entry, country="US", now=NOW, by="test")
            staffing.put_on_call(db, clinic=place, staff=staff, hours="", now=NOW, by="test")
    add_reply()
    page = admin.get(f"/inbox/{patient.id}").text

    assert page.index("Lee First") < page.index("unless someone takes it")
    assert "<bdi>Kim Second</bdi> is told at" in page
