"""People who work at the clinic, each in a browser that keeps its cookies."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from followup.actions import alerting, passwords, signing_in
from followup.db import OpenDb, new_id, real_time
from followup.models import Alert, Clinic, Patient, Reply, Staff
from followup.runtime import Runtime
from followup.terms import Channel, Label, Role
from followup.web import create_app
from tests.web.conftest import NOW, PHONE, Browser

PASSWORD = "four words in a row"
PAGE = {"Accept": "text/html"}


@dataclass
class Person:
    """One browser, and whoever sits in front of it. `staff` is None for a stranger."""

    browser: Browser
    staff: Staff | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = PAGE | ({"Cookie": cookie} if cookie else {}) | more.pop("headers", {})
        answer = self.browser.ask(method, path, headers=headers, **more)
        for kept in answer.headers.get_list("Set-Cookie"):
            for name, morsel in SimpleCookie(kept).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def fill(self, path: str, *, on: str = "", headers: Any = None, **fields: Any) -> httpx.Response:
        """Open a page (`on`, else the form's own path), and send its form with what a browser would keep in it."""
        page = self.get(on or path).text
        hidden = {name: _hidden(page, name) for name in ("csrf", "version")}
        kept = {name: value for name, value in hidden.items() if value is not None}
        return self.ask("POST", path, data=kept | fields, headers=headers or {})

    def hidden(self, path: str, name: str) -> str | None:
        return _hidden(self.get(path).text, name)


def _hidden(page: str, name: str) -> str | None:
    """What a form of the page keeps in a field that nobody sees."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return html.unescape(found[1]) if found else None


Hire = Callable[..., Person]
AddReply = Callable[..., Reply]


@pytest.fixture(autouse=True, scope="module")
def cheap_passwords() -> Iterator[None]:
    """What makes guessing slow makes tests slow: here a hash costs next to nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobodys.cache_clear()
        yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def add_staff(open_db: OpenDb) -> Callable[..., Staff]:
    """Someone who works here; with the password of tests, if asked for."""

    def add(role: Role = Role.DESK, *, name: str = "", has_password: bool = False, **more: Any) -> Staff:
        email = more.pop("email", f"{role}-{new_id().hex[-8:]}@oak.example")
        staff = Staff(id=new_id(), email=email, name=name, role=role, added_at=NOW, added_by="test", **more)
        if has_password:
            staff.password_hash = passwords.hash_of(PASSWORD, email=email)
        with open_db() as db:
            db.add(staff)
        return staff

    return add


@pytest.fixture
def hire(browser: Browser, open_db: OpenDb, clinic: Clinic, add_staff: Callable[..., Staff]) -> Hire:
    """Someone of a role who is signed in; at the clinic, which is there then."""
    assert clinic.key

    def hire(role: Role, **more: Any) -> Person:
        staff = add_staff(role, **more)
        with open_db() as db:
            token = signing_in.open_for(db, staff=staff, now=NOW, clock=real_time(db))
        return Person(browser, staff, {"__Host-followup": token})

    return hire


@pytest.fixture
def admin(hire: Hire) -> Person:
    return hire(Role.ADMIN, name="Ines Moreau", email="ines@oak.example")


@pytest.fixture
def stranger(browser: Browser, clinic: Clinic) -> Person:
    assert clinic.key
    return Person(browser)


@pytest.fixture
def practitioner(runtime: Runtime, practice: Browser, clinic: Clinic) -> Person:
    """Whoever tries the service out while nothing is live."""
    assert runtime.settings.followup_live
    assert clinic.key
    return Person(Browser(create_app(practice.app.state.runtime)))


@pytest.fixture
def add_reply(open_db: OpenDb, patient: Patient) -> AddReply:
    """Puts a reply that was read into the database, and its alert if it is a worry."""

    def add(body: str = "still tingling", *labels: Label, whose: Patient | None = patient, **more: Any) -> Reply:
        kinds = labels or (Label.NERVE,)
        reply = Reply(
            id=new_id(),
            channel=Channel.SMS,
            reference=str(new_id()),
            sent_from=PHONE,
            sent_to="+14155550100",
            body=body,
            raw={},
            received_at=NOW - timedelta(minutes=5),
            read_at=NOW,
            patient_id=whose.id if whose else None,
            labels=[label.value for label in kinds],
            matched=[],
        )
        for name, value in more.items():
            setattr(reply, name, value)
        with open_db() as db:
            db.add(reply)
            db.flush()
            if kinds[0].is_worry:
                place = db.get(Clinic, whose.clinic_id) if whose else None
                alerting.hear(db, reply=reply, label=kinds[0], clinic=place, patient=whose, now=reply.received_at)
        return reply

    return add


def alert_of(open_db: OpenDb) -> Alert:
    with open_db() as db:
        return db.scalars(select(Alert)).one()
