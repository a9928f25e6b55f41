"""What the tick does each second: little while nothing is due, and nothing that one bad row could hold up for all."""

import re
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from sqlalchemy import Engine, event, select

from followup.db import OpenDb
from followup.models import Alert, Reply
from followup.runtime import Runtime
from followup.tasks import make_celery
from followup.terms import Channel, Label
from settings import Settings
from tests.alarms import location, put_on_call, raise_one
from tests.builders import LINKS, MONDAY, PHONE, Clinic

NOW = MONDAY + timedelta(hours=1)
NO_ZONE = {"zone": "Atlantis/Capital"}
READS = ["FROM reply", "FROM enrolment", "FROM alert", "FROM on_call", "FROM message", "FROM switch", "FROM sender"]
LEASES = [*["UPDATE message"] * 4, "FROM heartbeat"]  # two lanes of two channels
GROWING = "alert|attempt|audit_entry|consent|enrolment|message|outcome|patient|receipt|reply|treatment_session"
# The index of unread replies holds no others. One that is made for the statement takes the whole table.
WHOLE_TABLE = re.compile(rf"(Seq Scan on|SCAN) ({GROWING})\b(?!.* ix_reply_unread)|SEARCH ({GROWING}) USING AUTOMATIC")
ELSEWHERE = "+12125550177"


@pytest.fixture
def clinic(open_db: OpenDb) -> Clinic:
    return Clinic(open_db)


@pytest.fixture
def celery(engine: Engine, clinic: Clinic) -> Celery:
    gateways = {Channel.SMS: clinic.sms, Channel.EMAIL: clinic.email}
    settings = Settings(_env_file=None, database_url=engine.url.render_as_string(hide_password=False))
    celery = make_celery(Runtime(settings, engine, gateways, LINKS, now=lambda: NOW))
    celery.conf.task_always_eager = True
    return celery


@pytest.fixture
def idle(celery: Celery, clinic: Clinic, engine: Engine) -> list[tuple[str, Any]]:
    """What a tick says to the database while nothing is due, beside asking for the time."""
    clinic.add_clinic("oak")
    for key in ("oak", "maple"):
        put_on_call(clinic, f"first@{key}.example", key=key)
        clinic.record(key, clinic=key)
    celery.tasks["tick"].run()  # makes the daily test, and leaves its sign of life
    said: list[tuple[str, Any]] = []

    def listen(*about: Any) -> None:
        said.append((about[2], about[3]))

    event.listen(engine, "before_cursor_execute", listen)
    celery.tasks["tick"].run()
    event.remove(engine, "before_cursor_execute", listen)
    return [each for each in said if not each[0].startswith(("BEGIN", "SELECT clock_timestamp"))]


def test_a_tick_with_nothing_to_do_says_a_fixed_few_statements(idle: list[tuple[str, Any]]) -> None:
    assert len(idle) == len([*READS, *LEASES])
    assert all(table in statement for table, (statement, _) in zip([*READS, *LEASES], idle, strict=True))


def test_no_statement_of_an_idle_tick_reads_a_whole_table(idle: list[tuple[str, Any]], engine: Engine) -> None:
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            connection.exec_driver_sql("SET enable_seqscan = off")  # else tiny tables are just read
        plans = [connection.exec_driver_sql(f"{explain} {said}", about).all() for said, about in idle]
    steps = [str(line[-1]) for plan in plans for line in plan]
    assert len(steps) >= len(idle)
    assert [step for step in steps if WHOLE_TABLE.search(step)] == []


def test_a_reply_that_can_be_neither_read_nor_given_up_holds_up_no_other(clinic: Clinic) -> None:
    clinic.add_clinic("oak")
    clinic.record("T1", clinic="oak", patient={"phone": ELSEWHERE})
    clinic.record("T2")
    clinic.change(location(clinic, "oak"), **NO_ZONE)
    clinic.keep("my leg is numb", now=MONDAY, sent_from=ELSEWHERE)
    clinic.keep("my leg is numb", now=NOW)
    clinic.read(NOW)
    with clinic.open_db() as db:
        unread = db.scalars(select(Reply.sent_from).where(Reply.read_at.is_(None))).all()
        heard = db.scalars(select(Reply.sent_from).where(Reply.alert_id.is_not(None))).all()
    assert (unread, heard) == ([ELSEWHERE], [PHONE])


def test_a_clinic_whose_staff_cannot_be_told_holds_up_no_other(celery: Celery, clinic: Clinic) -> None:
    clinic.add_clinic("oak")
    for key in ("oak", "maple"):
        put_on_call(clinic, f"first@{key}.example", key=key)
        put_on_call(clinic, f"second@{key}.example", key=key)
        clinic.record(key, clinic=key)  # so that its way to staff is tested every day
    stuck = raise_one(clinic, Label.URGENT, once_key="oak", clinic=location(clinic, "oak"), now=MONDAY)
    other = raise_one(clinic, Label.URGENT, once_key="maple", now=MONDAY)
    clinic.change(location(clinic, "oak"), **NO_ZONE)
    celery.tasks["tick"].run()
    with clinic.open_db() as db:
        assert {alert.id: alert.told for alert in db.scalars(select(Alert))} == {stuck: 1, other: 2}
