import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from followup.db import OpenDb
from followup.messages.links import Links
from followup.messages.outbox import Outbox
from followup.models import Attempt, Clinic, Consent, Message, Patient, Sender
from followup.runtime import Runtime
from followup.terms import Channel, Consented, ConsentSource, Origin, Purpose, Status
from followup.web import create_app
from settings import Settings

NOW = datetime(2026, 11, 12, 17, 42, tzinfo=UTC)
PUBLIC_URL = "https://care.example"
TOKEN, SECOND_TOKEN = "first-token", "second-token"
PHONE = "+12125550123"

Pairs = list[tuple[str, str]]


@dataclass
class Browser:
    """Asks an app in memory, as a program or with the headers given."""

    app: FastAPI

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:8000") as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("POST", path, **more)

    def hook(
        self, path: str, pairs: Pairs, *, token: str = TOKEN, signed_for: str = PUBLIC_URL, sent: bytes | None = None
    ) -> httpx.Response:
        """What Twilio does: sign the address and the parameters, and post them."""
        signature = RequestValidator(token).compute_signature(signed_for + path, ImmutableMultiDict(pairs))
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return self.post(path, headers=headers, content=urlencode(pairs) if sent is None else sent)


@pytest.fixture(scope="session")
def live_settings() -> Settings:
    return Settings(
        _env_file=None,
        followup_live=True,
        secret_key=SecretStr("k" * 32),
        database_url="sqlite:///unused",
        public_url=PUBLIC_URL,
        twilio_account_sid="AC" + "1" * 32,
        twilio_auth_token=SecretStr(TOKEN),
        twilio_auth_token_secondary=SecretStr(SECOND_TOKEN),
        twilio_from="+14155550100",
        smtp_url="smtps://mail.example",
        email_from="care@clinic.example",
    )


@pytest.fixture(scope="session")
def practice_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data = tmp_path_factory.mktemp("practice")
    return Settings(_env_file=None, followup_live=False, followup_data_dir=data, public_url="http://127.0.0.1:8000")


@pytest.fixture
def runtime(live_settings: Settings, engine: Engine) -> Runtime:
    return Runtime(
        settings=live_settings,
        engine=engine,
        gateways={channel: Outbox(channel) for channel in Channel},
        links=Links(PUBLIC_URL, "k" * 32),
        now=lambda: NOW,
    )


@pytest.fixture
def browser(runtime: Runtime) -> Browser:
    return Browser(create_app(runtime))


@pytest.fixture
def practice(runtime: Runtime, practice_settings: Settings) -> Browser:
    """The same service while nothing is live."""
    return Browser(create_app(replace(runtime, settings=practice_settings)))


@pytest.fixture
def clinic(open_db: OpenDb) -> Clinic:
    clinic = Clinic(
        key="oak",
        name="Oak & Ash Clinic",
        text_name="Oak Clinic",
        phone="212-555-0100",
        emergency="911",
        hours="Mon-Fri 8-6",
        zone="America/New_York",
        country="US",
    )
    with open_db() as db:
        db.add_all([clinic, *(Sender(channel=channel) for channel in Channel)])
    return clinic


@pytest.fixture
def patient(open_db: OpenDb, clinic: Clinic) -> Patient:
    """Gets texts and emails of every purpose."""
    patient = Patient(
        clinic_id=clinic.id, given_name="Rosalind", family_name="Achterberg", phone=PHONE, email="r@post.example"
    )
    patient.created_at = NOW
    with open_db() as db:
        db.add(patient)
        db.flush()
        db.add_all(given(patient, channel, purpose) for channel in Channel for purpose in Purpose)
    return patient


def given(patient: Patient, channel: Channel, purpose: Purpose) -> Consent:
    return Consent(
        patient_id=patient.id,
        channel=channel,
        purpose=purpose,
        says=Consented.GIVEN,
        source=ConsentSource.DESK,
        recorded_at=NOW,
        recorded_by="desk",
    )


AddMessage = Callable[..., Message]


@pytest.fixture
def add_message(open_db: OpenDb, patient: Patient) -> AddMessage:
    """Puts a text of the check-in into the database; what is given overrides."""
    made = 0

    def add(**fields: Any) -> Message:
        nonlocal made
        made += 1
        message = Message(
            once_key=f"test:{made}",
            clinic_id=patient.clinic_id,
            patient_id=patient.id,
            origin=Origin.BY_HAND,
            purpose=Purpose.CARE,
            wording="check-in",
            channel=Channel.SMS,
            lane=1,
            nominal_at=NOW,
            due_at=NOW,
            expires_at=datetime(2027, 1, 1, tzinfo=UTC),
            why=[],
            created_at=NOW,
        )
        for name, value in fields.items():
            setattr(message, name, value)
        with open_db() as db:
            db.add(message)
        return message

    return add


@pytest.fixture
def attempt(open_db: OpenDb, add_message: AddMessage) -> Attempt:
    """A text on its way: spoken to Twilio, no answer yet."""
    message = add_message(status=Status.SENDING, left_at=NOW)
    attempt = Attempt(message_id=message.id, number=1, channel=Channel.SMS, to=PHONE, begun_at=NOW)
    with open_db() as db:
        db.add(attempt)
    return attempt


def consents(open_db: OpenDb, patient_id: UUID, channel: Channel) -> set[Consented]:
    """What the last lines of the ledger say for a channel."""
    with open_db() as db:
        lines = db.query(Consent).filter_by(patient_id=patient_id, channel=channel).order_by(Consent.id)
        return set({line.purpose: line.says for line in lines}.values())
