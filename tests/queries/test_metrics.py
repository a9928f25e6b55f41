import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from followup.actions import beating, pausing
from followup.db import OpenDb, first_id, new_id, real_time
from followup.messages.gateway import Answer, Refusal, Refused, Unavailable, Uncertain
from followup.models import Attempt, Heartbeat, Sender
from followup.models.traffic import ORDINARY_LANE, PRIORITY_LANE
from followup.queries import metrics
from followup.queries.metrics import Metrics, Queue
from followup.terms import AttemptOutcome, Channel, Label, Origin, ReceiptKind, Status
from tests.alarms import raise_one, resolve, take
from tests.builders import Clinic, local

from .test_health import executed

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
NOON = local(7, 12)  #: when the first text after a session that ends on Monday at 10:00 is due


def measured(clinic: Clinic, now: datetime = NOON) -> Metrics:
    with clinic.open_db() as db:
        return metrics.measure(db, now=now)


def texts(clinic: Clinic, now: datetime = NOON, lane: int = ORDINARY_LANE) -> Queue:
    """How it stands with the texts of a lane."""
    return next(queue for queue in measured(clinic, now).queues if (queue.channel, queue.lane) == (Channel.SMS, lane))


def another(clinic: Clinic, minute: int) -> None:
    """Record a session of another patient, that many minutes after ten."""
    patient = {"phone": f"+1212555020{minute}", "email": f"eve-{minute}@mail.example"}
    clinic.record(f"T{minute}", patient=patient, ended_at=local(7, 10, minute))


def test_what_is_due_is_counted_with_the_wait_of_the_oldest(clinic: Clinic) -> None:
    clinic.record()
    another(clinic, 5)

    assert texts(clinic, NOON - SECOND) == Queue(Channel.SMS, ORDINARY_LANE, due=0, waited=timedelta(0))
    assert texts(clinic, NOON + 2 * MINUTE) == Queue(Channel.SMS, ORDINARY_LANE, due=1, waited=2 * MINUTE)
    assert texts(clinic, NOON + 6 * MINUTE) == Queue(Channel.SMS, ORDINARY_LANE, due=2, waited=6 * MINUTE)


def test_answers_are_counted_apart_from_the_rest(clinic: Clinic) -> None:
    patient = clinic.record().treatment.patient_id
    clinic.owe(patient, due_at=NOON - MINUTE, origin=Origin.ALARM)

    assert texts(clinic, lane=PRIORITY_LANE) == Queue(Channel.SMS, PRIORITY_LANE, due=1, waited=MINUTE)


def test_what_waits_for_its_next_try_is_not_due_and_then_waits_from_there(clinic: Clinic) -> None:
    clinic.record()
    with clinic.open_db() as db:
        clock = real_time(db)
    clinic.change(clinic.message("what-to-expect"), next_try_at=clock + HOUR)
    assert texts(clinic, NOON + HOUR).due == 0

    clinic.change(clinic.message("what-to-expect"), next_try_at=clock - MINUTE)
    waiting = texts(clinic, NOON + HOUR)
    assert waiting.due == 1
    assert MINUTE <= waiting.waited < 10 * MINUTE


def test_lateness_is_from_due_to_left(clinic: Clinic) -> None:
    clinic.record()
    another(clinic, 5)
    clinic.tick(NOON + 6 * MINUTE)

    assert measured(clinic).lateness == {Channel.SMS: [1 * MINUTE, 6 * MINUTE]}


def test_a_message_that_was_tried_twice_left_once(clinic: Clinic) -> None:
    clinic.record()
    clinic.sms.answer_next(Unavailable("429", retry_after=timedelta(0)))
    clinic.tick(NOON)
    clinic.change(clinic.message("what-to-expect"), next_try_at=None)
    clinic.tick(NOON + MINUTE)

    assert measured(clinic).lateness == {Channel.SMS: [MINUTE]}


