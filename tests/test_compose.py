"""The Compose file is what it says: read by the real Compose, and its services run with the commands it gives them."""

import json
import re
import signal
import socket
import urllib.request
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from followup.cli import parts
from followup.db import connect, reader
from followup.models import Message
from followup.terms import Status
from followup.testing.waiting import until
from settings import Settings, load

from . import servers
from .compose import ROOT, Containers, ask_compose, resolved

OURS = ["migrate", "web", "worker", "tick", "beat", "emulators"]
ENGINE = ["web", "worker", "tick", "beat"]
EXAMPLE = ROOT / ".env.example"
AT_MOST = timedelta(seconds=60)  # only a failing test waits that long
PATIENT = "+12125550142"
CLINIC = [
    *("--clinic", "Oak Physio", "--phone", "212-555-0100", "--timezone", "America/New_York"),
    *("--emergency-number", "911", "--booking-url", "https://oak.example/book", "--admin", "anna@oak.example"),
]
SECRETS = {
    "SECRET_KEY": "k" * 64,
    "DATABASE_URL": "postgresql://followup:hush@postgres/followup",
    "POSTGRES_PASSWORD": "hush",
    "TWILIO_AUTH_TOKEN": "a-token",
    "TWILIO_AUTH_TOKEN_SECONDARY": "another-token",
    "TWILIO_API_SECRET": "a-secret",
    "SMTP_URL": "smtps://name:hush@mail.example.org",
}


@pytest.fixture(scope="module")
def practice() -> dict[str, Any]:
    """What Compose makes of our file and the example as it stands."""
    return resolved(EXAMPLE)


