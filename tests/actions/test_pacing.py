from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from followup.actions.pacing import Pace, room
from followup.db import real_time
from followup.models import Message, Sender
from followup.models.traffic import ORDINARY_LANE
from followup.terms import Channel, Origin, Purpose
from tests.builders import AT_ONCE, MONDAY, Clinic, local

SECOND = timedelta(seconds=1)


def owe_texts(clinic: Clinic, how_many: int) -> None:
    patient = clinic.record().treatment.patient_id
    for _ in range(how_many):
        clinic.owe(patient, due_at=MONDAY, origin=Origin.BY_HAND, purpose=Purpose.CARE, wording="warning-signs")


def leased(clinic: Clinic) -> int:
    with clinic.open_db() as db:
        return db.scalars(select(func.count()).where(Message.lease_token.is_not(None))).one()


def test_no_more_is_leased_than_a_sender_may_say_in_three_seconds(clinic: Clinic) -> None:
    owe_texts(clinic, 12)
    clinic.pace(1)
    clinic.lease(MONDAY)
    clinic.lease(MONDAY)
    assert leased(clinic) == 3


def test_leases_of_a_dead_worker_take_no_room(clinic: Clinic) -> None:
    owe_texts(clinic, 12)
    clinic.pace(1)
    clinic.patience = AT_ONCE
    clinic.lease(MONDAY)
    [(_, token)] = clinic.lease(MONDAY)
    assert len(clinic.begin(token, MONDAY) or []) == 3


def test_alarms_and_answers_find_room_behind_any_backlog(clinic: Clinic) -> None:
    owe_texts(clinic, 12)
    clinic.pace(1)
    clinic.tick(MONDAY)
    patient = clinic.patient().id
    answer = clinic.owe(patient, due_at=MONDAY)
    clinic.tick(MONDAY)
    [*backlog, parcel] = clinic.sms.sent
    assert len(backlog) == 3
    assert (parcel.message_id, parcel.wait) == (answer, timedelta(0))


def test_a_sender_slower_than_one_text_in_three_seconds_still_sends(clinic: Clinic) -> None:
    owe_texts(clinic, 2)
    clinic.pace(0.01)
    clinic.tick(MONDAY)
    assert len(clinic.sms.sent) == 1
    clinic.tick(MONDAY)
    assert len(clinic.sms.sent) == 1


def test_a_sender_without_a_rate_waits_for_nothing(clinic: Clinic) -> None:
    owe_texts(clinic, 12)
    clinic.tick(MONDAY)
    assert [parcel.wait for parcel in clinic.sms.sent] == [timedelta(0)] * 12


def test_each_segment_takes_its_time(clinic: Clinic) -> None:
    owe_texts(clinic, 3)
    clinic.pace(2)
    clinic.tick(MONDAY)
    with clinic.open_db() as db:
        segments = [db.get_one(Message, parcel.message_id).segments or 0 for parcel in clinic.sms.sent]
    waits = [parcel.wait / SECOND for parcel in clinic.sms.sent]
    assert [later - earlier for earlier, later in pairwise(waits)] == pytest.approx(
        [count / 2 for count in segments[:-1]]
    )


def test_over_many_batches_a_sender_never_gets_more_than_its_rate(clinic: Clinic) -> None:
    """Batches of any size at any moment, also while earlier ones still wait: a second never holds 4 segments."""
    start = datetime.now(MONDAY.tzinfo)
    with clinic.open_db() as db:
        sender = db.get_one(Sender, Channel.SMS)
        sender.segments_per_second = 3
    spoken: list[datetime] = []
    for after, texts in ((0.0, 7), (0.4, 3), (0.5, 1), (2.9, 9), (30.0, 4), (30.1, 4)):
        with clinic.open_db() as db:
            clock = start + after * SECOND
            pace = Pace(db, Channel.SMS, clock=clock)
            spoken += [clock + pace.slot(1, at_once=False) for _ in range(texts)]
    assert min(later - earlier for earlier, later in zip(spoken, spoken[3:], strict=False)) >= 0.999 * SECOND


def test_what_goes_at_once_pushes_back_what_comes_after(clinic: Clinic) -> None:
    clinic.pace(1)
    with clinic.open_db() as db:
        clock = real_time(db)
        pace = Pace(db, Channel.SMS, clock=clock)
        waits = [pace.slot(2, at_once=True), pace.slot(1, at_once=False), pace.slot(2, at_once=True)]
    assert waits == [timedelta(0), 2 * SECOND, timedelta(0)]
    with clinic.open_db() as db:
        assert room(db, db.get_one(Sender, Channel.SMS), clock=clock) <= 0


def test_a_backlog_is_judged_by_the_ordinary_lane_alone(clinic: Clinic) -> None:
    owe_texts(clinic, 1)
    clinic.pace(1)
    with clinic.open_db() as db:
        sender = db.get_one(Sender, Channel.SMS)
        sender.free_at = real_time(db) + timedelta(minutes=1)
    assert clinic.lease(MONDAY) == []
    with clinic.open_db() as db:
        assert db.scalars(select(Message.lane).where(Message.due_at <= local(7, 11))).all() == [ORDINARY_LANE]
