import sqlite3
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from followup.db import OpenDb, connect, new_id, reader, real_time
from followup.models import AuditEntry, Clock, Sender, Switch
from followup.terms import Channel

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, UTC)
HOURS = timedelta(hours=1)


def entry(at: datetime = NOON, **others: Any) -> AuditEntry:
    said = {"did_at": at, "did_by": "lee", "did": "pause", "subject": "switch", "subject_id": "sending", "details": {}}
    return AuditEntry(**said | others)


@pytest.mark.parametrize(
    "at",
    [NOON, NOON.astimezone(timezone(5 * HOURS)), datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=timezone(-5 * HOURS))],
)
def test_an_instant_comes_back_as_itself_in_utc(open_db: OpenDb, at: datetime) -> None:
    with open_db() as db:
        db.add(entry(at))
    with open_db() as db:
        kept = db.scalars(select(AuditEntry.did_at)).one()
        assert kept == at
        assert kept.tzinfo is UTC


def test_an_instant_without_a_zone_is_refused(open_db: OpenDb) -> None:
    with pytest.raises(StatementError, match="every instant needs its zone"), open_db() as db:
        db.add(entry(NOON.replace(tzinfo=None)))


def test_instants_compare_by_time_and_not_by_zone(open_db: OpenDb) -> None:
    with open_db() as db:
        db.add_all([entry(NOON), entry(NOON + timedelta(microseconds=1)), entry(NOON.replace(microsecond=0))])
    eastern = NOON.astimezone(timezone(-5 * HOURS))
    with open_db() as db:
        assert db.scalars(select(AuditEntry.did_at).where(AuditEntry.did_at < eastern)).all() == [
            NOON.replace(microsecond=0)
        ]
        assert len(db.scalars(select(AuditEntry.did_at).where(AuditEntry.did_at <= eastern)).all()) == 2


@pytest.mark.parametrize(
    "lasts",
    [timedelta(0), 2 * HOURS, -1.5 * HOURS, timedelta(days=-3), timedelta(days=40_000), timedelta(microseconds=1)],
)
def test_a_duration_comes_back_as_itself_and_compares_by_length(open_db: OpenDb, lasts: timedelta) -> None:
    with open_db() as db:
        db.add(Clock(ahead=lasts))
    with open_db() as db:
        assert db.scalars(select(Clock.ahead)).one() == lasts
        assert db.scalars(select(Clock.ahead).where(Clock.ahead > lasts - HOURS, Clock.ahead < lasts + HOURS)).all()
        assert not db.scalars(select(Clock.ahead).where(Clock.ahead < lasts)).all()


def test_details_and_ids_come_back_as_themselves(open_db: OpenDb) -> None:
    details = {"said": "¿Todavía? 🙂", "scores": [0, 10, None], "open": True, "before": {}}
    kept = entry(details=details)
    with open_db() as db:
        db.add(kept)
    with open_db() as db:
        found = db.get_one(AuditEntry, kept.id)
        assert (found.id, found.details) == (kept.id, details)


def test_ids_sort_in_the_order_in_which_they_were_made(open_db: OpenDb) -> None:
    ids = [new_id() for _ in range(200)]
    with open_db() as db:
        db.add_all(entry(id=each) for each in reversed(ids))
    with open_db() as db:
        assert db.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).all() == ids


def test_a_transaction_that_raises_leaves_nothing(open_db: OpenDb) -> None:
    def stumble() -> None:
        with open_db() as db:
            db.add(entry())
            db.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
    with open_db() as db:
        assert db.scalars(select(AuditEntry)).all() == []


def test_what_is_read_to_be_changed_is_changed_by_one_at_a_time(open_db: OpenDb) -> None:
    with open_db() as db:
        db.add(Clock(ahead=timedelta(0)))

    def skip_an_hour(_: int) -> None:
        with open_db() as db:
            clock = db.scalars(select(Clock).with_for_update()).one()
            clock.ahead += HOURS

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(skip_an_hour, range(40)))
    with open_db() as db:
        assert db.scalars(select(Clock.ahead)).one() == 40 * HOURS


def test_a_reader_keeps_one_view_and_waits_for_no_writer(engine: Engine, open_db: OpenDb) -> None:
    read_db = reader(engine)
    with open_db() as db:
        db.add(entry())
    with read_db() as db:
        assert len(db.scalars(select(AuditEntry.id)).all()) == 1
        with open_db() as writing:
            writing.add(entry())
            writing.flush()
            assert len(db.scalars(select(AuditEntry.id)).all()) == 1
        assert len(db.scalars(select(AuditEntry.id)).all()) == 1
    with read_db() as db:
        assert len(db.scalars(select(AuditEntry.id)).all()) == 2


def test_reading_changes_nothing_for_the_writer_who_gets_the_connection_next(engine: Engine, open_db: OpenDb) -> None:
    with reader(engine)() as db:
        assert db.scalars(select(Switch)).all() == []
    with open_db() as db:
        db.add(Switch(name="sending", off_at=NOON, off_by="lee"))
    with open_db() as db:
        assert db.scalars(select(Switch.name)).all() == ["sending"]


def test_an_error_never_quotes_what_was_written(open_db: OpenDb) -> None:
    with pytest.raises(IntegrityError) as refused, open_db() as db:
        db.add(Sender(channel=Channel.SMS, stopped_because="Ana Díaz"))
    assert "ck_sender_stopped_at_with_stopped_because" in str(refused.value)
    assert "Ana" not in "".join(traceback.format_exception(refused.value))


def test_real_time_is_an_instant_of_today(open_db: OpenDb) -> None:
    before = datetime.now(UTC)
    with open_db() as db:
        now = real_time(db)
    assert abs(now - before) < timedelta(minutes=1)
    assert now.tzinfo is UTC


def test_who_waits_for_a_row_gives_up_in_time(postgresql_url: str) -> None:
    engine = connect(postgresql_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW lock_timeout")) == "10s"
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "1min"
    engine.dispose()


def test_sqlite_writes_through_and_minds_its_references(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    with engine.connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert [connection.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas] == ["wal", 2, 1, 10_000]
    engine.dispose()


def test_of_two_who_open_a_new_sqlite_file_the_second_waits(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite3"
    first = sqlite3.connect(file, isolation_level=None)
    first.execute("BEGIN IMMEDIATE")
    engine = connect(f"sqlite:///{file}")
    with ThreadPoolExecutor(1) as thread:
        second = thread.submit(lambda: engine.connect().close())
        with pytest.raises(TimeoutError):
            second.result(timeout=0.2)
        first.execute("COMMIT")
        assert second.result(timeout=10) is None
    first.close()
    engine.dispose()


def test_a_sqlite_database_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'missing' / 'new.sqlite3'}")
    with pytest.raises(OperationalError, match="unable to open database file"):
        engine.connect()
    engine.dispose()