@pytest.fixture
def live(tmp_path: Path) -> dict[str, Any]:
    """The same once an operator has filled in every line."""
    lines = re.sub(r"^#([A-Z_]+=)", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = lines.replace("FOLLOWUP_LIVE=false", "FOLLOWUP_LIVE=true").replace("./secrets/", f"{tmp_path}/")
    for name, value in SECRETS.items():
        (tmp_path / name.lower()).write_text(value)
    (tmp_path / "smtp_ca.pem").write_text("a certificate")
    (tmp_path / "filled").write_text(lines)
    return resolved(tmp_path / "filled")


def test_compose_itself_accepts_the_file_with_the_example() -> None:
    done = ask_compose("config", "--quiet", env_file=EXAMPLE)
    assert (done.returncode, done.stderr) == (0, "")


def test_whoever_sets_nothing_is_told_what_to_do() -> None:
    done = ask_compose("config", "--quiet")
    assert done.returncode == 1
    assert "PUBLIC_URL" in done.stderr
    assert "copy .env.example to .env" in done.stderr


def test_the_services_are_the_processes_that_serve_starts(practice: dict[str, Any]) -> None:
    settings = Settings(followup_host="0.0.0.0", followup_data_dir=Path("/var/lib/followup"), redis_url="redis://redis")
    served = {child.name: list(child.command[2:]) for child in parts.engine(settings)}  # after `python -m`
    assert {name: practice["services"][name]["command"] for name in ENGINE} == served


def test_nothing_but_the_web_is_to_be_reached_and_that_from_this_machine_alone(practice: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in practice["services"].items() if "ports" in service}
    assert [(port["host_ip"], port["published"], port["target"]) for port in published.pop("web")] == [
        ("127.0.0.1", "8000", 8000)
    ]
    assert not published
    networks = {name: set(service["networks"]) for name, service in practice["services"].items()}
    assert {name for name, joined in networks.items() if joined != {"inside"}} == {"web", "worker"}
    assert practice["networks"]["inside"]["internal"] is True


def test_no_container_can_change_itself_or_gain_rights(practice: dict[str, Any]) -> None:
    for service in practice["services"].values():
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(practice["services"][name]["cap_drop"] == ["ALL"] for name in OURS)


def test_what_ends_is_started_again_and_what_hangs_is_seen(practice: dict[str, Any]) -> None:
    for name, service in practice["services"].items():
        if name == "migrate":
            assert service["restart"] == "no"
            continue
        assert service["restart"] == "unless-stopped"
        assert name == "web" or service["healthcheck"]["test"], "the web has the image's"


def test_nobody_starts_before_the_tables_are_there(practice: dict[str, Any]) -> None:
    for name in ENGINE:
        needed = practice["services"][name]["depends_on"]
        assert needed["migrate"]["condition"] == "service_completed_successfully"
    assert practice["services"]["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_every_choice_of_the_example_reaches_every_part(live: dict[str, Any]) -> None:
    elsewhere = {"COMPOSE_PROFILES", "POSTGRES_PASSWORD_FILE", "FOLLOWUP_HOST", "FOLLOWUP_DATA_DIR"}
    names = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    for part in OURS:
        given = {name for name, value in live["services"][part]["environment"].items() if value}
        assert names - elsewhere <= given


def test_a_filled_in_example_is_fit_to_go_live(live: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    worker = live["services"]["worker"]
    files = {mount["target"]: live["secrets"][mount["source"]]["file"] for mount in worker["secrets"]}
    for name, value in worker["environment"].items():
        monkeypatch.setenv(name, files.get(value, value))
    settings = load()
    assert settings.followup_live
    assert settings.twilio.api_secret
    assert settings.twilio.api_secret.get_secret_value() == SECRETS["TWILIO_API_SECRET"]
    assert settings.smtp.ca_file


def test_while_not_live_no_secret_of_twilios_is_asked_for(practice: dict[str, Any]) -> None:
    there = {name for name, secret in practice["secrets"].items() if secret["file"] != "/dev/null"}
    assert there == {"database_url", "postgres_password", "secret_key"}
    for part in OURS:
        given = {name for name, value in practice["services"][part]["environment"].items() if value}
        assert not {name for name in given if name.startswith(("TWILIO", "SMTP"))}


def test_the_image_is_made_of_what_is_there_and_of_nothing_secret() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    everything, *let_in = (ROOT / ".dockerignore").read_text().splitlines()[1:]
    assert everything == "*"
    assert sources == {line.removeprefix("!") for line in let_in if line.startswith("!")}
    assert all((ROOT / source).exists() for source in sources)


@pytest.fixture
def here(broker_url: str, tmp_path: Path) -> dict[str, str]:
    """Where on this machine each address of the Compose file is."""
    twilio, mail = servers.free_port(), free_neighbours()
    return {
        "followup.localhost": "127.0.0.1",
        "0.0.0.0": "127.0.0.1",
        "redis://redis:6379/0": broker_url,
        "http://emulators:8001": f"http://127.0.0.1:{twilio}",
        "('emulators', 8001)": f"('127.0.0.1', {twilio})",
        "smtp://emulators:8025": f"smtp://127.0.0.1:{mail}",
        "/var/lib/followup": str(tmp_path),
    }


@pytest.fixture
def containers(here: dict[str, str], blank_postgresql_url: str, tmp_path: Path) -> Containers:
    port = str(servers.free_port())
    secrets = {"SECRET_KEY_FILE": SECRETS["SECRET_KEY"], "DATABASE_URL_FILE": blank_postgresql_url}
    files = {name: str(tmp_path / name.lower()) for name in secrets}
    for name, value in secrets.items():
        Path(files[name]).write_text(value)
    project = resolved(PUBLIC_URL=f"http://followup.localhost:{port}", FOLLOWUP_PORT=port, **files)
    return Containers(project, here=here, home=tmp_path)


def test_a_text_goes_out_through_the_services_and_nothing_is_left_of_them(
    containers: Containers, here: dict[str, str], blank_postgresql_url: str, tmp_path: Path
) -> None:
    sessions = tmp_path / "sessions.csv"
    with containers:
        assert "The database is at version" in containers.run("migrate")
        for name in ("emulators", *ENGINE):
            containers.start(name)
        containers.run("web", "followup", "init", *CLINIC)
        sessions.write_text(a_session_at_the_neck(ended_at=datetime.now(UTC)))
        assert "taken: 1," in containers.run("web", "followup", "import", str(sessions))
        try:
            until(lambda: statuses(blank_postgresql_url)[0] is Status.DELIVERED, within=AT_MOST)
            for name in ("emulators", *ENGINE):
                until(partial(containers.is_healthy, name), within=AT_MOST)
        except AssertionError as why:
            pytest.fail(f"{why}\n{containers.logs()}")
        assert containers.exit_codes() == dict.fromkeys(["emulators", *ENGINE])
        [text] = ledger(here["http://emulators:8001"])
        assert (text["to"], text["status"]) == (PATIENT, "delivered")
        assert text["body"].startswith("Oak Physio")
    # uvicorn stops in order, and then ends by the signal that told it to.
    assert containers.exit_codes() == {**dict.fromkeys(["emulators", *ENGINE], 0), "web": -signal.SIGTERM}
    assert not containers.left()
    assert not containers.is_healthy("web")
    assert not containers.is_healthy("emulators")


def a_session_at_the_neck(*, ended_at: datetime) -> str:
    """A file for `followup import`: its first message is due at once, also in the night."""
    row = {
        "external_id": "session-1",
        "clinic": "oak-physio",
        "given_name": "Ana",
        "phone": PATIENT,
        "ended_at": ended_at.isoformat(timespec="seconds"),
        "regions": "neck",
        "sms_consent": "yes",
        "consent_method": "paper form",
    }
    return f"{','.join(row)}\n{','.join(row.values())}\n"


def statuses(database_url: str) -> list[Status]:
    """What became of each message, in the order of their due times."""
    engine = connect(database_url)
    try:
        with reader(engine)() as db:
            return list(db.scalars(select(Message.status).order_by(Message.due_at)))
    finally:
        engine.dispose()


def ledger(twilio_url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{twilio_url}/_emulator/ledger", timeout=10) as response:
        rows: list[dict[str, Any]] = json.load(response)
        return rows


def free_neighbours() -> int:
    """The first of two ports side by side that nobody listens on."""
    while True:
        port = servers.free_port()
        try:
            socket.create_server(("127.0.0.1", port + 1)).close()
        except OSError:
            continue
        return port
