"""Each test runs on both databases; those of `busy_clinic` need transactions that overlap, so PostgreSQL alone."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import func, select

from followup.actions import pausing
from followup.messages.gateway import Accepted, Parcel, Unavailable
from followup.models import AuditEntry, Message
from followup.terms import Channel, Origin, Purpose, Reason, Status
from tests.alarms import FIRST, put_on_call, raise_one
from tests.builders import AT_ONCE, MONDAY, PHONE, Clinic, local

NEXT_DAY = local(8, 10)
CARE = 'purpose = "care"\nwording = "warning-signs"\nchannels = ["sms"]\nexpires = "2d"'
FEEDBACK = 'purpose = "feedback"\nquestion = "pain_0_10"\nwording = "pain-score"\nchannels = ["sms"]\nexpires = "7d"'


def test_what_is_due_leaves_and_nothing_else(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(local(7, 12) - timedelta(seconds=1))
    assert clinic.sms.sent == []
    clinic.tick(local(7, 12))
    assert [parcel.to for parcel in clinic.sms.sent] == [PHONE]
    assert clinic.message("what-to-expect").status is Status.SENT
    assert clinic.message("check-in").status is Status.SCHEDULED


def test_the_whole_plan_leaves_once_on_its_channels(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(30, 12))
    steps = ["what-to-expect", "check-in", "warning-signs", "pain-score", "pain-score-reminder"]
    assert [clinic.message(step).id for step in steps] == [parcel.message_id for parcel in clinic.sms.sent]
    assert [clinic.message(step).id for step in ("book-next", "change-score")] == [
        parcel.message_id for parcel in clinic.email.sent
    ]
    assert clinic.message("still-or-gone").reason is Reason.CONDITION_NOT_MET


def test_one_lease_keeps_every_other_off(clinic: Clinic) -> None:
    clinic.record()
    assert len(clinic.lease(local(7, 12))) == 1
    assert clinic.lease(local(7, 12)) == []


def test_the_batch_of_a_dead_worker_is_leased_again_and_its_old_token_is_worth_nothing(clinic: Clinic) -> None:
    clinic.record()
    clinic.patience = AT_ONCE
    [(_, dead)] = clinic.lease(local(7, 12))
    [(_, alive)] = clinic.lease(local(7, 12))
    assert clinic.begin(dead, local(7, 12)) is None
    assert len(clinic.begin(alive, local(7, 12)) or []) == 1
    assert clinic.lease(local(7, 12)) == []


def test_a_batch_that_is_delivered_twice_begins_once(clinic: Clinic) -> None:
    clinic.record()
    [(_, token)] = clinic.lease(local(7, 12))
    assert clinic.begin(token, local(7, 12))
    assert clinic.begin(token, local(7, 12)) is None


def test_a_lease_in_seven_hundred_is_two_batches_that_share_no_message(clinic: Clinic) -> None:
    patient = clinic.record().treatment.patient_id
    for _ in range(12):
        clinic.owe(patient, due_at=MONDAY, channel=Channel.EMAIL)
    for _ in range(90):
        clinic.owe(patient, due_at=MONDAY, channel=Channel.EMAIL, origin=Origin.BY_HAND, purpose=Purpose.CARE)
    batches = clinic.lease(MONDAY)
    with clinic.open_db() as db:
        sizes = [db.scalar(select(func.count()).where(Message.lease_token == token)) for _, token in batches]
    assert sizes == [12, 50, 40]


def test_answers_go_before_what_has_waited_longer(clinic: Clinic) -> None:
    patient = clinic.record().treatment.patient_id
    answer = clinic.owe(patient, due_at=local(7, 12, 1))
    clinic.tick(local(7, 12, 1))
    assert [parcel.message_id for parcel in clinic.sms.sent] == [answer, clinic.message("what-to-expect").id]


def test_only_the_first_text_that_really_leaves_offers_stop(clinic: Clinic) -> None:
    clinic.record()
    clinic.sms.answer_next(Unavailable("20429"))
    clinic.tick(local(7, 12))
    clinic.run_to(local(10, 12))
    assert ["STOP" in parcel.text for parcel in clinic.sms.sent] == [True, False]


def test_a_text_that_may_not_have_gone_does_not_spare_the_next_one_its_stop_line(clinic: Clinic) -> None:
    clinic.record()
    [(_, token)] = clinic.lease(local(7, 12))
    clinic.begin(token, local(7, 12))
    clinic.tick(NEXT_DAY)
    assert "STOP" in clinic.sms.sent[0].text


def test_an_answer_offers_no_stop_and_leaves_the_offer_to_the_first_text_of_the_plan(clinic: Clinic) -> None:
    patient = clinic.record().treatment.patient_id
    clinic.owe(patient, due_at=MONDAY)
    clinic.tick(MONDAY)
    clinic.tick(local(7, 12))
    assert ["STOP" in parcel.text for parcel in clinic.sms.sent] == [False, True]


def test_what_comes_due_in_quiet_hours_waits_for_the_morning(clinic: Clinic) -> None:
    clinic.load_plan(f'key = "one"\n{CARE}\nafter = "2h"')
    clinic.record(plan="own")
    clinic.tick(local(7, 22))
    message = clinic.message("one")
    assert (message.status, message.due_at) == (Status.SCHEDULED, local(8, 9))
    assert clinic.view(message.id, local(7, 22)).why == [
        "Mon 7 Jun 12:00 is in quiet hours, so it goes Tue 8 Jun 09:00."
    ]
    clinic.tick(local(8, 9))
    assert clinic.message("one").status is Status.SENT


def test_what_is_too_late_is_skipped_and_says_so(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(local(8, 6))
    message = clinic.message("what-to-expect")
    assert (message.status, message.reason) == (Status.SKIPPED, Reason.TOO_LATE)
    assert clinic.sms.sent == []


def test_of_two_feedback_texts_that_an_outage_held_up_one_leaves_and_one_takes_the_next_free_day(
    clinic: Clinic,
) -> None:
    clinic.load_plan(f'key = "one"\n{FEEDBACK}\nday = 1', f'key = "two"\n{FEEDBACK}\nday = 2')
    clinic.record(plan="own")
    clinic.tick(local(10, 12))
    assert len(clinic.sms.sent) == 1
    clinic.tick(local(10, 12))
    assert len(clinic.sms.sent) == 1
    assert clinic.message("one").status is Status.SENT
    assert clinic.message("two").due_at == local(11, 10)


def test_a_fourth_text_in_seven_days_is_counted_again_when_it_would_leave(clinic: Clinic) -> None:
    steps = [f'key = "care-{day}"\n{CARE}\nday = {day}' for day in (1, 2, 3)]
    clinic.load_plan(*steps, f'key = "late"\n{FEEDBACK}\nday = 4')
    clinic.record(plan="own")
    assert clinic.message("late").due_at == local(15, 10)
    clinic.change(clinic.message("late"), due_at=local(11, 10))
    clinic.run_to(local(11, 10))
    assert clinic.message("late").due_at == local(15, 10)


def test_care_is_never_moved_by_the_texts_beside_it(clinic: Clinic) -> None:
    clinic.load_plan(*[f'key = "care-{minute}"\n{CARE}\nafter = "{minute}m"' for minute in (10, 20, 30, 40)])
    clinic.record(plan="own")
    clinic.tick(local(7, 11))
    assert len(clinic.sms.sent) == 4


def test_a_clinic_without_an_emergency_number_sends_nothing(clinic: Clinic) -> None:
    clinic.record()
    clinic.change(clinic.owed("check-in").clinic, emergency="")
    clinic.run_to(local(30, 12))
    assert clinic.sms.sent == clinic.email.sent == []
    assert clinic.message("check-in").reason is Reason.CLINIC_NOT_READY


def test_a_patient_who_has_booked_gets_no_prompt_to_book(clinic: Clinic) -> None:
    clinic.record(next_visit_at=local(21, 9).isoformat())
    clinic.run_to(local(14, 12))
    assert clinic.message("book-next").reason is Reason.ALREADY_BOOKED


def test_a_visit_that_is_over_by_then_does_not_block_the_prompt_to_book(clinic: Clinic) -> None:
    clinic.record(next_visit_at=local(9, 9).isoformat())
    assert clinic.view(clinic.message("book-next").id, local(8, 9)).blocked is None
    clinic.run_to(local(14, 12))
    assert clinic.message("book-next").status is Status.SENT


def test_a_message_without_words_fails_alone_and_says_why(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    patient = clinic.record().treatment.patient_id
    broken = clinic.owe(patient, due_at=MONDAY, wording="no-such-wording")
    sound = clinic.owe(patient, due_at=MONDAY)
    with caplog.at_level(logging.ERROR):
        clinic.tick(MONDAY)
    assert [parcel.message_id for parcel in clinic.sms.sent] == [sound]
    assert clinic.get(broken).status is Status.FAILED
    with clinic.open_db() as db:
        noted = db.scalars(select(AuditEntry).where(AuditEntry.subject_id == str(broken))).one()
    assert noted.details["why"] == "WordingError: there is no wording 'no-such-wording' in en.toml; see its table names"
    assert clinic.view(broken, MONDAY).because.endswith(noted.details["why"])
    assert [line.__dict__["about"]["message"] for line in caplog.records] == [broken]


def test_a_clinic_whose_zone_is_broken_stops_no_other(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    clinic.record("T1")
    clinic.add_clinic("oak")
    clinic.record("T2", clinic="oak", patient={"phone": "+12125550124"})
    clinic.change(clinic.owed("check-in", "T1").clinic, zone="Nowhere/Land")
    clinic.tick(local(7, 12))
    assert [parcel.to for parcel in clinic.sms.sent] == ["+12125550124"]
    with clinic.open_db() as db:
        assert db.scalars(select(Message.status).where(Message.tries == 0, Message.due_at <= local(7, 12))).all() == [
            Status.FAILED
        ]
    assert {line.__dict__["about"]["error"] for line in caplog.records} == {"ZoneInfoNotFoundError"}


def test_a_patient_whose_zone_is_broken_lives_where_the_clinic_is(clinic: Clinic) -> None:
    clinic.record()
    clinic.change(clinic.owed("check-in").patient, zone="Nowhere/Land")
    clinic.tick(local(7, 12))
    assert clinic.view(clinic.message("what-to-expect").id, MONDAY).due_local == "2027-06-07T12:00:00-04:00"
    assert len(clinic.sms.sent) == 1


def test_a_pause_reaches_what_is_leased_already(clinic: Clinic) -> None:
    put_on_call(clinic, FIRST, phone="212-555-0151")
    patient = clinic.record().treatment.patient_id
    clinic.owe(patient, due_at=MONDAY)
    raise_one(clinic)
    batches = clinic.lease(local(7, 12))
    with clinic.open_db() as db:
        pausing.pause(db, why="", now=MONDAY, by="test")
    begun = [parcel for _, token in batches for parcel in clinic.begin(token, MONDAY) or []]
    assert {parcel.to for parcel in begun} == {"+12125550151", FIRST}
    assert clinic.message("what-to-expect").status is Status.SCHEDULED
    assert clinic.message("what-to-expect").lease_token is None


def test_a_sender_that_stops_holds_back_what_is_leased_already(clinic: Clinic) -> None:
    patient = clinic.record().treatment.patient_id
    clinic.owe(patient, due_at=local(7, 12))
    (_, first), (_, second) = clinic.lease(local(7, 12))
    clinic.sms.answer_next(Unavailable("20003", stops_sender=True))
    clinic.speak(clinic.begin(first, local(7, 12)) or [], local(7, 12))
    assert clinic.begin(second, local(7, 12)) == []
    assert clinic.sms.sent == []


def test_a_text_may_not_be_delivered_after_the_day_has_closed(clinic: Clinic) -> None:
    clinic.load_plan(f'key = "one"\n{CARE}\nafter = "9h"')
    clinic.record(plan="own")
    clinic.tick(local(7, 19))
    assert clinic.sms.sent[0].valid_for == timedelta(hours=1)


def test_emails_are_begun_one_by_one(clinic: Clinic) -> None:
    for number in range(3):
        clinic.record(
            f"T{number}",
            patient={"email": f"{number}@mail.example", "given_name": f"P{number}"},
            consent={"sms": False},
        )
    [(channel, token)] = clinic.lease(local(7, 12))
    assert channel is Channel.EMAIL
    assert [len(clinic.begin(token, local(7, 12), most=1) or []) for _ in range(4)] == [1, 1, 1, 0]


def test_what_a_gateway_answers_is_kept_with_its_attempt(clinic: Clinic) -> None:
    clinic.record()
    clinic.sms.answer_next(Accepted("SM1"))
    clinic.tick(local(7, 12))
    [attempt] = clinic.attempts(clinic.message("what-to-expect").id)
    assert (attempt.number, attempt.to, attempt.reference) == (1, PHONE, "SM1")


def test_leases_at_once_share_what_is_due_and_none_takes_more_than_its_batch(busy_clinic: Clinic) -> None:
    clinic = busy_clinic
    patient = clinic.record().treatment.patient_id
    by_hand = {"origin": Origin.BY_HAND, "purpose": Purpose.CARE, "channel": Channel.EMAIL}
    owed = {clinic.owe(patient, due_at=MONDAY, **by_hand) for _ in range(120)}
    meet, batches = Barrier(4), list[UUID]()

    def lease() -> None:
        meet.wait()
        batches.extend(token for _, token in clinic.lease(MONDAY))

    run_together([lease] * 4)
    with clinic.open_db() as db:
        leased = [set(db.scalars(select(Message.id).where(Message.lease_token == token))) for token in batches]
    assert set().union(*leased) == owed
    assert sum(map(len, leased)) == len(owed)
    assert max(map(len, leased)) <= 50


def test_a_lease_waits_for_no_row_that_another_transaction_holds(busy_clinic: Clinic) -> None:
    clinic = busy_clinic
    patient = clinic.record().treatment.patient_id
    held, free = clinic.owe(patient, due_at=MONDAY), clinic.owe(patient, due_at=MONDAY)
    with clinic.open_db() as db:
        db.scalars(select(Message).where(Message.id == held).with_for_update()).one()
        [(_, token)] = clinic.lease(MONDAY)
    assert [parcel.message_id for parcel in clinic.begin(token, MONDAY) or []] == [free]


def test_batches_of_one_patient_that_begin_at_once_text_only_once_that_day(busy_clinic: Clinic) -> None:
    clinic = busy_clinic
    clinic.load_plan(f'key = "one"\n{FEEDBACK}\nday = 1', f'key = "two"\n{FEEDBACK}\nday = 2')
    clinic.record(plan="own")
    [(_, first)] = clinic.lease(local(8, 12))
    [(_, second)] = clinic.lease(local(10, 12))
    meet, begun = Barrier(2), list[Parcel]()

    def begin(token: UUID) -> None:
        meet.wait()
        begun.extend(clinic.begin(token, local(10, 12)) or [])

    run_together([partial(begin, first), partial(begin, second)])
    assert len(begun) == 1


def run_together(works: Sequence[Callable[[], None]]) -> None:
    threads = [Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
