from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from followup.db import OpenDb, new_id, real_time
from followup.models import Clinic, Clock, Message, Patient, Sender, Staff, Switch
from followup.queries.health import problems
from followup.terms import Channel, Origin, Purpose, Role, Status

NOW = datetime(2026, 11, 12, 10, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LATE = NOW - MINUTE - SECOND

Owe = Callable[..., Message]


@pytest.fixture
def owe(open_db: OpenDb) -> Owe:
    """Adds a scheduled text that has been due for 61 seconds; what is given overrides."""
    clinic = Clinic(key="oak", name="Oak", text_name="Oak", phone="212-555-0100", zone="UTC", country="US")
    patient = Patient(given_name="Sam", created_at=NOW)
    with open_db() as db:
        db.add_all([clinic, *(Sender(channel=channel) for channel in Channel)])
        db.flush()
        patient.clinic_id = clinic.id
        db.add(patient)

    def add(**fields: Any) -> Message:
        about = {"clinic_id": clinic.id, "patient_id": patient.id, "wording": "check-in", "channel": Channel.SMS}
        kind = {"origin": Origin.STEP, "purpose": Purpose.CARE, "lane": 1, "why": []}
        times = {"nominal_at": LATE, "due_at": LATE, "expires_at": NOW + timedelta(days=1), "created_at": LATE}
        with open_db() as db:
            message = Message(once_key=str(new_id()), **{**about, **kind, **times, **fields})
            db.add(message)
        return message

    return add


def found(open_db: OpenDb, *, now: datetime = NOW) -> list[str]:
    with open_db() as db:
        return [problem.check for problem in problems(db, now=now)]


def test_nothing_owed_is_no_problem(open_db: OpenDb) -> None:
    assert found(open_db) == []


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("lane", [0, 1])
def test_what_is_due_for_more_than_a_minute_is_late(open_db: OpenDb, owe: Owe, channel: Channel, lane: int) -> None:
    owe(channel=channel, lane=lane)

    assert found(open_db) == ["watchdog"]


def test_the_oldest_is_named_with_its_wait(open_db: OpenDb, owe: Owe) -> None:
    oldest = owe(due_at=NOW - 5 * MINUTE)
    owe()

    with open_db() as db:
        (problem,) = problems(db, now=NOW)
    assert f"Message {oldest.id} (sms) has been due for 5 min" in problem.detail


@pytest.mark.parametrize("due_at", [NOW - MINUTE, NOW, NOW + timedelta(days=1)])
def test_a_minute_is_allowed(open_db: OpenDb, owe: Owe, due_at: datetime) -> None:
    owe(due_at=due_at)

    assert found(open_db) == []


@pytest.mark.parametrize("status", [status for status in Status if status not in (Status.SCHEDULED, Status.SKIPPED)])
def test_what_is_not_owed_any_more_is_not_late(open_db: OpenDb, owe: Owe, status: Status) -> None:
    owe(status=status)

    assert found(open_db) == []


def test_a_lease_that_runs_out_again_and_again_is_late(open_db: OpenDb, owe: Owe) -> None:
    with open_db() as db:
        clock = real_time(db)
    owe(lease_token=new_id(), leased_until=clock + MINUTE)

    assert found(open_db) == ["watchdog"]


def test_what_waits_for_its_next_try_is_not_late(open_db: OpenDb, owe: Owe) -> None:
    with open_db() as db:
        clock = real_time(db)
    owe(next_try_at=clock + timedelta(hours=1))
    owe(next_try_at=clock - 30 * SECOND)
    assert found(open_db) == []

    owe(next_try_at=clock - 2 * MINUTE)
    assert found(open_db) == ["watchdog"]


def test_a_pause_holds_everything_but_what_goes_to_staff(open_db: OpenDb, owe: Owe) -> None:
    owe()
    owe(lane=0, origin=Origin.REPLY)
    with open_db() as db:
        db.add(Switch(name="sending", off_at=NOW, off_by="desk"))
    assert found(open_db) == []

    someone = Staff(id=new_id(), email="kim@oak.example", role=Role.DESK, added_at=NOW, added_by="test")
    with open_db() as db:
        db.add(someone)
    owe(lane=0, origin=Origin.ALARM, patient_id=None, staff_id=someone.id)
    assert found(open_db) == ["watchdog"]


def test_a_stopped_sender_is_a_problem_of_its_own(open_db: OpenDb, owe: Owe) -> None:
    owe()
    with open_db() as db:
        sender = db.get_one(Sender, Channel.SMS)
        sender.stopped_at, sender.stopped_because = NOW, "The gateway refuses our account or settings (20003)."

    with open_db() as db:
        (problem,) = problems(db, now=NOW)
    assert problem.check == "sender"
    assert "(20003)" in problem.detail


def test_a_sender_at_its_rate_is_not_late(open_db: OpenDb, owe: Owe) -> None:
    owe(due_at=NOW - timedelta(hours=1))
    with open_db() as db:
        sender = db.get_one(Sender, Channel.SMS)
        sender.segments_per_second, sender.free_at = 1, real_time(db) + 5 * SECOND
    assert found(open_db) == []

    with open_db() as db:
        db.get_one(Sender, Channel.SMS).free_at = real_time(db) - 2 * MINUTE
    assert found(open_db) == ["watchdog"]


def test_what_a_jump_of_the_clock_made_due_has_waited_since_the_jump(open_db: OpenDb, owe: Owe) -> None:
    owe(due_at=NOW - timedelta(days=3))
    with open_db() as db:
        clock = Clock(id=1, ahead=timedelta(days=3), moved_at=real_time(db) - 30 * SECOND)
        db.add(clock)
    assert found(open_db) == []

    with open_db() as db:
        db.get_one(Clock, 1).moved_at = real_time(db) - 90 * SECOND
    with open_db() as db:
        (problem,) = problems(db, now=NOW)
    assert "has been due for 1 min" in problem.detail


def test_the_watchdog_reads_only_the_index_of_what_is_owed(open_db: OpenDb, owe: Owe) -> None:
    owe()
    with open_db() as db:
        statements = executed(db, lambda: problems(db, now=NOW))
        (statement, parameters) = next(one for one in statements if "FROM message" in one[0])
        if db.get_bind().dialect.name == "sqlite":
            plan = db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        else:
            db.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")  # else tiny tables are just read
            db.connection().exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
            plan = db.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
    shown = "\n".join(str(line) for line in plan)

    assert "ix_message_owed" in shown
    assert "Sort" not in shown
    assert "TEMP B-TREE" not in shown


def executed(db: Session, act: Callable[[], object]) -> list[tuple[str, Any]]:
    """What `act` says to the database, as the driver gets it."""
    said: list[tuple[str, Any]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: Any, _x: object, _m: object) -> None:
        said.append((statement, parameters))

    event.listen(db.connection(), "before_cursor_execute", listen)
    act()
    return said
