from datetime import timedelta

import pytest

from followup.actions.shifting import CannotTurnBack, move_clock
from followup.db import real_time
from followup.models import Clock
from tests.builders import MONDAY, Clinic

HOUR = timedelta(hours=1)


def test_business_time_goes_on_from_where_it_is_moved_to(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        clock = move_clock(db, to=MONDAY, now=real_time(db))
        assert clock.moved_at
        assert clock.moved_at + clock.ahead == MONDAY
    with clinic.open_db() as db:
        assert db.get_one(Clock, 1).ahead == clock.ahead


def test_before_the_first_message_it_may_go_back(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        move_clock(db, to=MONDAY, now=MONDAY + HOUR)
    with clinic.open_db() as db:
        assert db.get(Clock, 1) is not None


def test_once_there_are_messages_it_only_goes_forward(clinic: Clinic) -> None:
    clinic.record()
    with clinic.open_db() as db, pytest.raises(CannotTurnBack, match="it only goes forward; choose a later time"):
        move_clock(db, to=MONDAY - HOUR, now=MONDAY)
    with clinic.open_db() as db:
        move_clock(db, to=MONDAY + HOUR, now=MONDAY)
        assert db.get(Clock, 1) is not None


def test_it_may_be_moved_again_and_again(clinic: Clinic) -> None:
    clinic.record()
    for hours in (1, 2, 3):
        with clinic.open_db() as db:
            clock = move_clock(db, to=MONDAY + hours * HOUR, now=MONDAY)
            assert clock.moved_at
            assert clock.moved_at + clock.ahead == MONDAY + hours * HOUR
