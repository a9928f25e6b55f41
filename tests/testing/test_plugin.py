from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen
from uuid import UUID

import pytest
from sqlalchemy import select

from followup.actions.enrolling import Recorded
from followup.emulators.background import Emulators
from followup.models import Message, Patient, Reply
from followup.runtime import Runtime
from followup.terms import Reason, Status
from followup.testing.clock import StandingClock

pytest_plugins = ["followup.testing.plugin"]

Record = Callable[..., Recorded]
Run = Callable[..., None]
Until = Callable[..., None]


def status(runtime: Runtime, message_id: UUID) -> Status:
    with runtime.read_db() as db:
        return db.get_one(Message, message_id).status


def test_nothing_leaves_before_its_time(
    followup_record: Record, followup_run: Run, followup_clock: StandingClock, followup_emulators: Emulators
) -> None:
    followup_record()
    followup_clock.go(timedelta(hours=1, minutes=59))
    followup_run()
    assert followup_emulators.ledger() == []


def test_a_text_leaves_when_it_is_due(
    followup_record: Record, followup_run: Run, followup_clock: StandingClock, followup_emulators: Emulators
) -> None:
    first = followup_record(patient={"given_name": "Ana", "phone": "+12125550142"}).messages[0]
    followup_clock.go(timedelta(hours=2))
    followup_run()
    [text] = followup_emulators.ledger()
    assert text["message_id"] == str(first.id)
    assert text["to"] == "+12125550142"
    assert datetime.fromisoformat(text["business_at"]) - followup_clock() < timedelta(minutes=1)


def test_two_weeks_go_by_with_every_message_at_its_own_time(
    followup_record: Record, followup_run: Run, followup_clock: StandingClock, followup_runtime: Runtime
) -> None:
    recorded = followup_record()
    followup_run(timedelta(days=15))
    with followup_runtime.read_db() as db:
        left = db.scalars(select(Message).where(Message.left_at.is_not(None))).all()
    assert {message.left_at for message in left} == {message.due_at for message in left}
    assert len(left) == len(recorded.messages) - 1  # nobody is at risk, so nobody is asked whether it is gone
    assert followup_clock() == recorded.treatment.ended_at + timedelta(days=15)


def test_a_leap_makes_messages_late(
    followup_record: Record, followup_run: Run, followup_clock: StandingClock, followup_runtime: Runtime
) -> None:
    first = followup_record().messages[0]
    followup_clock.go(timedelta(days=2))
    followup_run()
    with followup_runtime.read_db() as db:
        assert db.get_one(Message, first.id).reason is Reason.TOO_LATE


@pytest.mark.parametrize("fault", ["busy", "error_before_accept", "error_after_accept", "cut"])
def test_a_run_ends_only_when_nothing_is_uncertain_any_more(
    fault: str, followup_record: Record, followup_run: Run, followup_emulators: Emulators, followup_runtime: Runtime
) -> None:
    first = followup_record(regions=["neck"]).messages[0]
    followup_emulators.fault(fault)
    followup_run()
    assert len(followup_emulators.ledger()) == 1
    assert status(followup_runtime, first.id) in (Status.SENT, Status.DELIVERED)


def test_what_is_never_taken_is_given_up(
    followup_record: Record, followup_run: Run, followup_emulators: Emulators, followup_runtime: Runtime
) -> None:
    first = followup_record(regions=["neck"]).messages[0]
    followup_emulators.fault("busy", count=100)
    followup_run()
    assert status(followup_runtime, first.id) is Status.FAILED


def test_receipts_arrive_over_http(
    followup_record: Record, followup_run: Run, followup_web: str, followup_until: Until, followup_runtime: Runtime
) -> None:
    first = followup_record(regions=["neck"]).messages[0]
    followup_run()
    followup_until(lambda: status(followup_runtime, first.id) is Status.DELIVERED)
    with urlopen(f"{followup_web}/healthz") as answer:
        assert answer.status == 200


def test_replies_arrive_over_http(
    followup_record: Record, followup_web: str, followup_emulators: Emulators, followup_runtime: Runtime
) -> None:
    followup_record(patient={"phone": "+12125550142"})
    answer = followup_emulators.inbound(from_="+12125550142", to="+15005550006", body="stop")
    with followup_runtime.read_db() as db:
        assert db.scalars(select(Reply.body)).all() == ["stop"]
    assert answer["status_code"] == 200
    assert followup_web.startswith("http://127.0.0.1:")


def test_each_recording_is_of_another_patient(followup_record: Record, followup_runtime: Runtime) -> None:
    followup_record()
    followup_record()
    with followup_runtime.read_db() as db:
        assert len({patient.phone for patient in db.scalars(select(Patient))}) == 2


def test_the_environment_does_not_reach_into_a_test(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("FOLLOWUP_LIVE", "true")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///of-the-clinic.db")
    runtime: Runtime = request.getfixturevalue("followup_runtime")
    assert not runtime.settings.followup_live
    assert "of-the-clinic" not in runtime.settings.database_url


def test_a_clock_refuses_a_time_without_a_zone(followup_clock: StandingClock) -> None:
    with pytest.raises(ValueError, match="has no zone"):
        followup_clock.set(datetime(2027, 3, 1, 10, 0))  # noqa: DTZ001 - that is the point
    followup_clock.set(datetime(2027, 3, 1, 10, 0, tzinfo=UTC))
    assert followup_clock() == datetime(2027, 3, 1, 10, 0, tzinfo=UTC)
