"""How long the service works for each page that staff ask for, at a practice that is large and two years old."""

import asyncio
import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from time import perf_counter
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from benchmarks import years
from benchmarks.figures import Figure, percentile
from benchmarks.ground import Ground
from followup.actions import setting_up, signing_in
from followup.db import opener, real_time
from followup.emulators import DEFAULT_ACCOUNT
from followup.models import Alert, Message, Patient, Reply, Staff, TreatmentSession
from followup.runtime import build
from followup.terms import Status
from followup.web import create_app
from followup.web.access import TOKEN_HEADER, door_of
from settings import Settings

MOST, MOST_WHILE_TYPING = 0.150, 0.100  # seconds, of 95 in a hundred answers
TIMES, WARM_UP = 50, 3

_BY_SCRIPT = {"HX-Request": "true"}
_TYPED = {
    "one letter": "abceghklmorst",
    "two letters": ("an", "be", "ma", "sa", "ro", "wi"),
    "three letters": ("and", "ber", "mar", "san", "jac"),
    "six letters": ("anders", "holmbe", "rosman", "lindsö", "xavfie"),
    "two words": ("ana mar", "omar sand", "li ma", "b a"),
    "three digits": ("200", "123", "499", "002"),
    "six digits": ("200001", "049 99", "012345"),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One kind of page; where there are several of the kind, each in turn."""

    what: str
    paths: Sequence[str]
    most: float = MOST
    form: Mapping[str, str] = field(default_factory=dict)


def measure(ground: Ground) -> Iterator[Figure]:
    """The real app, in this process, asked by an administrator who is signed in; the first answers are not counted."""
    database = ground.empty("postgresql", "followup_years")
    years.pass_by(database.engine, now=datetime.now(UTC))
    yield from measure_pages(database.url)


def measure_pages(url: str) -> Iterator[Figure]:
    runtime = build(_settings(url))
    with opener(runtime.engine)() as db:
        admin = db.scalars(select(Staff).where(Staff.email == setting_up.SAMPLE_ADMIN.email)).one()
        token = signing_in.open_for(db, staff=admin, now=runtime.now(), clock=real_time(db))
    headers = {
        "Accept": "text/html",
        "Cookie": f"__Host-followup={token}",
        TOKEN_HEADER: door_of(runtime).form_token(token),
    }
    try:
        with asyncio.Runner() as runner:
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(create_app(runtime)),
                base_url=runtime.settings.public_url,
                headers=headers,
            )
            gc.freeze()  # as the web does when it starts
            for ask in asks(runtime.engine):
                took = runner.run(_times(client, ask))
                yield Figure(f"{ask.what}, p95", round(percentile(took, 95), 4), "s", most=ask.most)
            runner.run(client.aclose())
    finally:
        runtime.close()


async def _times(client: httpx.AsyncClient, ask: Ask) -> list[float]:
    """How long each answer took."""
    took = []
    for path in islice(cycle(ask.paths), WARM_UP + TIMES):
        began = perf_counter()
        if ask.form:
            answer = await client.post(path, data=ask.form, headers=_BY_SCRIPT)
        else:
            answer = await client.get(path)
        took.append(perf_counter() - began)
        assert answer.status_code == 200, (path, answer.status_code)  # a page that leads on costs less
    return took[WARM_UP:]


def asks(engine: Engine) -> list[Ask]:
    """What is asked, of whom there is most to tell."""
    with opener(engine)() as db:
        return [*_of_today(), *_of_patients(db), *_of_conversations(db), *_of_sessions(db), *_OTHERS]


def _of_today() -> Iterator[Ask]:
    yield Ask("Today", ["/"])
    yield Ask("Today: needs", ["/today/needs"])
    yield Ask("Today: news", ["/today/news"])
    for group in ("alerts", "replies", "unreached", "uncertain"):
        yield Ask(f"Today: all {group}", [f"/today/all/{group}"])
    yield Ask("pulse", ["/pulse"])
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=number) for number in (0, 1, 30, 365)]
    yield Ask("Messages", ["/messages"])
    yield Ask("Messages of a day", [f"/messages?day={day}" for day in days])
    for status in Status:
        yield Ask(f"Messages of a day, {status}", [f"/messages?day={day}&status={status}" for day in days])


def _of_patients(db: Session) -> Iterator[Ask]:
    yield Ask("Patients", ["/patients"])
    for kind, typed in _TYPED.items():
        yield Ask(f"Patients, {kind}", [f"/patients?q={words}" for words in typed])
        yield Ask(f"search while typing, {kind}", [f"/patients/search?q={words}" for words in typed], MOST_WHILE_TYPING)
    sessions = func.count(TreatmentSession.id)
    most_sessions = select(TreatmentSession.patient_id).group_by(TreatmentSession.patient_id).order_by(sessions.desc())
    busiest = db.scalars(most_sessions.limit(1)).one()
    yield Ask("the busiest patient", [f"/patients/{busiest}"])
    yield Ask("… about them", [f"/patients/{busiest}/about"])
    some = db.scalars(select(Patient.id).order_by(Patient.family_name, Patient.id).limit(20)).all()
    yield Ask("a patient", [f"/patients/{one}" for one in some])
    yield Ask("Audit of one patient", [f"/settings/audit?about={one}" for one in some])


def _of_conversations(db: Session) -> Iterator[Ask]:
    yield Ask("Inbox", ["/inbox"])
    for view in ("all", "mine", "unknown"):
        yield Ask(f"Inbox, {view}", [f"/inbox?view={view}"])
    yield Ask("Inbox: news", ["/inbox/news"])
    replies = func.count(Reply.id)
    by_replies = select(Reply.patient_id).where(Reply.patient_id.is_not(None)).group_by(Reply.patient_id)
    busiest = db.scalars(by_replies.order_by(replies.desc()).limit(1)).one()
    yield Ask("the longest conversation", [f"/inbox/{busiest}"])
    yield Ask("… its news", [f"/inbox/{busiest}/news"])
    unknown = db.scalars(select(Reply.id).where(Reply.patient_id.is_(None)).order_by(Reply.received_at.desc()).limit(1))
    yield Ask("conversation with an unknown number", [f"/inbox/{unknown.one()}"])
    newest = db.scalars(select(Alert.patient_id).order_by(Alert.raised_at.desc()).limit(10)).all()
    yield Ask("an alert's conversation", [f"/inbox/{one}" for one in newest])


def _of_sessions(db: Session) -> Iterator[Ask]:
    owed = select(Message.patient_id).where(Message.status == Status.SCHEDULED, Message.patient_id.is_not(None))
    patient = str(db.scalars(owed.order_by(Message.due_at).limit(1)).one())
    yield Ask("New session", ["/sessions/new"])
    yield Ask("New session of a patient", [f"/sessions/new?patient={patient}"])
    now = datetime.now(UTC)
    form = {
        "external_id": "desk:measured",
        "clinic": setting_up.SAMPLE.key,
        "ended_on": f"{now - timedelta(days=1):%Y-%m-%d}",
        "ended_time": "12:00",
        "practitioner": "B. Lee",
        "plan": "dry-needling",
        "regions": "lower_back",
        "sms": "yes",
        "mail": "yes",
        "method": "spoken",
    }
    new = {"who": "new", "given_name": "Zsofia", "family_name": "Nagy", "phone": "+12125550188", "language": "en"}
    yield Ask("New session: preview", ["/sessions/preview"], form=form | {"who": "known", "patient": patient})
    yield Ask("New session: preview of a new patient", ["/sessions/preview"], form=form | new)


_OTHERS = (
    Ask("a plan", ["/plans/dry-needling"]),
    Ask("Rehearse", ["/plans/dry-needling/rehearse"]),
    Ask("Settings", ["/settings"]),
    Ask("Settings: clinics", ["/settings/clinics"]),
    Ask("Settings: a clinic", [f"/settings/clinics/{setting_up.SAMPLE.key}"]),
    Ask("Settings: staff", ["/settings/staff"]),
    Ask("Settings: on call", [f"/settings/on-call/{setting_up.SAMPLE.key}"]),
    Ask("Settings: keys", ["/settings/keys"]),
    Ask("Audit", ["/settings/audit"]),
    Ask("Audit of one person", ["/settings/audit?by=person-3@maple.example"]),
    Ask("More", ["/more"]),
    Ask("metrics", ["/metrics"]),
)


def _settings(url: str) -> Settings:
    """Live, so that no clock is read from the database; nothing is sent."""
    given: dict[str, Any] = {
        "followup_live": True,
        "secret_key": SecretStr("s" * 32),
        "database_url": url,
        "public_url": "https://desk.example",
        "twilio_account_sid": DEFAULT_ACCOUNT.sid,
        "twilio_auth_token": SecretStr(DEFAULT_ACCOUNT.auth_token),
        "twilio_from": "+15005550006",
        "smtp_url": "smtps://mail.example",
        "email_from": "followup@clinic.example",
    }
    return Settings(_env_file=None, **given)
