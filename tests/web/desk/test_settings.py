from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from sqlalchemy import select

from followup.actions import auditing, pausing
from followup.db import OpenDb
from followup.models import ApiKey, AuditEntry, Clinic, Message, OnCall, Sender, Staff, Switch
from followup.terms import Channel, Role
from tests.conftest import on_one_database
from tests.web.conftest import NOW

from .conftest import Hire, Person

OAK = "/settings/clinics/oak"
FIELDS = {
    "name": "Oak & Ash Clinic",
    "text_name": "Oak Clinic",
    "phone": "212-555-0100",
    "after_hours": "",
    "emergency": "911",
    "address": "1 Oak Street",
    "zone": "America/Denver",
    "country": "us",
    "hours": "Mon-Fri 8-6, Sat 9-12",
    "quiet_from": "21:00",
    "quiet_until": "08:30",
    "booking_url": "https://oak.example/book",
    "stop_scope": "purpose",
    "emergency_minutes": "5",
    "urgent_minutes": "20",
    "worry_minutes": "90",
}
CARLA = {"name": "Carla Whitt", "email": "carla@oak.example", "phone": "", "role": "desk", "language": "es"}


def clinic_now(open_db: OpenDb, key: str = "oak") -> Clinic:
    with open_db() as db:
        return db.scalars(select(Clinic).where(Clinic.key == key)).one()


def test_a_clinic_is_changed_and_the_log_says_by_whom(admin: Person, open_db: OpenDb) -> None:
    answer = admin.fill(OAK, **FIELDS)
    clinic = clinic_now(open_db)
    with open_db() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.subject == "clinic")).one()

    assert answer.headers["Location"] == OAK
    assert (clinic.zone, clinic.country, clinic.quiet_until) == ("America/Denver", "US", time(8, 30))
    assert (entry.did, entry.did_by) == ("change", "ines@oak.example")
    assert {"quiet_until", "worry_minutes", "zone"} <= set(entry.details["fields"])


@on_one_database
@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "", "Write the name"),
        ("text_name", "Clínica", "without á, í, ó, ú"),
        ("phone", "call us", "as patients would dial it"),
        ("emergency", "nine", "such as 911"),
        ("zone", "Denver", "such as America/New_York"),
        ("country", "USA", "two letters"),
        ("hours", "always", "are no hours"),
        ("quiet_from", "25:00", "such as 20:00"),
        ("quiet_from", "07:00", "go through the night"),
        ("booking_url", "javascript:alert(1)", "Write a web address"),
        ("stop_scope", "none", "Choose one of the two"),
        ("emergency_minutes", "16", "from 1 to 15"),
        ("urgent_minutes", "0", "from 1 to 60"),
        ("worry_minutes", "soon", "from 1 to 240"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_nothing_is_lost(
    admin: Person, open_db: OpenDb, field: str, typed: str, says: str
) -> None:
    answer = admin.fill(OAK, **FIELDS | {"address": "2 New Street", field: typed})

    assert answer.status_code == 422
    assert says in answer.text
    assert f'id="{field}-wrong"' in answer.text
    assert answer.text.count("autofocus") == 1
    assert 'value="2 New Street"' in answer.text
    assert clinic_now(open_db).address == ""


def test_the_second_of_two_is_told_and_overwrites_nothing(admin: Person, hire: Hire, open_db: OpenDb) -> None:
    second = hire(Role.ADMIN, name="Tom Adeyemi")
    shown = second.hidden(OAK, "version")
    admin.fill(OAK, **FIELDS)
    mine = FIELDS | {"address": "9 Other Street"}
    told = second.ask("POST", OAK, data=mine | {"csrf": second.hidden(OAK, "csrf"), "version": shown})

    assert told.status_code == 409
    assert "Ines Moreau changed this" in told.text
    assert "<dt>Postal address</dt><dd><bdi>1 Oak Street</bdi></dd>" in told.text
    assert 'value="9 Other Street"' in told.text
    assert clinic_now(open_db).address == "1 Oak Street"

    version = told.text.split('name="version" value="')[1].split('"')[0]
    again = second.ask("POST", OAK, data=mine | {"csrf": second.hidden(OAK, "csrf"), "version": version})
    assert again.status_code == 303
    assert clinic_now(open_db).address == "9 Other Street"


def test_a_clinic_is_added_once(admin: Person, open_db: OpenDb) -> None:
    new = FIELDS | {"name": "Elm Clinic", "text_name": "Elm"}

    assert admin.fill("/settings/clinics/new", **new).headers["Location"] == "/settings/clinics/elm-clinic"
    assert "There is a clinic with the key elm-clinic already" in admin.fill("/settings/clinics/new", **new).text
    assert clinic_now(open_db, "elm-clinic").hours == "Mon-Fri 8-6, Sat 9-12"


def test_someone_is_invited_and_their_invitation_holds_no_secret(admin: Person, open_db: OpenDb) -> None:
    answer = admin.fill("/settings/staff", **CARLA)
    with open_db() as db:
        carla = db.scalars(select(Staff).where(Staff.email == CARLA["email"])).one()
        message = db.scalars(select(Message)).one()

    assert answer.status_code == 303
    assert (carla.role, carla.language, carla.password_hash) == (Role.DESK, "es", None)
    assert (message.staff_id, message.wording, message.values) == (carla.id, "invitation", {})


@on_one_database
@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", " ", "Write their name"),
        ("email", "carla", "it has no @"),
        ("email", "INES@oak.example", "Someone else here has this address"),
        ("phone", "12", "It cannot get alarms"),
        ("role", "owner", "Choose one of these"),
        ("language", "xx", "Choose one of these"),
    ],
)
def test_someone_who_cannot_be_added_is_not(admin: Person, open_db: OpenDb, field: str, typed: str, says: str) -> None:
    answer = admin.fill("/settings/staff", **CARLA | {field: typed})

    assert answer.status_code == 422
    assert says in answer.text
    with open_db() as db:
        assert len(db.scalars(select(Staff)).all()) == 1


