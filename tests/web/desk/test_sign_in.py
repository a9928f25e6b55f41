from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from followup.actions import inviting, signing_in
from followup.db import OpenDb, real_time
from followup.models import AuditEntry, Message, SignIn, Staff, Throttle
from followup.runtime import Runtime
from followup.terms import Role
from tests.conftest import on_one_database
from tests.web.conftest import NOW

from .conftest import PASSWORD, Hire, Person

AddStaff = Callable[..., Staff]


def signs_in(person: Person, email: str, password: str = PASSWORD, on: str = "/sign-in") -> int:
    return person.fill("/sign-in", on=on, email=email, password=password).status_code


def deeds(open_db: OpenDb) -> list[str]:
    with open_db() as db:
        return list(db.scalars(select(AuditEntry.did).order_by(AuditEntry.id)))


def test_a_password_opens_the_desk_and_signing_out_closes_it(
    stranger: Person, add_staff: AddStaff, open_db: OpenDb
) -> None:
    staff = add_staff(name="Carla", email="Carla@oak.example", has_password=True)
    answer = stranger.fill("/sign-in", email=" carla@OAK.example", password=PASSWORD, next="/more")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/more")
    assert "Carla" in stranger.get("/more").text
    assert stranger.fill("/sign-out", on="/more").headers["Location"] == "/sign-in?out=yes"
    assert stranger.get("/more").status_code == 303
    assert "You are signed out." in stranger.get("/sign-in?out=yes").text
    assert deeds(open_db) == ["sign in", "sign out"]
    assert staff.shown_name == "Carla"


@on_one_database
def test_the_cookie_is_bound_to_this_host_and_out_of_reach_of_scripts(stranger: Person, add_staff: AddStaff) -> None:
    staff = add_staff(has_password=True)
    csrf = stranger.hidden("/sign-in", "csrf")
    answer = stranger.ask("POST", "/sign-in", data={"csrf": csrf, "email": staff.email, "password": PASSWORD})
    [cookie] = [each for each in answer.headers.get_list("Set-Cookie") if each.startswith("__Host-followup=")]

    assert {part.strip() for part in cookie.split(";")[1:]} == {
        *("HttpOnly", "Path=/", "SameSite=lax", "Secure", "Max-Age=604800")
    }


def test_the_database_holds_nothing_that_opens_the_desk(hire: Hire, open_db: OpenDb) -> None:
    person = hire(Role.ADMIN)
    with open_db() as db:
        assert db.scalars(select(SignIn.hashed)).one() != person.cookies["__Host-followup"]


