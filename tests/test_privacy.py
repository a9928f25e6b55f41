"""Whatever happens, and however much is logged: no line and no figure holds a patient's number, address, name or words."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from sqlalchemy import select

from followup import logs
from followup.actions.enrolling import Recorded
from followup.emulators.background import Emulators
from followup.messages.outbox import Outbox
from followup.models import Attempt, Message, Reply
from followup.runtime import Runtime
from followup.tasks import make_celery
from followup.terms import AttemptOutcome, Channel, Status

pytest_plugins = ["followup.testing.plugin"]

Record = Callable[..., Recorded]
Run = Callable[..., None]

TWILIO_NUMBER = "+15005550006"
TEXT_FAULTS = ("busy", "refuse", "error_before_accept", "error_after_accept", "cut", "undelivered", "receipt_twice")
MAIL_FAULTS = ("temporary", "permanent", "cut_after_data")
PEOPLE = ("Zebedee", "Quagga", "1212555", "patients.example")  # what every name, number and address here has in it
REPLIES = (
    "the walrus still tingles %s %(phone)s {0} ${HOME}",
    "walrus\nline two\r\n\x1b[31mred",
    '"}\n{"level": "error", "event": "a walrus"}',
    "<script>alert('walrus')</script>",
    "'; DROP TABLE reply; -- walrus",
    "walrus " * 200,
    "STOP",
)


class Heard(logging.Handler):
    """Every record: all that is in it, and the lines that are written of it for machines and for people."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.raw: list[str] = []
        self.json: list[str] = []
        self.brief: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.raw.append(f"{record.getMessage()} {vars(record)}")
        if logs.is_fit(record):
            self.json.append(logs.AsJson().format(record))
            self.brief.append(logs.ForPeople().format(record))

    def all(self) -> str:
        return "\n".join([*self.raw, *self.json, *self.brief])

    def events(self) -> set[str]:
        return {json.loads(line)["event"] for line in self.json}


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What anybody logs, with every logger that there is at DEBUG."""
    everyone = [logging.getLogger(name) for name in ("", "aiohttp.client", "twilio", *logging.root.manager.loggerDict)]
    before = [(logger, logger.level) for logger in everyone]
    handler = Heard()
    logging.getLogger().addHandler(handler)
    for logger in everyone:
        logger.setLevel(logging.DEBUG)
    yield handler
    logging.getLogger().removeHandler(handler)
    for logger, level in before:
        logger.setLevel(level)


@pytest.fixture
def record_known(followup_record: Record) -> Record:
    """Records a treatment session of a patient whose name, number and address a test can look for."""

    def record(number: int, *, texts: bool = True) -> Recorded:
        patient = {"given_name": f"Zebedee{number}", "family_name": "Quagga", "phone": phone(number)}
        consent = {"sms": texts, "email": True, "method": "paper form"}
        return followup_record(regions=["chest"], patient=patient | {"email": email(number)}, consent=consent)

    return record


def phone(number: int) -> str:
    return f"+1212555{3000 + number}"


def email(number: int) -> str:
    return f"zebedee-{number}@patients.example"


def scraped(address: str) -> str:
    with urlopen(f"{address}/metrics") as answer:
        text: str = answer.read().decode()
    return text


def test_a_busy_week_with_every_fault_tells_nothing_about_anybody(
    heard: Heard,  # before the emulators, whose mail server tells addresses unless they keep it from it
    followup_emulators: Emulators,
    record_known: Record,
    followup_run: Run,
    followup_web: str,
    followup_runtime: Runtime,
) -> None:
    for number, fault in enumerate((*TEXT_FAULTS, *MAIL_FAULTS)):
        is_text = fault in TEXT_FAULTS
        code = {"code": 21610} if fault == "refuse" else {}
        followup_emulators.fault(fault, match=phone(number) if is_text else email(number), **code)
        record_known(number, texts=is_text)
    followup_run()
    for number, body in enumerate(REPLIES):
        followup_emulators.inbound(from_=phone(number), to=TWILIO_NUMBER, body=body)
    followup_run(timedelta(days=7))

    [link, *_] = re.findall(r"https?://\S+?(/p/[\w.~-]+)", str(followup_emulators.mailbox()))
    for path in (link, f"{link}x/preferences"):
        try:
            urlopen(followup_web + path).close()
        except HTTPError as error:
            error.close()
    figures = scraped(followup_web)

    with followup_runtime.read_db() as db:
        assert set(db.scalars(select(Reply.body))) == set(REPLIES)
        assert set(db.scalars(select(Attempt.outcome))) >= set(AttemptOutcome) - {AttemptOutcome.UNCERTAIN}
        bodies = set(db.scalars(select(Message.body).where(Message.body.is_not(None))))
    said = heard.all()
    assert {"batch leased", "attempts begun", "batch recorded", "reply kept"} <= heard.events()
    assert {"attempt refused", "attempt unavailable", "attempt uncertain"} <= heard.events()
    words = {line for body in bodies for line in str(body).splitlines() if line}
    secrets = {*PEOPLE, "walrus", link, *words}
    assert [secret for secret in secrets if secret in said] == []
    assert [secret for secret in secrets if secret in figures] == []
    assert not any("\n" in line for line in heard.json)


def test_a_task_that_fails_tells_its_type_and_place_and_not_its_words(
    heard: Heard, record_known: Record, followup_runtime: Runtime
) -> None:
    class Broken(Outbox):
        def send(self, parcels: object) -> NoReturn:
            raise LookupError(f"no route to {phone(1)} for {parcels}")

    record_known(1)
    gateways = {channel: Broken(channel) for channel in Channel}
    celery = make_celery(replace(followup_runtime, gateways=gateways))
    celery.conf.update(task_always_eager=True)
    celery.tasks["tick"].apply()

    with followup_runtime.read_db() as db:
        assert Status.SENDING in set(db.scalars(select(Message.status)))
    [line] = [json.loads(line) for line in heard.json if "task failed" in line]
    assert (line["level"], line["task"], line["error"]) == ("error", "send_batch", "LookupError")
    assert "followup/tasks/app.py" in line["stack"]
    assert [secret for secret in PEOPLE if secret in heard.all()] == []


def test_a_page_that_fails_tells_neither_who_asked_nor_what_it_held(
    heard: Heard, followup_web: str, followup_runtime: Runtime, followup_emulators: Emulators
) -> None:
    with followup_runtime.open_db() as db:
        db.connection().exec_driver_sql("ALTER TABLE reply RENAME TO elsewhere")
    answer = followup_emulators.inbound(from_=phone(1), to=TWILIO_NUMBER, body="my walrus is numb")

    assert answer["status_code"] == 500
    assert followup_web
    [line] = [json.loads(line) for line in heard.json if "request failed" in line]
    assert line["error"] == "OperationalError"
    assert [secret for secret in (*PEOPLE, "walrus", "numb") if secret in heard.all()] == []
