import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from followup.cli.commands import app
from followup.cli.emulate import _account, ports_of_both
from followup.emulators import DEFAULT_ACCOUNT
from settings import Settings

Configure = Callable[..., None]


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


def test_twilio_is_played_until_it_is_told_to_stop(free_port: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "followup.cli", "emulate", "twilio", "--port", str(free_port)]
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as emulator:
        try:
            assert emulator.stdout
            told = [emulator.stdout.readline() for _ in range(2)]
            assert told[1] == f"emulators on 127.0.0.1: Twilio {free_port}, SMTP off, mailbox off\n"
            assert get(told[0].split()[-1]) == []
            emulator.send_signal(signal.SIGINT)
            assert emulator.wait(10) == 0
        finally:
            emulator.kill()


def test_a_busy_port_is_one_line_that_names_the_option(configure: Configure) -> None:
    configure()
    with socket.create_server(("127.0.0.1", 0)) as other:
        result = CliRunner().invoke(app, ["emulate", "mail", "--http-port", str(other.getsockname()[1]), "--port", "1"])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "change --" in result.stderr


def test_it_plays_the_account_that_is_set_and_else_its_own(configure: Configure) -> None:
    configure()
    assert _account(Settings()) == DEFAULT_ACCOUNT
    configure(TWILIO_ACCOUNT_SID="AC" + "1" * 32, TWILIO_AUTH_TOKEN="a-token")
    assert _account(Settings()).auth_token == "a-token"


def test_its_own_account_is_the_one_that_is_spoken_to_while_not_live(configure: Configure) -> None:
    configure(TWILIO_ACCOUNT_SID="AC" + "1" * 32, TWILIO_AUTH_TOKEN="a-token")
    spoken_to = Settings().twilio
    assert spoken_to.account_sid == DEFAULT_ACCOUNT.sid
    assert spoken_to.auth_token.get_secret_value() == DEFAULT_ACCOUNT.auth_token


def test_both_listen_where_the_service_looks_for_them(configure: Configure) -> None:
    configure(EMULATOR_TWILIO_URL="http://127.0.0.1:9001", EMULATOR_SMTP_URL="smtp://127.0.0.1:9025")
    assert [port.number for port in ports_of_both(Settings())] == [9001, 9025, 9026]
