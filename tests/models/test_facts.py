from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from followup.models import Message, Step, facts
from followup.models.owed import load
from followup.rules.permission import Facts
from followup.terms import Channel, Consented, Origin, Purpose, Status
from tests.builders import MONDAY, PHONE, Clinic, local

NOON = local(7, 12)


def about(clinic: Clinic, step: str, now: datetime, external_id: str = "T1") -> Facts:
    """The facts about one step's message at `now`, gathered beside all the others."""
    with clinic.open_db() as db:
        owed = load(db)
        known = facts.gather(db, owed)
    [each] = [
        each
        for each in owed
        if each.step and each.step.key == step and each.treatment and each.treatment.external_id == external_id
    ]
    return known.about(each, now=now)


def test_facts_are_told_in_the_order_in_which_messages_leave(clinic: Clinic) -> None:
    patient = clinic.record().treatment.patient_id
    answer = clinic.owe(patient, due_at=local(9, 9))
    with clinic.open_db() as db:
        owed = load(db)
    assert owed[0].message.id == answer
    assert (owed[0].step, owed[0].treatment) == (None, None)
    assert [each.message.due_at for each in owed[1:]] == sorted(each.message.due_at for each in owed[1:])


def test_everything_is_gathered_with_as_many_queries_for_many_as_for_one(clinic: Clinic, engine: Engine) -> None:
    said = list[str]()
    event.listen(engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    counts = []
    for number in range(3):
        clinic.record(f"T{number}", patient={"phone": f"+1212555010{number}", "given_name": f"P{number}"})
        said.clear()
        with clinic.open_db() as db:
            facts.gather(db, load(db))
        counts.append(len(said))
    assert counts == [counts[0]] * 3


def test_a_message_to_come_is_told_of_at_its_own_time(clinic: Clinic) -> None:
    clinic.record(ended_at=local(7, 7), now=local(7, 8))
    assert about(clinic, "check-in", local(7, 8)).quiet_until is None
    assert about(clinic, "check-in", local(8, 21)).quiet_until == local(9, 9)


@pytest.mark.parametrize(
    ("failed", "has_address"), [({}, True), ({"phone_failed_at": NOON}, False), ({"email_failed_at": NOON}, True)]
)
def test_an_address_is_one_that_works_on_that_channel(
    clinic: Clinic, failed: dict[str, datetime], has_address: bool
) -> None:
    clinic.record()
    clinic.change(clinic.owed("check-in").patient, **failed)
    assert about(clinic, "check-in", MONDAY).has_address is has_address
    assert clinic.owed("check-in").address == (PHONE if has_address else None)


def test_consent_is_the_last_line_of_that_channel_and_purpose(clinic: Clinic) -> None:
    clinic.record()
    assert about(clinic, "check-in", MONDAY).consent is Consented.GIVEN
    clinic.reply("STOP", now=MONDAY)
    assert about(clinic, "check-in", MONDAY).consent is Consented.WITHDRAWN
    assert about(clinic, "change-score", MONDAY).consent is Consented.GIVEN


def test_a_booked_visit_counts_while_it_is_to_come_and_only_for_steps_that_ask_about_it(clinic: Clinic) -> None:
    clinic.record(next_visit_at=local(15, 10).isoformat())
    assert about(clinic, "book-next", local(15, 9)).booked
    assert not about(clinic, "book-next", local(15, 10)).booked
    assert not about(clinic, "pain-score", MONDAY).booked


@pytest.mark.parametrize(
    ("risk", "replied", "expected"),
    [({}, False, False), ({"regions": ["neck"]}, False, True), ({"regions": ["neck"]}, True, False)],
    ids=["no risk", "at risk and silent", "at risk and answered"],
)
def test_only_a_patient_at_risk_who_stays_silent_is_asked_again(
    clinic: Clinic, risk: dict[str, Any], replied: bool, expected: bool
) -> None:
    clinic.record(**risk)
    clinic.run_to(local(8, 10))
    if replied:
        clinic.reply("A", now=local(8, 11))
    assert about(clinic, "still-or-gone", local(9, 10)).condition_met is expected


def test_who_was_never_asked_is_not_silent(clinic: Clinic) -> None:
    clinic.record(regions=["neck"])
    assert not about(clinic, "still-or-gone", local(9, 10)).condition_met


def test_a_reminder_waits_for_its_question_and_then_for_no_answer(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(13, 12))
    before = about(clinic, "pain-score-reminder", local(14, 9))
    assert (before.question_waits, before.condition_met, before.answered) == (True, False, False)
    clinic.tick(local(14, 10))
    asked = about(clinic, "pain-score-reminder", local(17, 10))
    assert (asked.question_waits, asked.condition_met, asked.answered) == (False, True, False)
    clinic.reply("4", now=local(14, 11))
    assert about(clinic, "pain-score-reminder", local(17, 10)).answered


def test_the_reply_of_another_number_answers_nothing(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(14, 10))
    clinic.reply("4", now=local(14, 11), sent_from="+12125550177")
    assert not about(clinic, "pain-score-reminder", local(17, 10)).answered


def test_a_text_that_may_have_gone_counts_and_one_that_was_refused_does_not(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(13, 12))
    check_in = clinic.message("check-in")
    for status, left_at, taken in (
        (Status.UNCERTAIN, local(14, 9), True),
        (Status.UNDELIVERED, local(14, 9), True),
        (Status.FAILED, None, False),
    ):
        clinic.change(check_in, status=status, left_at=left_at)
        assert (about(clinic, "pain-score", local(14, 10)).next_free is not None) is taken


def test_answers_and_emails_count_as_no_text(clinic: Clinic) -> None:
    patient = clinic.record().treatment.patient_id
    clinic.run_to(local(13, 12))
    for changes in ({}, {"channel": Channel.EMAIL, "origin": Origin.BY_HAND, "purpose": Purpose.CARE}):
        message = clinic.owe(patient, due_at=local(14, 9), **changes)
        clinic.change(clinic.get(message), status=Status.SENT, left_at=local(14, 9))
    assert about(clinic, "pain-score", local(14, 10)).next_free is None


def test_an_immediate_step_may_leave_in_quiet_hours_for_an_hour(clinic: Clinic) -> None:
    clinic.record(ended_at=local(12, 21), regions=["ribs"])
    assert about(clinic, "chest-warning", local(12, 22)).quiet_until is None
    assert about(clinic, "chest-warning", local(12, 22) + timedelta(seconds=1)).quiet_until == local(13, 9)


def test_the_rows_of_one_patient_are_not_mixed_with_anothers(clinic: Clinic) -> None:
    clinic.record("T1", regions=["neck"])
    clinic.record("T2", regions=["neck"], patient={"phone": "+12125550177", "given_name": "Ben"})
    clinic.run_to(local(8, 10))
    clinic.reply("A", now=local(8, 11))
    assert not about(clinic, "still-or-gone", local(9, 10), "T1").condition_met
    assert about(clinic, "still-or-gone", local(9, 10), "T2").condition_met


def test_nothing_owed_needs_no_facts(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        owed = load(db, Message.step_id.in_(select(Step.id).where(Step.key == "none")))
        assert owed == []
        assert facts.gather(db, owed).consents == {}
