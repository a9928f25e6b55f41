from datetime import datetime, timedelta

from followup.actions import pausing
from followup.messages.gateway import Unavailable
from followup.queries import progress
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