def test_a_role_is_changed_unless_someone_else_was_faster(admin: Person, hire: Hire, open_db: OpenDb) -> None:
    tom = hire(Role.DESK, name="Tom", email="tom@oak.example").staff
    assert tom
    path = f"/settings/staff/{tom.id}"
    shown = admin.hidden(path, "version")
    given = {"name": "Tom", "email": tom.email, "phone": "", "role": "clinician", "language": "en"}
    first = admin.fill(path, **given)
    late = admin.ask("POST", path, data=given | {"csrf": admin.hidden(path, "csrf"), "version": shown, "role": "admin"})

    assert (first.status_code, late.status_code) == (303, 409)
    with open_db() as db:
        assert db.get_one(Staff, tom.id).role is Role.CLINICIAN


@pytest.mark.parametrize("act", ["", "/let-go"])
def test_the_last_administrator_stays(admin: Person, open_db: OpenDb, act: str) -> None:
    assert admin.staff
    path = f"/settings/staff/{admin.staff.id}"
    given = {"name": "Ines", "email": admin.staff.email, "phone": "", "role": "desk", "language": "en"}
    answer = admin.fill(path + act, on=path, **given)

    assert answer.status_code == 422
    assert "There must be an administrator" in answer.text
    with open_db() as db:
        assert db.get_one(Staff, admin.staff.id).role is Role.ADMIN


def test_who_left_is_on_no_list_and_may_come_back(admin: Person, hire: Hire, open_db: OpenDb, clinic: Clinic) -> None:
    carla = hire(Role.DESK, name="Carla", email="carla@oak.example").staff
    assert carla
    with open_db() as db:
        db.add(OnCall(clinic_id=clinic.id, position=1, staff_id=carla.id))
    admin.fill(f"/settings/staff/{carla.id}/let-go", on=f"/settings/staff/{carla.id}")
    with open_db() as db:
        assert db.scalars(select(OnCall)).all() == []
    assert admin.get(f"/settings/staff/{carla.id}").status_code == 404
    admin.fill("/settings/staff", **CARLA)
    with open_db() as db:
        assert db.get_one(Staff, carla.id).left_at is None


def places(*rows: tuple[Staff | None, str, str]) -> dict[str, str]:
    return {
        f"{name}-{number}": value
        for number, (staff, place, hours) in enumerate(rows, start=1)
        for name, value in (("staff", str(staff.id) if staff else ""), ("place", place), ("hours", hours))
    }


def on_call(open_db: OpenDb) -> list[tuple[str, str]]:
    with open_db() as db:
        rows = db.execute(
            select(Staff.name, OnCall.hours).join(Staff, OnCall.staff_id == Staff.id).order_by(OnCall.position)
        )
        return [(name, hours) for name, hours in rows]


def test_the_on_call_list_is_put_in_order_and_cut(
    admin: Person, add_staff: Callable[..., Staff], open_db: OpenDb
) -> None:
    tom, kim = add_staff(name="Tom"), add_staff(name="Kim")
    path = "/settings/on-call/oak"
    admin.fill(path, **places((tom, "1", "Mon-Fri 8-6"), (kim, "2", "")))
    assert on_call(open_db) == [("Tom", "Mon-Fri 8-6"), ("Kim", "")]
    admin.fill(path, **places((tom, "5", "Mon-Fri 8-6"), (kim, "2", "Sat 9-12")))
    assert on_call(open_db) == [("Kim", "Sat 9-12"), ("Tom", "Mon-Fri 8-6")]
    admin.fill(path, **places((None, "1", ""), (tom, "2", "")))
    assert on_call(open_db) == [("Tom", "")]


