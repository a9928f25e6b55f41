from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from followup.actions import keys
from followup.db import OpenDb, connect
from followup.messages.links import Links
from followup.messages.outbox import Outbox
from followup.runtime import Runtime
from followup.terms import Channel
from followup.web import create_app
from settings import Settings
from tests.builders import MONDAY, Clinic
from tests.web.conftest import PUBLIC_URL, Browser

JSON = {"Content-Type": "application/json"}


@dataclass
class Api:
    """Asks `/api/v1` with a key, and reads what comes back."""

    browser: Browser
    key: str
    clinic: Clinic

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"} | more.pop("headers", {})
        return self.browser.ask(method, f"/api/v1{path}", headers=headers, **more)

    def get(self, path: str, **params: str) -> Any:
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.ask("POST", path, json=body) if body is not None else self.ask("POST", path)

    def patch(self, path: str, body: Any) -> httpx.Response:
        return self.ask("PATCH", path, json=body)

    def send(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        """Bytes as they are."""
        return self.ask("POST", path, content=content, headers=JSON | headers)


@pytest.fixture
def clinic(open_db: OpenDb) -> Clinic:
    """A clinic with its plans on an empty database of each kind."""
    return Clinic(open_db)


@pytest.fixture
def key(open_db: OpenDb) -> str:
    with open_db() as db:
        return keys.add_key(db, name="booking", now=MONDAY, by="test")


@pytest.fixture
def api(runtime: Runtime, clinic: Clinic, key: str) -> Api:
    """The API of a clinic, at the very moment when a treatment session ends."""
    return Api(Browser(create_app(replace(runtime, now=lambda: MONDAY))), key, clinic)


@pytest.fixture
def quick_api(live_settings: Settings, sqlite_url: str) -> Iterator[Api]:
    """The same on SQLite alone, for what no database can tell apart."""
    engine = connect(sqlite_url)
    gateways = {channel: Outbox(channel) for channel in Channel}
    links = Links(PUBLIC_URL, "k" * 32)
    runtime = Runtime(settings=live_settings, engine=engine, gateways=gateways, links=links, now=lambda: MONDAY)
    clinic = Clinic(runtime.open_db)
    with runtime.open_db() as db:
        key = keys.add_key(db, name="booking", now=MONDAY, by="test")
    yield Api(Browser(create_app(runtime)), key, clinic)
    engine.dispose()


def body(external_id: str = "T1", **changes: Any) -> dict[str, Any]:
    """A treatment session as a booking system posts it; `patient` and `consent` are merged field by field."""
    patient = {"given_name": "Ada", "family_name": "Lind", "phone": "(212) 555-0123", "email": "ada@mail.example"}
    consent = {"sms": True, "email": True, "method": "form"}
    return {
        "external_id": external_id,
        "clinic": "maple",
        "ended_at": "2027-06-07T10:00",
        "patient": patient | changes.pop("patient", {}),
        "consent": consent | changes.pop("consent", {}),
    } | changes
