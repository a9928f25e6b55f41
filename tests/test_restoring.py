"""What the operator is told to do after a restore keeps everyone from getting a message twice."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from followup.actions import pausing, restoring, setting_up
from followup.actions.enrolling import record_treatment
from followup.actions.entries import TreatmentEntry
from followup.actions.fields import Place
from followup.db import OpenDb
from followup.models import Message
from followup.terms import Channel, Origin, Status

PHONES = {"known": "+12125550142", "lost": "+12125550143"}


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def record(open_db: OpenDb, external_id: str, *, ended_at: datetime, recorded_at: datetime) -> None:
    data = {
        "external_id": external_id,
        "clinic": setting_up.SAMPLE.key,
        "patient": {"given_name": external_id, "phone": PHONES[external_id]},
        "consent": {Channel.SMS.value: True, "method": "paper form"},
        "ended_at": ended_at,
        "regions": ["neck"],
    }
    entry = TreatmentEntry.model_validate(data, context=Place(setting_up.SAMPLE.zone, setting_up.SAMPLE.country))
    with open_db() as db:
        record_treatment(db, entry=entry, now=recorded_at, by="test")


@pytest.fixture
def restored(open_db: OpenDb, now: datetime) -> OpenDb:
    """A database of three days ago, paused, in which a session that was lost with the rest is recorded again."""
    with open_db() as db:
        setting_up.ensure_senders(db, live=True)
        setting_up.ensure_plans(db, now=now, by="test")
        setting_up.ensure_sample(db, now=now)
        pausing.pause(db, why="restored", now=now, by="test")
    three_days, an_hour = timedelta(days=3), timedelta(hours=1)
    record(open_db, "known", ended_at=now - three_days, recorded_at=now - three_days)
    record(open_db, "lost", ended_at=now - an_hour, recorded_at=now)
    return open_db


def test_what_may_have_left_is_cancelled_and_what_is_to_come_stays(restored: OpenDb, now: datetime) -> None:
    with restored() as db:
        count = restoring.forget_what_may_have_left(db, now=now + timedelta(seconds=1), by="restore")
    with restored() as db:
        cancelled = db.scalars(select(Message).where(Message.status == Status.CANCELLED)).all()
        scheduled = db.scalars(select(Message).where(Message.status == Status.SCHEDULED)).all()
    assert {message.wording for message in cancelled} >= {"chest-warning", "what-to-expect", "check-in"}
    assert all(min(message.nominal_at, message.due_at) <= now + timedelta(minutes=1) for message in cancelled)
    assert len(cancelled) == count
    assert {message.cancelled_by for message in cancelled} == {"restore"}
    assert all(message.cancelled_at and message.cancelled_at >= now - timedelta(minutes=1) for message in cancelled)
    assert {message.wording for message in scheduled} >= {"pain-score", "book-next"}
    assert all(min(message.nominal_at, message.due_at) > now for message in scheduled)


def test_an_alarm_is_not_cancelled(restored: OpenDb, now: datetime) -> None:
    with restored() as db:
        for message in db.scalars(select(Message)):
            message.origin = Origin.ALARM
    with restored() as db:
        assert restoring.forget_what_may_have_left(db, now=now, by="restore") == 0
        assert not db.scalar(select(func.count()).where(Message.status == Status.CANCELLED))


def test_nothing_leaves_until_someone_resumes(open_db: OpenDb, now: datetime) -> None:
    with open_db() as db:
        restoring.forget_what_may_have_left(db, now=now, by="restore")
    with open_db() as db:
        assert pausing.resume(db, now=now, by="test")
