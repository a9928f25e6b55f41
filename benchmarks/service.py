"""The service in the processes of production, before an emulated Twilio in a process of its own."""

import json
import multiprocessing
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import urlopen

from benchmarks import usage
from benchmarks.servers import free_port, valkey
from followup import emulators
from followup.cli import parts
from followup.emulators import Receipts
from followup.runtime import die_with_parent
from settings import Settings

LATENCY = timedelta(milliseconds=100)
ROOT = Path(__file__).parents[1]
_LOOK_EVERY, _PATIENCE = 0.2, 90.0  # seconds


@dataclass(frozen=True, slots=True)
class Twilio:
    """The emulator, seen from outside."""

    url: str
    pid: int

    def ledger(self, after: int = 0) -> list[dict[str, Any]]:
        """What it took, in that order, but for the first `after`."""
        with urlopen(f"{self.url}/_emulator/ledger?after={after}") as answer:
            rows: list[dict[str, Any]] = json.load(answer)
            return rows

    def await_texts(self, count: int, *, after: int = 0) -> list[dict[str, Any]]:
        """That many texts more; fewer when nothing new came for long."""
        rows: list[dict[str, Any]] = []
        waited, pause = 0.0, Event()
        while len(rows) < count and waited < _PATIENCE:
            news = self.ledger(after + len(rows))
            waited = 0.0 if news else waited + _LOOK_EVERY
            rows += news
            pause.wait(_LOOK_EVERY)
        return rows


@dataclass(frozen=True, slots=True)
class Service:
    """Its processes by name: worker, tick, beat, and web where receipts are on."""

    url: str
    twilio: Twilio
    processes: Mapping[str, int]
    home: Path

    def logs(self) -> str:
        """The last words of each."""
        return "\n".join(f"--- {log.stem}\n{log.read_text()[-2000:]}" for log in sorted(self.home.glob("*.log")))

    def worker_memory(self) -> float:
        """The most that any process of the worker ever held, in MB."""
        return usage.peak_memory(self.processes["worker"])


@contextmanager
def emulated_twilio(*, receipts: Receipts = Receipts.NONE) -> Iterator[Twilio]:
    """An emulator that takes `LATENCY` for every answer."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(
        target=emulators.run,
        kwargs={
            "twilio_port": port,
            "smtp_port": None,
            "mail_http_port": None,
            "account": emulators.DEFAULT_ACCOUNT,
            "reply_url": "",
            "latency": LATENCY,
            "receipts": receipts,
        },
        daemon=True,
    )
    process.start()
    assert process.pid
    twilio = Twilio(f"http://127.0.0.1:{port}", process.pid)
    try:
        _until_it_answers(twilio)
        yield twilio
    finally:
        process.terminate()
        process.join()


@contextmanager
def running(database_url: str, home: Path, *, receipts: Receipts = Receipts.NONE) -> Iterator[Service]:
    """Live, so that no clock is read from the database; everything on loopback."""
    with ExitStack() as stack:
        broker_url = stack.enter_context(valkey())
        twilio = stack.enter_context(emulated_twilio(receipts=receipts))
        port = free_port()
        environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": broker_url,
            "SECRET_KEY": "s" * 32,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "FOLLOWUP_PORT": str(port),
            "FOLLOWUP_DATA_DIR": str(home),
            "FOLLOWUP_LIVE": "true",
            "TWILIO_ACCOUNT_SID": emulators.DEFAULT_ACCOUNT.sid,
            "TWILIO_AUTH_TOKEN": emulators.DEFAULT_ACCOUNT.auth_token,
            "TWILIO_FROM": "+15005550006",
            "TWILIO_API_BASE_URL": twilio.url,
            "SMTP_URL": f"smtp://127.0.0.1:{free_port()}",
            "EMAIL_FROM": "followup@clinic.example",
        }
        settings = Settings.model_validate({name.lower(): value for name, value in environment.items()})
        processes = {}
        for child in parts.engine(settings):
            if child.name != "web" or receipts is not Receipts.NONE:
                processes[child.name] = stack.enter_context(_process(child.name, child.command, environment, home))
        yield Service(environment["PUBLIC_URL"], twilio, processes, home)


@contextmanager
def _process(name: str, command: Any, environment: Mapping[str, str], home: Path) -> Iterator[int]:
    with (home / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=home,
            env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_it_answers(twilio: Twilio) -> None:
    pause = Event()
    for _ in range(100):
        try:
            twilio.ledger()
        except OSError:
            pause.wait(0.1)
        else:
            return
    raise RuntimeError(f"the emulator does not answer at {twilio.url}")
