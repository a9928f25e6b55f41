from datetime import datetime, timedelta

from followup.actions import pausing
from followup.messages.gateway import Unavailable
from followup.queries import progress
from followup.terms import Label
from tests.alarms import escalate, prove, put_on_call, raise_one, take
from tests.builders import MONDAY, Clinic, local

NOON = local(7, 12)


def unfinished(clinic: Clinic, now: datetime) -> int:
    with clinic.open_db() as db:
        return progress.unfinished(db, now=now)


def test_what_is_due_is_unfinished_until_it_has_left(clinic: Clinic) -> None:
    clinic.record()
    assert unfinished(clinic, NOON - timedelta(seconds=1)) == 0
    assert unfinished(clinic, NOON) == 1
    clinic.tick(NOON)
    assert unfinished(clinic, NOON) == 0


def test_what_is_leased_or_on_its_way_is_unfinished(clinic: Clinic) -> None:
    clinic.record()
    [(_, token)] = clinic.lease(NOON)
    assert unfinished(clinic, NOON) == 1
    clinic.begin(token, NOON)
    assert unfinished(clinic, NOON) == 1


def test_what_waits_for_a_busy_gateway_is_not_waited_for(clinic: Clinic) -> None:
    clinic.record()
    clinic.sms.answer_next(Unavailable("20429"))
    clinic.tick(NOON)
    assert unfinished(clinic, NOON) == 0


def test_nothing_can_be_finished_on_a_sender_that_stopped_or_in_a_pause(clinic: Clinic) -> None:
    clinic.record()
    clinic.sms.answer_next(Unavailable("20003", stops_sender=True))
    clinic.tick(NOON)
    assert unfinished(clinic, NOON) == 0
    with clinic.open_db() as db:
        pausing.resume(db, now=NOON, by="desk")
        pausing.pause(db, why="", now=NOON, by="desk")
    assert unfinished(clinic, NOON) == 0


def test_the_next_due_time_is_that_of_the_first_message_still_owed(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        assert progress.next_due(db, after=MONDAY) is None
    clinic.record()
    clinic.tick(NOON)
    with clinic.open_db() as db:
        assert progress.next_due(db, after=MONDAY) == local(8, 10)
        assert progress.next_due(db, after=local(8, 10)) == local(9, 10)


def next_due(clinic: Clinic, after: datetime) -> datetime | None:
    with clinic.open_db() as db:
        return progress.next_due(db, after=after)


def test_the_next_round_of_an_alert_is_due_until_somebody_takes_it(clinic: Clinic) -> None:
    alert_id = raise_one(clinic, Label.UNCLEAR)
    six = local(7, 18)
    assert next_due(clinic, MONDAY) == six
    assert unfinished(clinic, six) == 1
    escalate(clinic, six)
    assert unfinished(clinic, six) == 0
    alert_id = raise_one(clinic, Label.UNCLEAR, once_key="another")
    take(clinic, alert_id)
    assert next_due(clinic, MONDAY) is None


def test_the_daily_test_is_due_as_quiet_hours_end_and_until_it_is_made(clinic: Clinic) -> None:
    put_on_call(clinic)
    assert next_due(clinic, local(7, 3)) is None
    clinic.record()
    assert next_due(clinic, local(7, 3)) == local(7, 9)
    assert next_due(clinic, local(8, 8)) == local(8, 9)
    assert unfinished(clinic, local(7, 8)) == 0
    assert unfinished(clinic, local(7, 9)) == 1
    prove(clinic, local(7, 9))
    clinic.tick(local(7, 9))
    assert unfinished(clinic, local(7, 11)) == 0
