"""The doctor beside a broker, a Twilio and a mail server that are there, or not, or turn us away."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from followup.cli.commands import app
from followup.db import connect, opener
from followup.emulators import Emulators, TwilioAccount
from followup.models import Clinic, Clock

Configure = Callable[..., None]

CERTIFICATE = Path(__file__).parents[1] / "emulators" / "localhost.pem"
ACCOUNT = TwilioAccount(sid="AC" + "1" * 32, auth_token="hush", api_key="SK" + "2" * 32, api_secret="hush too")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *words])


def told(result: Result) -> dict[str, tuple[str, str]]:
    """By check: the grade and the sentence; of several the worst."""
    lines = sorted(result.stdout.splitlines(), key=lambda line: ["ok", "warn", "stop"].index(line[:4].strip()))
    return {line[6:16].strip(): (line[:4].strip(), line[18:]) for line in lines}


@pytest.fixture(scope="module")
def emulators() -> Iterator[Emulators]:
    with Emulators() as emulators:
        yield emulators


@pytest.fixture(scope="module")
def strict() -> Iterator[Emulators]:
    """An account of its own, and a mail server that wants TLS and a password."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    with Emulators(account=ACCOUNT, mail_tls=tls, mail_login=("care", "hush")) as emulators:
        yield emulators


@pytest.fixture
def well(configure: Configure, sqlite_url: str, broker_url: str, emulators: Emulators) -> None:
    """Everything there, not live."""
    configure(
        DATABASE_URL=sqlite_url,
        REDIS_URL=broker_url,
        EMULATOR_TWILIO_URL=emulators.twilio_url,
        EMULATOR_SMTP_URL=emulators.smtp_url,
    )
    assert CliRunner().invoke(app, ["init", "--sample"]).exit_code == 0


@pytest.fixture
def live(well: None, configure: Configure, strict: Emulators) -> None:  # noqa: ARG001  # it goes first
    """Everything there, live, against emulators that ask for what the real ones ask for."""
    configure(
        FOLLOWUP_LIVE="true",
        SECRET_KEY="k" * 32,
        PUBLIC_URL="https://followup.clinic.example",
        TWILIO_ACCOUNT_SID=ACCOUNT.sid,
        TWILIO_AUTH_TOKEN=ACCOUNT.auth_token,
        TWILIO_API_KEY=ACCOUNT.api_key,
        TWILIO_API_SECRET=ACCOUNT.api_secret,
        TWILIO_FROM="+14155550123",
        TWILIO_API_BASE_URL=strict.twilio_url,
        SMTP_URL=strict.smtp_url.replace("127.0.0.1", "localhost"),
        SMTP_CA_FILE=str(CERTIFICATE),
        EMAIL_FROM="care@clinic.example",
    )


@pytest.mark.usefixtures("well")
def test_when_all_is_well_every_line_is_ok_and_nothing_is_sent(emulators: Emulators) -> None:
    result = run()
    assert result.exit_code == 0
    assert {grade for grade, _ in told(result).values()} == {"ok"}
    assert list(told(result)) == [
        *("settings", "database", "migrations", "clock", "pause", "watchdog", "clinic", "alarms"),
        *("broker", "twilio", "mail"),
    ]
    assert (emulators.ledger(), emulators.mailbox()) == ([], [])


@pytest.mark.usefixtures("live")
def test_live_both_pairs_of_credentials_are_tried(strict: Emulators) -> None:
    result = run()
    assert result.exit_code == 0
    assert "Twilio lets us in with TWILIO_AUTH_TOKEN." in result.stdout
    assert "Twilio lets us in with TWILIO_API_KEY." in result.stdout
    assert told(result)["mail"] == ("ok", "The mail server lets us in.")
    assert told(result)["api"][0] == "warn"
    assert (strict.ledger(), strict.mailbox()) == ([], [])


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("setting", ["TWILIO_AUTH_TOKEN", "TWILIO_API_SECRET"])
def test_credentials_that_twilio_refuses_stop_and_are_named(configure: Configure, setting: str) -> None:
    configure(**{setting: "not it"})
    result = run()
    assert result.exit_code == 1
    assert told(result)["twilio"][0] == "stop"
    named = setting.replace("_SECRET", "_KEY")
    assert f"(it refuses us, 401); check TWILIO_ACCOUNT_SID and {named}." in result.stdout


@pytest.mark.usefixtures("live")
def test_a_password_that_the_mail_server_refuses_stops(configure: Configure, strict: Emulators) -> None:
    configure(SMTP_URL=strict.smtp_url.replace("127.0.0.1", "localhost").replace("hush", "wrong"))
    result = run()
    assert result.exit_code == 1
    assert told(result)["mail"][1] == (
        "No email leaves (it refuses our name or password, 535); check them in SMTP_URL."
    )
    assert "wrong" not in result.output