@on_one_database
def test_an_on_call_list_that_cannot_be_read_or_was_changed_is_not_taken(
    admin: Person, add_staff: Callable[..., Staff], open_db: OpenDb
) -> None:
    tom = add_staff(name="Tom")
    path = "/settings/on-call/oak"
    shown = admin.hidden(path, "version")
    wrong = admin.fill(path, **places((tom, "1", "whenever"), (tom, "2", "")))
    admin.fill(path, **places((tom, "1", "")))
    late: dict[str, Any] = {"csrf": admin.hidden(path, "csrf"), "version": shown}
    told = admin.ask("POST", path, data=places() | late)

    assert wrong.status_code == 422
    assert "are no hours" in wrong.text
    assert "each has one place" in wrong.text
    assert told.status_code == 409
    assert on_call(open_db) == [("Tom", "")]


def test_a_key_is_shown_once_and_revoked(admin: Person, open_db: OpenDb) -> None:
    made = admin.fill("/settings/keys", name="booking")
    key = made.text.split('id="made" value="')[1].split('"')[0]
    with open_db() as db:
        assert db.scalars(select(ApiKey.hashed)).one() == ApiKey.hash_of(key)
    assert key not in admin.get("/settings/keys").text
    assert made.headers["Cache-Control"] == "no-store"
    assert "can&#39;t be a key&#39;s name" in admin.fill("/settings/keys", name="Not This").text
    admin.fill("/settings/keys/booking/revoke", on="/settings/keys")
    assert "Revoked by Ines Moreau" in admin.get("/settings/keys").text


def test_a_pause_needs_a_reason_and_ends(admin: Person, open_db: OpenDb) -> None:
    assert "Say why" in admin.fill("/settings/pause", on="/settings", why=" ").text
    admin.fill("/settings/pause", on="/settings", why="new number")
    with open_db() as db:
        assert db.scalars(select(Switch.why)).one() == "new number"
    admin.fill("/settings/resume", on="/settings")
    with open_db() as db:
        assert db.scalars(select(Switch)).all() == []


def test_a_sender_gets_a_rate_or_none(admin: Person, open_db: OpenDb) -> None:
    assert admin.fill("/settings/senders", on="/settings", sms="3", email="").status_code == 303
    assert "Write a number above 0" in admin.fill("/settings/senders", on="/settings", sms="0", email="").text
    with open_db() as db:
        assert db.get_one(Sender, Channel.SMS).segments_per_second == 3
        assert db.get_one(Sender, Channel.EMAIL).segments_per_second is None


def test_readiness_says_what_stops_messages(admin: Person, open_db: OpenDb, clinic: Clinic) -> None:
    with open_db() as db:
        db.get_one(Clinic, clinic.id).emergency = ""
    text = admin.get("/settings").text

    assert "oak has no emergency number" in text
    assert "Stops messages" in text
    assert '<a href="/settings/clinics/oak#emergency">Set it</a>' in text


@on_one_database
def test_readiness_leads_to_the_page_that_mends_it_and_names_no_command(
    admin: Person, hire: Hire, open_db: OpenDb, clinic: Clinic
) -> None:
    with open_db() as db:
        pausing.pause(db, why="a test", now=NOW, by="test")
    text = admin.get("/settings").text
    findings = text.split('class="findings"')[1].split("</ul>")[0]

    assert '<a href="/settings#pause-h">Resume</a>' in findings
    assert f'<a href="/settings/on-call/{clinic.key}">Put somebody on call</a>' in findings
    assert "followup " not in findings
    assert "An administrator can mend it" in hire(Role.DESK).get("/settings").text


def test_the_log_is_read_page_by_page_by_person_and_by_thing(admin: Person, open_db: OpenDb) -> None:
    with open_db() as db:
        for number in range(60):
            auditing.note(db, did=f"deed {number:02}", subject="thing", subject_id="42", now=NOW, by="tom@oak.example")
    first = admin.get("/settings/audit").text
    later = first.split('href="/settings/audit?cursor=')[1].split('"')[0]
    second = admin.get(f"/settings/audit?cursor={later}").text

    assert "deed 59" in first
    assert "deed 05" not in first
    assert "deed 05" in second
    assert "deed 59" not in second
    assert "deed 59" in admin.get("/settings/audit?by=tom@oak.example").text
    assert "deed 59" in admin.get("/settings/audit?about=42").text
    assert "Nothing was done" in admin.get("/settings/audit?about=43").text
    assert admin.get("/settings/audit?cursor=x").status_code == 404
