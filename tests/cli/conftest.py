import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from settings import Settings

Configure = Callable[..., None]

#: What a live service needs to begin.
LIVE = {
    "FOLLOWUP_LIVE": "true",
    "SECRET_KEY": "k" * 32,
    "PUBLIC_URL": "https://followup.clinic.example",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "hush",
    "TWILIO_FROM": "+14155550123",
    "SMTP_URL": "smtp://care:hush@relay.example?starttls=required",
    "EMAIL_FROM": "care@clinic.example",
}


@pytest.fixture
def free_port() -> int:
    """A port on loopback that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Configure:
    """Sets settings in an environment that has no others; the data folder is the test's own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    monkeypatch.chdir(tmp_path)

    def set_all(**names: str) -> None:
        for name, value in names.items():
            monkeypatch.setenv(name, value)

    return set_all