def test_a_wrong_password_and_a_stranger_get_the_same_words(
    stranger: Person, add_staff: AddStaff, open_db: OpenDb
) -> None:
    add_staff(email="carla@oak.example", has_password=True)
    add_staff(email="new@oak.example")
    answers = [
        stranger.fill("/sign-in", email=email, password="not this one")
        for email in ("carla@oak.example", "nobody@oak.example", "new@oak.example")
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert all("Email or password is wrong. 4 more before you have to wait." in answer.text for answer in answers)
    assert 'value="carla@oak.example"' in answers[0].text
    assert "autofocus" in answers[0].text
    assert deeds(open_db) == ["fail to sign in", "fail to sign in"]


def test_guessing_waits_longer_and_longer_and_then_goes_on(
    stranger: Person, add_staff: AddStaff, open_db: OpenDb
) -> None:
    staff = add_staff(has_password=True)
    codes = [signs_in(stranger, staff.email, "not this one") for _ in range(5)]
    waits = stranger.fill("/sign-in", email=staff.email, password=PASSWORD)

    assert codes == [422] * 5
    assert waits.status_code == 429
    assert "Wait 30 seconds" in waits.text or "Wait 29 seconds" in waits.text
    with open_db() as db:
        for row in db.scalars(select(Throttle)):
            row.wait_until = None
    assert signs_in(stranger, staff.email) == 303
    assert signs_in(Person(stranger.browser), staff.email, "not this one") == 422  # counted from the first one again


def test_one_address_that_tries_many_accounts_waits_too(stranger: Person, open_db: OpenDb) -> None:
    with open_db() as db:
        for number in range(50):
            signing_in.begin(db, email=f"{number}@oak.example", address="127.0.0.1", clock=real_time(db))

    assert stranger.fill("/sign-in", email="51@oak.example", password="x").status_code == 429


def test_sign_ins_end_when_idle_and_when_old(hire: Hire, open_db: OpenDb) -> None:
    for changes in ({"seen_at": timedelta(hours=13)}, {"ends_at": timedelta(seconds=1)}):
        person = hire(Role.DESK)
        assert person.get("/more").status_code == 200
        with open_db() as db:
            row = db.scalars(select(SignIn).order_by(SignIn.id.desc())).first()
            assert row
            for name, ago in changes.items():
                setattr(row, name, real_time(db) - ago)
        assert person.get("/more").headers["Location"] == "/sign-in?next=/more"


@pytest.mark.parametrize(("headers", "counts"), [({}, True), ({"X-Unattended": "yes"}, False)])
def test_only_what_a_person_asks_keeps_them_signed_in(
    hire: Hire, open_db: OpenDb, headers: dict[str, str], counts: bool
) -> None:
    person = hire(Role.DESK)
    with open_db() as db:
        row = db.scalars(select(SignIn)).one()
        before = row.seen_at = real_time(db) - timedelta(hours=1)
    person.get("/pulse", headers=headers)
    with open_db() as db:
        assert (db.scalars(select(SignIn.seen_at)).one() > before) is counts


def test_who_is_let_go_is_out_at_once(hire: Hire, admin: Person) -> None:
    person = hire(Role.DESK)
    assert person.staff
    assert person.get("/more").status_code == 200
    admin.fill(f"/settings/staff/{person.staff.id}/let-go", on=f"/settings/staff/{person.staff.id}")

    assert person.get("/more").status_code == 303


def test_signing_out_everywhere_ends_every_browser(hire: Hire, open_db: OpenDb) -> None:
    person = hire(Role.DESK)
    assert person.staff
    with open_db() as db:
        token = signing_in.open_for(db, staff=person.staff, now=NOW, clock=real_time(db))
    other = Person(person.browser, person.staff, {"__Host-followup": token})
    assert other.get("/more").status_code == 200
    person.fill("/sign-out/everywhere", on="/more")

    assert [each.get("/more").status_code for each in (person, other)] == [303, 303]


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(
    stranger: Person, add_staff: AddStaff, runtime: Runtime, open_db: OpenDb
) -> None:
    staff = add_staff(email="carla@oak.example", has_password=True)
    asked = stranger.fill("/forgot-password", email="carla@oak.example")
    with open_db() as db:
        message = db.scalars(select(Message)).one()
    path = inviting.link(runtime.links, staff=staff, wording=message.wording, now=NOW).removeprefix(
        runtime.settings.public_url
    )
    chosen = stranger.fill(path, password="another row of words", again="another row of words")

    assert "Look at your email." in asked.text
    assert (message.wording, message.staff_id) == ("password-reset", staff.id)
    assert chosen.headers["Location"] == "/"
    assert stranger.get("/more").status_code == 200
    assert stranger.get(path).status_code == 404
    assert signs_in(Person(stranger.browser), staff.email) == 422
    assert signs_in(Person(stranger.browser), staff.email, "another row of words") == 303


def test_a_stranger_who_forgot_a_password_is_told_the_same(stranger: Person, open_db: OpenDb) -> None:
    answer = stranger.fill("/forgot-password", email="nobody@oak.example")

    assert "Look at your email." in answer.text
    with open_db() as db:
        assert db.scalars(select(Message)).all() == []


def test_links_are_not_sent_without_end(stranger: Person, add_staff: AddStaff) -> None:
    staff = add_staff(has_password=True)
    codes = [stranger.fill("/forgot-password", email=staff.email).status_code for _ in range(4)]

    assert codes == [200, 200, 200, 429]


@pytest.mark.parametrize("later", [timedelta(days=7, seconds=1), timedelta(days=30)])
def test_an_invitation_is_over_after_a_week(
    stranger: Person, add_staff: AddStaff, runtime: Runtime, later: timedelta
) -> None:
    path = inviting.link(runtime.links, staff=add_staff(), now=NOW - later).removeprefix(runtime.settings.public_url)
    answer = stranger.get(path)

    assert answer.status_code == 404
    assert "This link works no more" in answer.text


def test_a_link_of_someone_else_or_a_broken_one_opens_nothing(
    stranger: Person, add_staff: AddStaff, runtime: Runtime
) -> None:
    good = inviting.link(runtime.links, staff=add_staff(), now=NOW).removeprefix(runtime.settings.public_url)
    other = inviting.link(runtime.links, staff=add_staff(), now=NOW).removeprefix(runtime.settings.public_url)
    mixed = other.split(".")[0] + "." + good.split(".")[1]

    assert stranger.get(good).status_code == 200
    assert [stranger.get(path).status_code for path in (mixed, f"{good}x", "/password/ä", "/password/.")] == [404] * 4


@on_one_database
@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "Use 10 to 200 characters"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "easy to guess"),
        ("one two three four", "one two three", "The two are not the same"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_not_taken(
    stranger: Person, add_staff: AddStaff, runtime: Runtime, password: str, again: str, says: str
) -> None:
    path = inviting.link(runtime.links, staff=add_staff(), now=NOW).removeprefix(runtime.settings.public_url)
    answer = stranger.fill(path, password=password, again=again)

    assert answer.status_code == 422
    assert says in answer.text
    assert "short" not in answer.text.replace("shorten", "")


def test_practice_lets_anybody_in_as_any_role(practitioner: Person) -> None:
    for role, settings in ((Role.ADMIN, 200), (Role.CLINICIAN, 403), (Role.DESK, 403)):
        answer = practitioner.fill("/sign-in/practice", on="/sign-in", role=role)
        assert answer.status_code == 303
        assert practitioner.get("/settings/staff").status_code == settings
        practitioner.fill("/sign-out", on="/more")


@on_one_database
def test_there_is_no_practice_while_live(stranger: Person) -> None:
    assert "Practice" not in stranger.get("/sign-in").text
    assert stranger.fill("/sign-in/practice", on="/sign-in", role="admin").status_code == 404


@on_one_database
def test_whoever_is_signed_in_goes_on_from_the_sign_in_page(hire: Hire) -> None:
    assert hire(Role.DESK).get("/sign-in?next=/more").headers["Location"] == "/more"
    assert hire(Role.DESK).get("/sign-in?next=//evil.example").headers["Location"] == "/"
