from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.requests import Request

from followup.db import OpenDb, new_id, real_time
from followup.models import Alert, AuditEntry, Clinic, Message, Sender, Switch
from followup.queries import desk, sign_ins
from followup.runtime import Runtime
from followup.terms import AlertCause, Channel, Label, Origin, Role, Status
from followup.web.desk.frame import Desk
from tests.conftest import on_one_database
from tests.web.conftest import NOW, AddMessage

from .conftest import Hire, Person

MARKUP = '<script>alert("x")</script><b>Zoë'


@on_one_database
def test_markup_in_a_name_is_shown_as_text(hire: Hire, clinic: Clinic, open_db: OpenDb) -> None:
    person = hire(Role.ADMIN, name=MARKUP)
    with open_db() as db:
        db.get_one(Clinic, clinic.id).name = MARKUP
        db.add(Switch(name="sending", off_at=NOW, off_by=MARKUP, why=MARKUP))
    for path in ("/more", "/settings", "/settings/clinics", "/settings/clinics/oak", "/settings/staff", "/sign-in"):
        text = (person if path != "/sign-in" else Person(person.browser)).get(path).text
        assert "<b>" not in text.replace("<bdi>", ""), path
        assert "<script>" not in text, path
        assert "Zoë" in text, path


@on_one_database
def test_no_page_holds_a_style_or_a_script_of_its_own(admin: Person) -> None:
    for path in ("/more", "/settings", "/settings/clinics/oak", "/settings/staff", "/settings/on-call/oak"):
        text = admin.get(path).text
        assert "style=" not in text
        assert " on" + "click" not in text
        assert text.count("<script") == text.count("<script src=")


def test_what_needs_a_person_is_counted_in_the_title_and_the_navigation(
    admin: Person, open_db: OpenDb, clinic: Clinic, add_message: AddMessage
) -> None:
    add_message(status=Status.UNCERTAIN)
    with open_db() as db:
        db.add(alert_of(clinic))
    text = admin.get("/more").text

    assert "<title" in text
    assert "(2) More · followup" in text
    assert 'data-needs="2"' in admin.get("/pulse").text
    assert 'hx-swap-oob="true"' in admin.get("/pulse").text


def test_an_alert_that_nobody_took_in_time_stands_on_every_page(admin: Person, open_db: OpenDb, clinic: Clinic) -> None:
    with open_db() as db:
        db.add(alert_of(clinic, answer_by=NOW - timedelta(minutes=6)))

    assert "An alert has been waiting too long." in admin.get("/more").text


def test_a_way_to_a_person_that_is_lost_stands_on_every_page_until_something_arrives(
    admin: Person, open_db: OpenDb, clinic: Clinic
) -> None:
    assert admin.staff
    notice = {"clinic_id": clinic.id, "staff_id": admin.staff.id, "origin": Origin.ALARM, "wording": "heartbeat"}
    times = {"nominal_at": NOW, "expires_at": NOW, "created_at": NOW, "why": [], "lane": 0, "channel": Channel.EMAIL}
    with open_db() as db:
        db.add(Message(**notice, **times, once_key="1", due_at=NOW - timedelta(hours=2), status=Status.FAILED))
    lost = admin.get("/more").text
    with open_db() as db:
        db.add(Message(**notice, **times, once_key="2", due_at=NOW - timedelta(hours=1), status=Status.SENT))

    assert "Alarms do not reach <bdi>Ines Moreau</bdi></strong> by email" in lost
    assert "Alarms do not reach" not in admin.get("/more").text


def test_a_pause_a_stopped_sender_and_a_clinic_that_is_not_ready_stand_on_every_page(
    admin: Person, open_db: OpenDb, clinic: Clinic
) -> None:
    with open_db() as db:
        db.add(Switch(name="sending", off_at=NOW, off_by="ines@oak.example", why="new number"))
        sender = db.get_one(Sender, Channel.SMS)
        sender.stopped_at, sender.stopped_because = NOW, "The account is closed."
        db.get_one(Clinic, clinic.id).emergency = ""
    text = admin.get("/more").text

    assert "by Ines Moreau" in text
    assert "“<bdi>new number</bdi>”" in text
    assert "Nothing leaves by text." in text
    assert "has no emergency number" in text


@on_one_database
@pytest.mark.parametrize("role", [Role.DESK, Role.ADMIN])
def test_no_page_offers_what_the_server_would_refuse(hire: Hire, open_db: OpenDb, role: Role) -> None:
    with open_db() as db:
        db.add(Switch(name="sending", off_at=NOW, off_by="x", why="y"))
    text = hire(role).get("/settings").text

    assert ('action="/settings/resume"' in text) is (role is Role.ADMIN)
    assert ('action="/settings/senders"' in text) is (role is Role.ADMIN)
    assert ('href="/settings/staff"' in text) is (role is Role.ADMIN)


@on_one_database
def test_a_theme_is_kept_in_this_browser(admin: Person) -> None:
    admin.fill("/more/theme", on="/more", theme="dark")
    assert 'data-theme="dark"' in admin.get("/more").text
    admin.fill("/more/theme", on="/more", theme="")
    assert "data-theme" not in admin.get("/more").text


@on_one_database
def test_what_was_done_is_said_once(admin: Person) -> None:
    admin.fill("/settings/pause", on="/settings", why="a test")

    assert "Alarms still leave.</span>" in admin.get("/settings").text
    assert "Alarms still leave.</span>" not in admin.get("/settings").text


@on_one_database
def test_the_frame_costs_the_same_however_much_there_is(
    admin: Person, open_db: OpenDb, clinic: Clinic, add_message: AddMessage
) -> None:
    assert admin.staff
    for _ in range(3):
        add_message(status=Status.UNCERTAIN)
    with open_db() as db:
        db.add_all(alert_of(clinic, once_key=str(number)) for number in range(120))
    with open_db() as db:
        counts = desk.look(db, now=NOW).counts

    assert (counts.alerts, counts.uncertain) == (100, 3)
    assert "(99+) More" in admin.get("/more").text


def test_a_look_at_somebody_is_kept_once_in_a_while(admin: Person, open_db: OpenDb, runtime: Runtime) -> None:
    seen = new_id()
    with open_db() as db:
        who = sign_ins.holder(db, token=admin.cookies["__Host-followup"], clock=real_time(db))
    assert who
    state = admin.browser.app.state
    for minutes in (0, 10, 20):
        now = NOW + timedelta(minutes=minutes)
        request = Request({"type": "http", "app": admin.browser.app, "headers": []})
        Desk(request, runtime, state.pages, state.door, who, now).saw("patient", seen)

    with open_db() as db:
        looks = db.scalars(select(AuditEntry).where(AuditEntry.subject_id == str(seen)).order_by(AuditEntry.id)).all()
    assert [(look.did, look.did_by) for look in looks] == [("see", "ines@oak.example")] * 2


def alert_of(clinic: Clinic, **other: object) -> Alert:
    given = {"once_key": "a", "clinic_id": clinic.id, "cause": AlertCause.REPLY, "label": Label.NERVE}
    return Alert(**given | {"raised_at": NOW, "answer_by": NOW + timedelta(hours=1)} | other)