def test_statuses_are_those_of_the_last_day(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(NOON)

    assert measured(clinic).statuses == {Status.SENT: 1}
    assert measured(clinic, NOON + timedelta(hours=23)).statuses == {Status.SENT: 1, Status.SCHEDULED: 1}
    assert Status.SENT not in measured(clinic, NOON + timedelta(hours=25)).statuses


def test_attempts_are_counted_by_what_the_gateway_answered(clinic: Clinic) -> None:
    answers: list[Answer] = [Refused(Refusal.CONTENT), Unavailable("429"), Uncertain("cut")]
    for number, answer in enumerate(answers):
        clinic.sms.answer_next(answer)
        another(clinic, number)
        clinic.tick(NOON + number * MINUTE)
    another(clinic, 9)
    [(_, token)] = clinic.lease(NOON + HOUR)
    clinic.begin(token, NOON + HOUR)

    assert measured(clinic).attempts == {
        (Channel.SMS, AttemptOutcome.REFUSED): 1,
        (Channel.EMAIL, AttemptOutcome.ACCEPTED): 1,  # what was refused as a text
        (Channel.SMS, AttemptOutcome.UNAVAILABLE): 1,
        (Channel.SMS, AttemptOutcome.UNCERTAIN): 1,
        (Channel.SMS, None): 1,
    }
    assert measured(clinic).uncertain == 1


def test_an_attempt_of_an_hour_ago_counts_no_more(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(NOON)
    with clinic.open_db() as db:
        attempt = db.scalars(select(Attempt)).one()
        attempt.id = first_id(real_time(db) - HOUR - SECOND)

    assert measured(clinic).attempts == {}
    assert measured(clinic).lateness == {}


def test_receipts_and_replies_are_counted_as_they_come(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(NOON)
    clinic.receipt(clinic.sms.sent[0], ReceiptKind.DELIVERED, now=NOON)
    clinic.reply("A", now=NOON)

    assert measured(clinic).receipts == {ReceiptKind.DELIVERED: 1}
    assert measured(clinic).replies == {Channel.SMS: 1}


def test_a_pause_and_a_stopped_sender_are_told(clinic: Clinic) -> None:
    assert measured(clinic).stopped == {Channel.SMS: False, Channel.EMAIL: False}
    assert not measured(clinic).paused

    with clinic.open_db() as db:
        pausing.pause(db, why="", now=NOON, by="lee")
        sender = db.get_one(Sender, Channel.EMAIL)
        sender.stopped_at, sender.stopped_because = NOON, "the account is closed"
    assert measured(clinic).stopped == {Channel.SMS: False, Channel.EMAIL: True}
    assert measured(clinic).paused


def test_a_task_is_silent_since_it_last_did_its_work(clinic: Clinic) -> None:
    assert measured(clinic).silent_for == {}

    with clinic.open_db() as db:
        beating.beat(db, task="tick")
    assert timedelta(0) <= measured(clinic).silent_for["tick"] < MINUTE


def test_a_sign_of_life_is_written_once_in_ten_seconds_at_most(open_db: OpenDb) -> None:
    with open_db() as db:
        first = executed(db, lambda: beating.beat(db, task="tick"))
        again = executed(db, lambda: beating.beat(db, task="tick"))
    assert [statement.startswith("INSERT") for statement, _ in first].count(True) == 1
    assert not [statement for statement, _ in again if not statement.startswith("SELECT")]

    with open_db() as db:
        old = db.get_one(Heartbeat, "tick").beat_at = real_time(db) - 11 * SECOND
    with open_db() as db:
        beating.beat(db, task="tick")
        assert db.scalars(select(func.max(Heartbeat.beat_at))).one() > old


def test_ids_made_since_an_instant_are_not_below_its_first(open_db: OpenDb) -> None:
    with open_db() as db:
        now = real_time(db)
    assert first_id(now - SECOND) < new_id() < first_id(now + MINUTE)


def test_every_count_has_a_bound(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = clinic.record().treatment.patient_id
    for _ in range(4):
        clinic.owe(patient, due_at=NOON)
    monkeypatch.setattr(metrics, "MOST", 3)

    assert texts(clinic, lane=PRIORITY_LANE).due == 3
    assert measured(clinic).statuses == {Status.SCHEDULED: 3}


def test_replies_that_wait_to_be_read_are_counted_with_the_wait_of_the_oldest(clinic: Clinic) -> None:
    clinic.keep("numb", now=NOON, reference="IN1")
    clinic.keep("thanks", now=NOON + MINUTE, reference="IN2")
    told = measured(clinic, NOON + 3 * MINUTE)
    assert (told.unread, told.unread_for) == (2, 3 * MINUTE)
    clinic.read(NOON + 3 * MINUTE)
    told = measured(clinic, NOON + 4 * MINUTE)
    assert (told.unread, told.unread_for) == (0, timedelta(0))


def test_every_big_table_is_read_from_one_end_of_an_index(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(NOON)
    shown = []
    with clinic.open_db() as db:
        statements = list(executed(db, lambda: metrics.measure(db, now=NOON)))
        is_sqlite = db.get_bind().dialect.name == "sqlite"
        if not is_sqlite:
            for setting in ("enable_seqscan = off", "enable_bitmapscan = off", "enable_sort = off"):  # else tiny tables
                db.connection().exec_driver_sql(f"SET LOCAL {setting}")
        for statement, parameters in statements:
            explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
            if "LIMIT" in statement:
                plan = db.connection().exec_driver_sql(f"{explain} {statement}", parameters).all()
                shown.append("\n".join(str(line) for line in plan))

    ends = ["ix_message_owed", "ix_message_due_at", "ix_message_uncertain", "ix_alert_open", "ix_reply_unread"]
    keys = [f"{'sqlite_autoindex_' if is_sqlite else 'pk_'}{table}" for table in ("attempt", "receipt", "reply")]
    assert [index for index in (*ends, *keys) if not any(index in plan for plan in shown)] == []
    assert len(shown) == 12
    scans = [
        line
        for plan in shown
        for line in plan.splitlines()
        if re.search(r"Seq Scan|SCAN (?!.* USING INDEX|anon)", line)
    ]
    assert scans == []


def test_alerts_are_counted_by_label_with_the_wait_of_the_oldest_that_nobody_took(clinic: Clinic) -> None:
    assert measured(clinic).untaken_for == timedelta(0)
    for label, ago in ((Label.EMERGENCY, HOUR), (Label.NERVE, 2 * HOUR), (Label.NERVE, MINUTE), (Label.URGENT, HOUR)):
        alert_id = raise_one(clinic, label, now=NOON - ago, once_key=f"{label} {ago}")
        if ago == 2 * HOUR:
            take(clinic, alert_id)
        if label is Label.URGENT:
            resolve(clinic, alert_id)
    found = measured(clinic)
    assert found.alerts == {Label.EMERGENCY: 1, Label.NERVE: 2}
    assert (found.overdue, found.untaken_for) == (1, HOUR)
