"""How fast a booking system records treatment sessions over HTTP, with every message that is owed after them."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from aiohttp import ClientConnectionError, ClientSession, TCPConnector
from sqlalchemy import func, select

from benchmarks import service
from benchmarks.figures import Figure, percentile
from benchmarks.ground import MANY, Database, Ground
from followup.actions import keys, setting_up
from followup.db import opener
from followup.emulators import Receipts
from followup.models import Enrolment, Message, TreatmentSession

SESSIONS, WARM_UP = 2_000, 200
LEAST = 200  # sessions a second
IN_FLIGHT = 16  # requests at a time, over as many connections that are kept
NAME = "booking"  # of the key


def measure(ground: Ground) -> Iterator[Figure]:
    """Every session of a new patient, beside what is owed already, while the whole service runs."""
    for kind, least in (("postgresql", LEAST), ("sqlite", None)):
        database = ground.database(kind, MANY)
        with opener(database.engine)() as db:
            key = keys.add_key(db, name=NAME, now=datetime.now(UTC), by="benchmark")
        with service.running(database.url, ground.folder(), receipts=Receipts.LAST) as running:
            took, waits, owed = asyncio.run(_post_all(running.url, key))
        assert _written(database) == (SESSIONS + WARM_UP, owed)
        yield Figure(f"API, {kind}, {MANY:,} pending", SESSIONS / took, "sessions/s", least=least)
        yield Figure("… a request's time, p99", percentile(waits, 99), "s")


async def _post_all(url: str, key: str) -> tuple[float, list[float], int]:
    """How long all took, how long each, and how many messages the answers told of."""
    headers = {"Authorization": f"Bearer {key}"}
    async with ClientSession(url, headers=headers, connector=TCPConnector(limit=IN_FLIGHT)) as http:
        await _until_it_answers(http)
        warm_up = await _post(http, range(SESSIONS, SESSIONS + WARM_UP))
        began = perf_counter()
        posted = await _post(http, range(SESSIONS))
        took = perf_counter() - began
    return took, [wait for wait, _ in posted], sum(owed for _, owed in warm_up + posted)


async def _post(http: ClientSession, numbers: Iterable[int]) -> list[tuple[float, int]]:
    bodies, posted = map(_body, numbers), list[tuple[float, int]]()

    async def one_after_the_other() -> None:
        for body in bodies:
            began = perf_counter()
            async with http.post("/api/v1/treatments", json=body) as answer:
                told = await answer.json()
            assert answer.status == 201, told
            posted.append((perf_counter() - began, len(told["messages"])))

    await asyncio.gather(*(one_after_the_other() for _ in range(IN_FLIGHT)))
    return posted


async def _until_it_answers(http: ClientSession) -> None:
    for _ in range(300):
        try:
            async with http.get("/healthz"):
                return
        except ClientConnectionError:
            await asyncio.sleep(0.1)
    raise RuntimeError("the service does not answer")


def _body(number: int) -> dict[str, Any]:
    return {
        "external_id": f"posted-{number}",
        "clinic": setting_up.SAMPLE.key,
        "patient": {
            "external_id": f"posted-{number}",
            "given_name": "Ana",
            "family_name": f"Sample {number}",
            "phone": f"+1212555{number % 10_000:04}",
            "email": f"ana-{number}@patients.example",
        },
        "consent": {"sms": True, "email": True, "method": "paper form"},
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "practitioner": "B. Lee",
        "regions": ["lower_back"],
        "first_treatment": number % 3 > 0,
        "baseline_pain": number % 11,
    }


def _written(database: Database) -> tuple[int, int]:
    """How many sessions and messages are there of those that were posted."""
    posted = select(TreatmentSession.id).where(TreatmentSession.recorded_by == NAME)
    enrolled = select(Enrolment.id).where(Enrolment.treatment_id.in_(posted))
    with opener(database.engine)() as db:
        sessions = db.scalar(select(func.count()).select_from(posted.subquery())) or 0
        return sessions, db.scalar(select(func.count(Message.id)).where(Message.enrolment_id.in_(enrolled))) or 0
