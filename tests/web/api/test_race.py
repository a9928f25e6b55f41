"""What only several transactions at once can show; SQLite has one at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from sqlalchemy import Engine, text

from followup.actions import keys
from followup.db import connect, opener
from followup.models import TreatmentSession
from followup.runtime import Runtime
from followup.web import create_app
from tests.builders import MONDAY, Clinic
from tests.web.conftest import Browser

from .conftest import Api, body

WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    engine = connect(postgresql_url)
    yield engine
    engine.dispose()


def test_what_someone_records_meanwhile_without_waiting_for_a_turn_is_seen(runtime: Runtime, engine: Engine) -> None:
    clinic = Clinic(opener(engine))
    known = clinic.record("T0").treatment
    with clinic.open_db() as db:
        key = keys.add_key(db, name="booking", now=MONDAY, by="test")
    api = Api(Browser(create_app(replace(runtime, now=lambda: MONDAY))), key, clinic)
    columns = {column.key: getattr(known, column.key) for column in TreatmentSession.__table__.columns}
    meanwhile = TreatmentSession(**columns | {"id": None, "external_id": "T1", "content_hash": "another"})

    with ThreadPoolExecutor(1) as pool, clinic.open_db() as db:
        db.add(meanwhile)
        db.flush()
        answer = pool.submit(api.post, "/treatments", body("T1"))
        wait_until_blocked(engine)
        db.commit()
        assert answer.result(timeout=30).status_code == 409


def wait_until_blocked(engine: Engine) -> None:
    for _ in range(1000):
        with engine.connect() as connection:
            if connection.scalar(WAITS):
                return
        Event().wait(0.02)
    raise AssertionError("nobody waits for us")