@pytest.mark.usefixtures("live")
def test_a_certificate_that_is_not_trusted_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMTP_CA_FILE")
    result = run()
    assert told(result)["mail"][1].startswith("No email leaves (its certificate is not trusted)")


@pytest.mark.usefixtures("live")
def test_no_secret_is_ever_told(configure: Configure, free_port: int) -> None:
    configure(REDIS_URL=f"redis://:hush@127.0.0.1:{free_port}/0", TWILIO_API_BASE_URL=f"http://127.0.0.1:{free_port}")
    result = run()
    assert result.exit_code == 1
    assert "hush" not in result.output
    assert ACCOUNT.sid not in result.output
    assert "+1415" not in result.output


@pytest.mark.usefixtures("well")
def test_what_is_not_there_stops_with_the_mend(configure: Configure, free_port: int) -> None:
    configure(
        REDIS_URL=f"redis://127.0.0.1:{free_port}/0",
        EMULATOR_TWILIO_URL=f"http://127.0.0.1:{free_port}",
        EMULATOR_SMTP_URL=f"smtp://127.0.0.1:{free_port}",
    )
    result = run()
    assert result.exit_code == 1
    found = told(result)
    assert found["broker"] == (
        "stop",
        "The broker does not answer (no connection); check REDIS_URL, and that it runs.",
    )
    assert found["twilio"][0] == "stop"
    assert found["mail"][0] == "stop"


def test_the_broker_that_comes_along_is_looked_for_in_the_data_folder(
    configure: Configure, emulators: Emulators
) -> None:
    configure(EMULATOR_TWILIO_URL=emulators.twilio_url, EMULATOR_SMTP_URL=emulators.smtp_url)
    found = told(run())
    assert found["broker"][1] == (
        "The broker does not answer (no connection); `followup serve` brings one along while it runs."
    )


def test_a_new_machine_is_told_what_makes_the_database_and_gets_none(
    configure: Configure, emulators: Emulators, tmp_path: Path
) -> None:
    configure(EMULATOR_TWILIO_URL=emulators.twilio_url, EMULATOR_SMTP_URL=emulators.smtp_url)
    result = run()
    assert result.exit_code == 1
    assert told(result)["database"][0] == "stop"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("well")
def test_a_database_without_its_tables_is_sent_to_migrate(configure: Configure, blank_database_url: str) -> None:
    with changing(blank_database_url) as db:
        db.execute(select(1))  # which makes the file, if it is one
    configure(DATABASE_URL=blank_database_url)
    result = run()
    assert result.exit_code == 1
    assert told(result)["migrations"] == ("stop", "Its tables are of another version; run `followup migrate`.")


@pytest.mark.usefixtures("well")
def test_a_database_that_does_not_answer_stops(configure: Configure, free_port: int) -> None:
    configure(DATABASE_URL=f"postgresql://followup:hush@127.0.0.1:{free_port}/followup")
    result = run()
    assert result.exit_code == 1
    assert told(result)["database"][1].endswith("; check DATABASE_URL, and that it runs.")
    assert "hush" not in result.output


@pytest.mark.usefixtures("well")
def test_a_clock_that_was_moved_is_told_and_is_no_fault(sqlite_url: str) -> None:
    move_clock(sqlite_url)
    result = run()
    assert result.exit_code == 0
    assert "Business time is ahead by 3 days, 0:00:00, as `followup clock` moved it." in result.stdout


@pytest.mark.usefixtures("live")
def test_a_database_that_was_practised_on_is_no_good_for_live(sqlite_url: str) -> None:
    move_clock(sqlite_url)
    assert told(run())["clock"][0] == "warn"


@pytest.mark.usefixtures("well")
def test_a_clinic_without_emergency_number_stops(sqlite_url: str) -> None:
    with changing(sqlite_url) as db:
        db.execute(update(Clinic).values(emergency=""))
    result = run()
    assert result.exit_code == 1
    assert told(result)["clinic"] == (
        "stop",
        "maple has no emergency number, and nothing leaves without. Set it under Settings, Clinics.",
    )


@pytest.mark.usefixtures("well")
def test_a_misspelt_setting_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLLOWUP_LIV", "true")
    result = run()
    assert result.exit_code == 0
    assert told(result)["settings"][0] == "warn"


def test_settings_that_cannot_be_used_are_all_that_is_told(configure: Configure) -> None:
    configure(FOLLOWUP_PORT="none", PUBLIC_URL="nowhere")
    result = run("--json")
    assert result.exit_code == 1
    page = json.loads(result.stdout)
    assert [(item["grade"], item["check"]) for item in page["items"]] == [("stop", "settings")] * 2
    assert page["next_cursor"] is None


@contextmanager
def changing(url: str) -> Iterator[Session]:
    engine = connect(url)
    with opener(engine)() as db:
        yield db
    engine.dispose()


def move_clock(url: str) -> None:
    with changing(url) as db:
        db.add(Clock(id=1, ahead=timedelta(days=3)))
