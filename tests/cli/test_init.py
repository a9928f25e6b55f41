import json

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

import settings
from followup.cli.commands import app
from followup.db import connect, reader
from followup.models import AuditEntry, Clinic, Clock, Plan, Sender, Staff
from followup.terms import Role

from .conftest import LIVE, Configure

OAK = {
    "--clinic": "Oak Physio",
    "--phone": "555-010-2000",
    "--timezone": "Europe/London",
    "--emergency-number": "999",
    "--booking-url": "https://oak.example/book",
    "--admin": "anna@oak.example",
}


def init(**changes: str) -> Result:
    options = OAK | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    words = [word for option in options.items() if option[1] for word in option]
    return CliRunner().invoke(app, ["init", *words])


def test_it_makes_the_clinic_its_administrator_the_plans_and_the_senders(configure: Configure) -> None:
    configure()
    result = init()
    assert (result.exit_code, result.stdout) == (0, "Ready. `followup serve` starts it.\n")
    with reader(connect(settings.load().database_url))() as db:
        clinic = db.scalars(select(Clinic)).one()
        assert (clinic.key, clinic.text_name, clinic.country, clinic.emergency) == (
            "oak-physio",
            "Oak Physio",
            "GB",
            "999",
        )
        assert db.scalars(select(Staff)).one().role is Role.ADMIN
        assert db.scalars(select(Plan.key)).all() == ["dry-needling"]
        assert len(db.scalars(select(Sender)).all()) == 2


def test_twice_changes_nothing_and_another_value_corrects_the_clinic(configure: Configure, sqlite_url: str) -> None:
    configure(DATABASE_URL=sqlite_url)
    init()
    init()
    assert init(emergency_number="112", hours="Mon-Fri 8-6").exit_code == 0
    with reader(connect(settings.load().database_url))() as db:
        clinic = db.scalars(select(Clinic)).one()
        changes = db.scalars(select(AuditEntry).where(AuditEntry.subject == "clinic").order_by(AuditEntry.id)).all()
    assert (clinic.emergency, clinic.hours, clinic.phone) == ("112", "Mon-Fri 8-6", "555-010-2000")
    assert [(entry.did, json.dumps(entry.details)) for entry in changes][1:] == [
        ("change", '{"fields": ["emergency", "hours"]}')
    ]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("clinic", "Clínica del Ródano", "--clinic 'Clínica del Ródano' starts every text: use at most 30 letters"),
        ("clinic", "The Northern Academy of Physical Therapy", "use at most 30 letters"),
        ("phone", "call us", "--phone 'call us' is not a phone number"),
        ("timezone", "London", "--timezone 'London' is not a time zone; write one such as America/New_York"),
        ("emergency_number", "help", "--emergency-number 'help' is not a number to call"),
        ("booking_url", "oak.example", "--booking-url 'oak.example' is not a web address"),
        ("admin", "", "--admin is missing; give it, or run `followup init` in a terminal"),
    ],
)
def test_what_is_wrong_is_told_with_its_mend(
    configure: Configure, sqlite_url: str, option: str, value: str, said: str
) -> None:
    configure(DATABASE_URL=sqlite_url)
    result = init(**{option: value})
    assert result.exit_code == 1
    assert said in result.stderr
    with reader(connect(settings.load().database_url))() as db:
        assert db.scalars(select(Clinic)).all() == []


def test_a_database_that_was_practised_on_does_not_go_live(configure: Configure, sqlite_url: str) -> None:
    configure(DATABASE_URL=sqlite_url)
    init()
    assert CliRunner().invoke(app, ["clock", "--jump", "1d"]).exit_code == 0
    with reader(connect(settings.load().database_url))() as db:
        assert db.get(Clock, 1)
    configure(
        FOLLOWUP_LIVE="true",
        SECRET_KEY="k" * 32,
        PUBLIC_URL="https://followup.example",
        TWILIO_ACCOUNT_SID=f"AC{'0' * 32}",
        TWILIO_AUTH_TOKEN="token",
        TWILIO_FROM="+15005550006",
        SMTP_URL="smtp://127.0.0.1:25",
        EMAIL_FROM="care@oak.example",
    )
    result = CliRunner().invoke(app, ["migrate"])
    assert (result.exit_code, result.stderr) == (
        1,
        "This database was practised on: its clock was moved. To go live, use an empty one.\n",
    )


def test_a_sample_beside_another_clinic_is_not_made_and_that_is_said(configure: Configure, sqlite_url: str) -> None:
    configure(DATABASE_URL=sqlite_url)
    assert CliRunner().invoke(app, ["init", "--sample"]).stdout == "Ready. `followup serve` starts it.\n"
    init()
    result = CliRunner().invoke(app, ["init", "--sample"])
    assert (result.exit_code, result.stdout) == (
        0,
        "No sample clinic was added, for there is one already: maple, oak-physio.\nReady. `followup serve` starts it.\n",
    )


def test_what_is_live_gets_no_sample(configure: Configure) -> None:
    configure(**LIVE)
    result = CliRunner().invoke(app, ["init", "--sample"])
    assert (result.exit_code, "name your own with --clinic" in result.stderr) == (1, True)
    with reader(connect(settings.load().database_url))() as db:
        assert db.scalars(select(Clinic)).all() == []
