import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from followup.actions import staffing
from followup.cli.commands import app
from followup.db import OpenDb
from followup.models import AuditEntry
from tests.builders import MONDAY, Clinic

KIM, LEE = "kim@oak.example", "lee@oak.example"


@pytest.fixture
def clinic(configure: Callable[..., None], open_db: OpenDb, database_url: str) -> Clinic:
    """A clinic on the database that the commands use too."""
    configure(DATABASE_URL=database_url)
    return Clinic(open_db)


def staff(*words: str) -> Result:
    return CliRunner().invoke(app, ["staff", *words])


def listed() -> dict[str, dict[str, Any]]:
    return {one["email"]: one for one in json.loads(staff("list", "--json").stdout)["items"]}


@pytest.mark.usefixtures("clinic")
def test_somebody_is_added_with_a_place_on_the_list_of_the_only_clinic() -> None:
    result = staff("add", KIM, "--name", "Kim Osei", "--phone", "212-555-0150", "--on-call", "Mon-Fri 8-6")
    assert result.exit_code == 0, result.stderr
    told = " ".join(result.stdout.split())
    assert told == f"{KIM} desk +12125550150 Kim Osei on call: maple 1, Mon-Fri 8-6"
    assert staff("list").stdout == result.stdout


@pytest.mark.usefixtures("clinic")
def test_who_is_there_is_corrected_in_what_is_said_and_no_more() -> None:
    staff("add", KIM, "--name", "Kim Osei", "--phone", "212-555-0150", "--on-call", "always", "--role", "clinician")
    staff("add", KIM, "--language", "es", "--on-call", "Sat-Sun 8-6")
    assert listed()[KIM] == {
        "email": KIM,
        "name": "Kim Osei",
        "role": "clinician",
        "phone": "+12125550150",
        "language": "es",
        "on_call": [{"clinic": "maple", "position": 1, "hours": "Sat-Sun 8-6"}],
    }
    staff("add", KIM, "--phone", "")
    assert listed()[KIM]["phone"] is None


@pytest.mark.usefixtures("clinic")
def test_the_order_of_the_list_is_set_and_hours_stay() -> None:
    staff("add", KIM, "--on-call", "Mon-Fri 8-6")
    staff("add", LEE, "--phone", "+12125550151")
    result = staff("on-call", "maple", LEE, KIM)
    assert result.stdout.splitlines() == [f"1. {LEE}, at any time", f"2. {KIM}, Mon-Fri 8-6, by email alone"]
    staff("on-call", "maple", LEE)
    assert listed()[KIM]["on_call"] == []


def test_a_list_belongs_to_one_clinic(clinic: Clinic) -> None:
    clinic.add_clinic("oak")
    refused = staff("add", KIM, "--on-call", "always")
    assert refused.exit_code == 1
    assert refused.stderr == "which clinic is meant? There is maple, oak.\n"
    assert staff("add", KIM, "--phone", "+12125550150").exit_code == 0
    assert staff("add", KIM, "--on-call", "always", "--clinic", "oak").exit_code == 0
    assert [place["clinic"] for place in listed()[KIM]["on_call"]] == ["oak"]


@pytest.mark.usefixtures("clinic")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["add", "kim"], "'kim' is no email address: it has no @."),
        (["add", KIM, "--phone", "12"], "'12' cannot get alarms: "),
        (["add", KIM, "--language", "Spanish please"], "is no language code"),
        (["add", KIM, "--on-call", "nights"], "'nights' are no hours; write days and times"),
        (["add", KIM, "--on-call", "always", "--clinic", "elm"], "there is no clinic 'elm'; there is maple."),
        (["on-call", "maple", "nobody@oak.example"], "nobody here has the address 'nobody@oak.example'"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line_and_nothing_is_kept(words: list[str], told: str) -> None:
    result = staff(*words)
    assert result.exit_code == 1
    assert told in result.stderr
    assert listed() == {}


@pytest.mark.usefixtures("clinic")
def test_two_people_cannot_share_a_phone() -> None:
    staff("add", KIM, "--phone", "212-555-0150")
    result = staff("add", LEE, "--phone", "212-555-0150")
    assert result.stderr == f"+12125550150 is the phone of {KIM}; whose answer would it be? Give each their own.\n"


def test_changes_of_staff_stand_in_the_audit_log(clinic: Clinic) -> None:
    staff("add", KIM, "--on-call", "always")
    staff("add", KIM, "--name", "Kim Osei")
    staff("add", KIM, "--name", "Kim Osei")
    with clinic.open_db() as db:
        lines = db.scalars(select(AuditEntry).where(AuditEntry.did_by == "command line").order_by(AuditEntry.id)).all()
    assert [(line.did, line.subject) for line in lines] == [
        ("add", "staff"),
        ("put on call", "clinic"),
        ("change", "staff"),
    ]


def test_who_had_left_is_on_no_list_until_they_are_added_again(clinic: Clinic) -> None:
    staff("add", KIM, "--on-call", "always")
    with clinic.open_db() as db:
        gone = staffing.find_staff(db, KIM)
        gone.left_at, gone.left_by = MONDAY, "boss"
    assert listed() == {}
    assert "nobody here has the address" in staff("on-call", "maple", KIM).stderr
    staff("add", KIM)
    assert listed()[KIM]["on_call"] == [{"clinic": "maple", "position": 1, "hours": ""}]


@pytest.mark.usefixtures("clinic")
def test_an_invitation_is_a_link_for_who_works_here_and_stands_in_the_log(open_db: OpenDb) -> None:
    staff("add", KIM)
    invited, stranger = staff("invite", KIM), staff("invite", LEE)

    assert invited.stdout.startswith("http://127.0.0.1:8000/password/")
    assert (stranger.exit_code, stranger.stdout) == (1, "")
    with open_db() as db:
        assert db.scalars(select(AuditEntry.did).where(AuditEntry.subject == "staff")).all() == ["add", "invite"]
