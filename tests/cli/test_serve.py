import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from followup.cli import parts
from followup.cli.claims import data_folder
from followup.cli.commands import app
from settings import Settings

Configure = Callable[..., None]
LIVE = {
    "followup_live": True,
    "secret_key": "k" * 32,
    "public_url": "https://followup.example.org",
    "twilio_account_sid": "AC" + "1" * 32,
    "twilio_auth_token": "a-token",
    "twilio_from": "+14155550123",
    "smtp_url": "smtps://mail.example.org",
    "email_from": "followup@clinic.example",
}


def names(settings: Settings) -> list[str]:
    return [child.name for child in [*parts.helpers(settings), *parts.engine(settings)]]


def test_with_nothing_set_it_brings_broker_and_emulators(configure: Configure) -> None:
    configure()
    assert names(Settings()) == ["broker", "emulators", "web", "worker", "tick", "beat"]


def test_live_starts_no_emulator_and_claims_no_port_for_one(configure: Configure) -> None:
    configure()
    settings = Settings.model_validate(LIVE)
    assert names(settings) == ["broker", "web", "worker", "tick", "beat"]
    assert [port.setting for port in parts.ports(settings)] == ["FOLLOWUP_PORT"]


def test_a_broker_and_emulators_elsewhere_are_left_there(configure: Configure) -> None:
    configure(REDIS_URL="redis://broker:6379/0", EMULATOR_TWILIO_URL="http://emulators:8001")
    assert names(Settings()) == ["web", "worker", "tick", "beat"]
    assert parts.environment(Settings())["REDIS_URL"] == "redis://broker:6379/0"


def test_the_parts_are_told_where_the_broker_is(configure: Configure, tmp_path: Path) -> None:
    configure()
    assert parts.environment(Settings())["REDIS_URL"] == f"redis+socket://{tmp_path}/var/broker.sock?virtual_host=0"


def test_a_busy_port_is_one_line_before_anything_starts(configure: Configure, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        configure(FOLLOWUP_PORT=str(other.getsockname()[1]))
        result = CliRunner().invoke(app, ["serve"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[0].endswith("stop what uses it, or change FOLLOWUP_PORT.")
    assert [file.name for file in (tmp_path / "var").iterdir()] == ["serve.lock"]


def test_a_second_serve_on_the_same_folder_is_refused(configure: Configure, tmp_path: Path) -> None:
    configure()
    with data_folder(tmp_path / "var"):
        result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 1
    assert "followup serve runs on" in result.stderr


@pytest.mark.parametrize("name", ["FOLLOWUP_PORT", "EMULATOR_TWILIO_URL", "EMULATOR_SMTP_URL"])
def test_every_port_says_which_setting_moves_it(configure: Configure, name: str) -> None:
    configure()
    assert name in {port.setting for port in parts.ports(Settings())}
