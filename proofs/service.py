"""The service as it runs on two machines, live: one web, and two of each worker, tick worker and beat."""

import json
import os
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from followup.cli import parts
from proofs import children, relay
from proofs.relay import Relay
from settings import Settings

ROOT = Path(__file__).parents[1]
MACHINES = 2
NUMBER = "+15005550006"
CLINIC = (
    *("--clinic", "Maple", "--phone", "212-555-0100", "--timezone", "America/New_York", "--emergency-number", "911"),
    *("--booking-url", "https://maple.example/book", "--admin", "desk@clinic.example"),
)
_FOLLOWUP = Path(sysconfig.get_path("scripts")) / "followup"


@dataclass(frozen=True, slots=True)
class Twilio:
    """`followup emulate twilio`, seen from outside."""

    url: str

    def ledger(self) -> list[dict[str, Any]]:
        """Every text that it took."""
        with urlopen(f"{self.url}/_emulator/ledger") as answer:
            rows: list[dict[str, Any]] = json.load(answer)
            return rows

    def receive(self, sent_from: str, body: str) -> None:
        """Let a patient write to our number."""
        form = json.dumps({"from": sent_from, "to": NUMBER, "body": body}).encode()
        urlopen(Request(f"{self.url}/_emulator/inbound", data=form)).close()


@dataclass
class Service:
    """Its settings, its commands, and once `run` is entered its processes."""

    environment: Mapping[str, str]
    home: Path
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def command(self, *words: str, **other: str) -> "subprocess.CompletedProcess[str]":
        """What `followup …` says; `other` are settings that differ."""
        environment = {"PATH": os.defpath, **self.environment, **other}
        return subprocess.run(
            [_FOLLOWUP, *words], cwd=self.home, env=environment, capture_output=True, text=True, check=False
        )

    def must(self, *words: str) -> None:
        """Run a command that can't fail."""
        done = self.command(*words)
        if done.returncode:
            raise RuntimeError(f"followup {' '.join(words)}: {done.stdout}{done.stderr}")

    def stops(self, **other: str) -> list[str]:
        """What `followup doctor` says would stop messages."""
        said = self.command("doctor", **other)
        return [" ".join(line.split()) for line in said.stdout.splitlines() if line.startswith("stop")]

    @contextmanager
    def emulated_twilio(self, port: int) -> Iterator[Twilio]:
        """A process of its own, with the same account."""
        command = [str(_FOLLOWUP), "emulate", "twilio", "--port", str(port)]
        with children.started("twilio", command, home=self.home, environment=self.environment, port=port):
            yield Twilio(f"http://127.0.0.1:{port}")

    @contextmanager
    def run(self) -> Iterator[None]:
        """With the commands that `followup serve` starts, too."""
        with ExitStack() as stack:
            for machine in range(1, MACHINES + 1):
                for name, command, port in self._parts(machine):
                    process = children.started(name, command, home=self.home, environment=self.environment, port=port)
                    self.processes[name] = stack.enter_context(process)
            yield
            for each in self.processes.values():  # all at once: a worker takes seconds to finish
                each.terminate()

    def dead(self) -> list[str]:
        """The processes that have ended."""
        return [name for name, process in self.processes.items() if process.poll() is not None]

    def log(self, name: str) -> list[dict[str, Any]]:
        """The events that a process told."""
        lines = (self.home / f"{name}.log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def _parts(self, machine: int) -> Iterator[tuple[str, list[str], int]]:
        folder = self.home / f"machine-{machine}"
        folder.mkdir()
        given = {name.lower(): value for name, value in self.environment.items()}
        settings = Settings.model_validate(given | {"followup_data_dir": folder})
        for child in parts.engine(settings):
            command = [word.replace("@%h", f"@machine-{machine}") for word in child.command]
            if child.name != "web":
                yield f"{child.name}-{machine}", command, 0
            elif machine == 1:
                yield child.name, command, settings.followup_port


def live(home: Path, *, database_url: str, broker_url: str, post: Relay, ports: tuple[int, int]) -> Service:
    """Set as an operator would; `ports` are the web's and Twilio's."""
    web, twilio = ports
    environment = {
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        "FOLLOWUP_LIVE": "true",
        "FOLLOWUP_PORT": str(web),
        "FOLLOWUP_DATA_DIR": str(home),
        "DATABASE_URL": database_url,
        "REDIS_URL": broker_url,
        "SECRET_KEY": "s" * 32,
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "TWILIO_ACCOUNT_SID": f"AC{'1' * 32}",
        "TWILIO_AUTH_TOKEN": "a-token",
        "TWILIO_API_KEY": f"SK{'2' * 32}",
        "TWILIO_API_SECRET": "a-secret",
        "TWILIO_FROM": NUMBER,
        "TWILIO_API_BASE_URL": f"http://127.0.0.1:{twilio}",
        "SMTP_URL": post.url,
        "SMTP_CA_FILE": str(post.authority.certificate),
        "EMAIL_FROM": f"Maple <{relay.CLINIC}>",
    }
    return Service(environment, home)
