"""The whole service as a test sees it from outside: what it owes, what it says of it, and what Twilio really got."""

import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from followup.actions import setting_up
from followup.actions.enrolling import Recorded, record_treatment
from followup.actions.entries import TreatmentEntry
from followup.actions.fields import Place
from followup.db import OpenDb, connect, opener
from followup.emulators.background import Emulators
from followup.emulators.inbound import new_sid
from followup.models import Message
from followup.terms import Channel, Status
from followup.testing.waiting import until
from followup.testing.web import reserved_port

from .processes import Processes

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
AT_MOST = timedelta(seconds=60)  # only a failing test waits that long
LOOK_EVERY = 0.08  # seconds
PAUSE = threading.Event()
TWILIO_NUMBER = "+15005550006"
# One service for each kind of database: a test process keeps to its own.
ON_BOTH_DATABASES = pytest.mark.parametrize(
    "migrated_url",
    [pytest.param(kind, marks=pytest.mark.xdist_group(f"faults-{kind}")) for kind in ("sqlite", "postgresql")],
    indirect=True,
    scope="module",
)
WENT = frozenset({Status.SENT, Status.DELIVERED})


@dataclass(frozen=True, slots=True)
class Owed:
    """A message that is due now, to a patient of its own at `to`."""

    id: UUID
    to: str


@dataclass
class Service:
    """Set up; its processes run once `run` is entered."""

    open_db: OpenDb
    emulators: Emulators
    deaths: Path
    broker_url: str
    processes: Processes
    _numbers: Iterator[int] = field(default_factory=lambda: count(2000))

    def owe(self, *faults: str, channel: Channel = Channel.SMS, seconds: float = 0) -> Owed:
        """Record a session over the lungs, whose warning is due at once and meets these faults on its way."""
        patient = self._new_patient()
        to = patient["phone" if channel is Channel.SMS else "email"]
        for fault in faults:
            self.emulators.fault(fault, match=to, seconds=seconds)
        with self.open_db() as db:
            first = self._record(db, patient, region="chest", channel=channel).messages[0]
        assert (first.wording, first.channel) == ("chest-warning", channel)
        return Owed(first.id, to)

    def ask(self) -> Owed:
        """The question for a pain score, as if it had reached its patient an hour ago; nothing else is due."""
        patient = self._new_patient()
        with self.open_db() as db:
            messages = self._record(db, patient, region="knee", channel=Channel.SMS).messages
            [question] = [each for each in messages if each.wording == "pain-score"]
            question.status, question.left_at = Status.DELIVERED, self.now() - timedelta(hours=1)
        return Owed(question.id, patient["phone"])

    def _new_patient(self) -> dict[str, str]:
        number = next(self._numbers)
        phone, email = f"+1212555{number:04}", f"patient-{number}@patients.example"
        return {"external_id": f"patient-{number}", "given_name": "Ana", "phone": phone, "email": email}

    def _record(self, db: Session, patient: Mapping[str, str], *, region: str, channel: Channel) -> Recorded:
        data = {
            "external_id": f"session of {patient['external_id']}",
            "clinic": setting_up.SAMPLE.key,
            "patient": patient,
            "consent": {channel.value: True, "method": "paper form"},
            "ended_at": self.now(),
            "regions": [region],
        }
        entry = TreatmentEntry.model_validate(data, context=Place(setting_up.SAMPLE.zone, setting_up.SAMPLE.country))
        return record_treatment(db, entry=entry, now=self.now(), by="test")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def message(self, owed: Owed) -> Message:
        with self.open_db() as db:
            return db.get_one(Message, owed.id)

    def texts(self, owed: Owed) -> list[Mapping[str, Any]]:
        """What Twilio took of it."""
        return [row for row in self.emulators.ledger() if row["message_id"] == str(owed.id)]

    def mails(self, owed: Owed) -> list[Mapping[str, Any]]:
        """What the mail server took of it."""
        return [row for row in self.emulators.mailbox() if row["to"] == owed.to]

    def taken(self) -> Counter[str]:
        """How often the gateways took each message."""
        texts = [row["message_id"] for row in self.emulators.ledger()]
        return Counter([*texts, *(row["message_id"].strip("<>").partition("@")[0] for row in self.emulators.mailbox())])

    def twice(self) -> list[str]:
        """The messages that somebody got more than once: what must never be."""
        return [message_id for message_id, times in self.taken().items() if times > 1]

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition; when that is in vain, show what the processes said last."""
        try:
            until(seldom(condition), within=AT_MOST)
        except AssertionError as why:
            pytest.fail(f"{why}\n{self.processes.logs()}")

    def until_settled(self, owed: Owed, *ends: Status) -> None:
        try:
            until(seldom(lambda: self.message(owed).status in ends), within=AT_MOST)
        except AssertionError:
            now = self.message(owed)
            pytest.fail(f"{now.status} ({now.reason}) after {now.tries} tries\n{self.processes.logs()}")

    def kill_at(self, point: str) -> None:
        """Let the next process that reaches this point die there."""
        (self.deaths / point).touch()

    def has_killed_at(self, point: str) -> bool:
        return not (self.deaths / point).exists()

    @contextmanager
    def held_at(self, point: str, *, processes: int) -> Iterator[None]:
        """Let so many processes gather at this point, and go on together as the block ends."""
        hold = self.deaths / f"hold {point}"
        hold.touch()
        yield
        self.until(lambda: len(list(self.deaths.glob("held *"))) == processes)
        hold.unlink()

    def revive(self) -> None:
        """Take back every death that did not come about."""
        for point in self.deaths.iterdir():
            point.unlink(missing_ok=True)

    def speaker(self) -> int:
        """The id of the process that spoke to a gateway last."""
        return int((self.deaths / "speaker.pid").read_text())

    def write(self, owed: Owed, body: str, *, sid: str = "") -> None:
        """Text the service as the patient. Twilio gives the text this id, and sends it until somebody has answered."""
        text = {"from_": owed.to, "to": TWILIO_NUMBER, "body": body, "sid": sid or new_sid()}
        self.until(lambda: self.emulators.inbound(**text)["status_code"] == HTTPStatus.OK)

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """One process stands still meanwhile."""
        self.processes.signal(name, signal.SIGSTOP)
        try:
            yield
        finally:
            self.processes.signal(name, signal.SIGCONT)


def seldom(condition: Callable[[], object]) -> Callable[[], object]:
    """The same, looked at a few times a second: looking takes time from the processes that are waited for."""

    def look() -> object:
        PAUSE.wait(LOOK_EVERY)
        return condition()

    return look


@contextmanager
def service_on(database_url: str, broker_url: str, home: Path, *, groups: int = 1) -> Iterator[Service]:
    """A service on a migrated database: one web, and that many times worker, tick worker and beat."""
    deaths = home / "deaths"
    deaths.mkdir()
    with ExitStack() as stack:
        emulators, door = stack.enter_context(Emulators()), stack.enter_context(reserved_port())
        door.listen(128)  # calls wait here while the web is started again
        public_url = "http://{}:{}".format(*door.getsockname())
        emulators.reply_url = f"{public_url}/hooks/twilio/reply"
        engine = connect(database_url)
        stack.callback(engine.dispose)
        environment = {
            "PYTHONPATH": f"{HERE}:{ROOT}",
            "DEATHS": str(deaths),
            "DATABASE_URL": database_url,
            "REDIS_URL": broker_url,
            "PUBLIC_URL": public_url,
            "EMULATOR_TWILIO_URL": emulators.twilio_url,
            "EMULATOR_SMTP_URL": emulators.smtp_url,
            "SECRET_KEY": "s" * 32,
        }
        commands = _commands(groups, door)
        processes = Processes(commands, environment=environment, home=home, door=door.fileno())
        service = Service(opener(engine), emulators, deaths, broker_url, processes)
        _set_up(service)
        yield service


def _set_up(service: Service) -> None:
    now = datetime.now(UTC)
    with service.open_db() as db:
        setting_up.ensure_senders(db, live=False)
        setting_up.ensure_plans(db, now=now, by="test")
        setting_up.ensure_sample(db, now=now)


def _commands(groups: int, door: socket.socket) -> dict[str, Sequence[str]]:
    commands: dict[str, Sequence[str]] = {"web": ("worker_app", str(door.fileno()))}
    for group in range(1, groups + 1):
        commands[f"worker-{group}"] = _worker("followup", group, "--concurrency", "2")
        commands[f"tick-{group}"] = _worker("tick", group, "--pool", "solo")
        commands[f"beat-{group}"] = _celery("beat", "--schedule", f"beat-{group}")
    return commands


def _worker(queue: str, group: int, *options: str) -> list[str]:
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return _celery("worker", "--queues", queue, "--hostname", f"{queue}-{group}@%h", *options, *alone)


def _celery(*words: str) -> list[str]:
    return ["celery", "--quiet", "--app", "worker_app", *words]
