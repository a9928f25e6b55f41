"""Forms from the link of a message: kept once, read with the next tick, and an answer to that very question."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from followup.actions import forms, relabelling
from followup.actions.forms import Door, Heard
from followup.models import Alert, Message, Outcome, Patient, Reply
from followup.models.facts import latest_consents
from followup.rules import forms as rules
from followup.terms import Channel, Consented, Label, Measure, Origin, Status
from tests.builders import EMAIL, Clinic, local
from tests.conftest import on_one_database

DAY_1, DAY_7, DAY_14 = local(8, 10), local(14, 10), local(21, 10)
BY_EMAIL = {"sms": False, "email": True, "method": "form"}


def fill(clinic: Clinic, message_id: UUID, now: datetime, values: dict[str, Any], *, then: bool = True) -> Heard:
    """What the patient fills in on the page of a message, as the page keeps it; `then` the tick reads it."""
    with clinic.open_db() as db:
        message = db.get_one(Message, message_id)
        patient = db.get_one(Patient, message.patient_id, with_for_update=True)
        asked = forms.asked(db, message=message, now=now)
        filled = rules.read(values, asked.asks)
        body = f"{filled.answers} {filled.words}"
        heard = forms.keep(db, asked=asked, patient=patient, filled=filled, body=body, page="page", raw=values, now=now)
    if then:
        clinic.read(now)
    return heard


def door(clinic: Clinic, step: str, now: datetime, external_id: str = "T1") -> Door:
    message = clinic.message(step, external_id)
    with clinic.open_db() as db:
        return forms.asked(db, message=db.get_one(Message, message.id), now=now).door


def replies(clinic: Clinic) -> list[Reply]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Reply).order_by(Reply.id)))


def alerts(clinic: Clinic) -> list[Alert]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Alert).order_by(Alert.id)))


def outcomes(clinic: Clinic) -> dict[Measure, int]:
    with clinic.open_db() as db:
        return {one.measure: one.value for one in db.scalars(select(Outcome).order_by(Outcome.id))}


def answers(clinic: Clinic) -> list[str]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Message.wording).where(Message.origin.in_((Origin.REPLY, Origin.CONFIRMATION)))))


def test_a_score_by_form_answers_its_question_and_is_kept(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL, baseline_pain=6)
    clinic.run_to(DAY_7)
    question, now = clinic.message("pain-score"), DAY_7 + timedelta(days=5)
    heard = fill(clinic, question.id, now, {"pain_0_10": "4"})
    [reply] = replies(clinic)
    assert (reply.channel, reply.sent_from, reply.answers_id) == (Channel.EMAIL, EMAIL, question.id)
    assert (reply.labels, reply.raw, reply.read_at) == (["score"], {"pain_0_10": "4"}, now)
    assert (outcomes(clinic), alerts(clinic)) == ({Measure.PAIN: 4}, [])
    assert heard.wording == "answer-score-thanks-booking"


def test_change_and_satisfaction_are_two_outcomes_of_one_form(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_14)
    fill(clinic, clinic.message("change-score").id, DAY_14, {"change_-5_5": "-3", "satisfaction_1_5": "5"})
    assert outcomes(clinic) == {Measure.CHANGE_SIGNED: -3, Measure.SATISFACTION: 5}


def test_no_message_answers_a_form_for_the_page_does(clinic: Clinic) -> None:
    clinic.record(consent={"sms": True, "email": True})
    clinic.run_to(DAY_1)
    for values in ({"letters": "C"}, {"words": "stop"}, {"words": "HELP"}, {"words": "what about Tuesday?"}):
        fill(clinic, clinic.message("check-in").id, DAY_1, values)
    assert answers(clinic) == []


@on_one_database
@pytest.mark.parametrize(
    ("values", "label", "wording"),
    [
        ({"letters": ["B", "C"]}, Label.NERVE, "answer-nerve"),
        ({"letters": ["A", "D"]}, Label.URGENT, "answer-call"),
        ({"words": "I have chest pain"}, Label.EMERGENCY, "answer-emergency"),
        ({"letters": "A", "words": "red and hot, and there is pus"}, Label.INFECTION, "answer-infection"),
    ],
)
def test_a_worry_by_form_raises_the_alert_that_its_text_would(
    clinic: Clinic, values: dict[str, Any], label: Label, wording: str
) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_1)
    heard = fill(clinic, clinic.message("check-in").id, DAY_1, values)
    [alert], [reply] = alerts(clinic), replies(clinic)
    assert (alert.label, alert.patient_id, reply.alert_id) == (label, reply.patient_id, alert.id)
    assert heard.wording == wording


def test_still_by_form_is_asked_on_and_gone_lets_prompts_go(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_1)
    fill(clinic, clinic.message("check-in").id, DAY_1, {"letters": "C"})
    clinic.run_to(local(9, 10))
    question = clinic.message("still-or-gone")
    assert question.status is Status.SENT
    fill(clinic, question.id, local(9, 11), {"presence": "gone"})
    [alert] = alerts(clinic)
    assert (alert.released_at, alert.resolved_at) == (local(9, 11), None)


def test_who_answered_by_form_is_not_reminded_nor_called_silent(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL, regions=["upper_back"])
    clinic.run_to(DAY_1)
    fill(clinic, clinic.message("check-in").id, DAY_1, {"letters": "A"})
    clinic.run_to(DAY_7)
    fill(clinic, clinic.message("pain-score").id, DAY_7, {"pain_0_10": "2"})
    clinic.run_to(DAY_14)
    assert clinic.message("pain-score-reminder").status is Status.SKIPPED
    assert alerts(clinic) == []


def test_the_link_of_a_reminder_answers_the_question_that_it_repeats(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(local(17, 10))
    fill(clinic, clinic.message("pain-score-reminder").id, local(17, 11), {"pain_0_10": "2"})
    assert [reply.answers_id for reply in replies(clinic)] == [clinic.message("pain-score").id]
    assert door(clinic, "pain-score", local(17, 12)) is door(clinic, "pain-score-reminder", local(17, 12))
    assert door(clinic, "pain-score", local(17, 12)) is Door.ANSWERED


def test_a_text_that_answers_shuts_the_form(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(DAY_7)
    clinic.reply("4", now=DAY_7 + timedelta(hours=1))
    assert door(clinic, "pain-score", DAY_7 + timedelta(hours=2)) is Door.ANSWERED


def test_a_form_sent_twice_is_kept_and_answered_once(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_1)
    question = clinic.message("check-in").id
    first = fill(clinic, question, DAY_1, {"letters": "B"}, then=False)
    second = fill(clinic, question, DAY_1 + timedelta(seconds=1), {"letters": "B"})
    assert first == second
    assert (first.door, len(replies(clinic))) == (Door.OPEN, 1)


def test_a_changed_mind_is_no_second_answer_but_a_worry_all_the_same(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_1)
    question = clinic.message("check-in").id
    fill(clinic, question, DAY_1, {"letters": "A"})
    heard = fill(clinic, question, DAY_1 + timedelta(hours=1), {"letters": "C"})
    first, second = replies(clinic)
    assert (first.answers_id, second.answers_id) == (question, None)
    assert (heard.door, heard.meaning.is_worry) == (Door.ANSWERED, True)
    assert [alert.label for alert in alerts(clinic)] == [Label.NERVE]


def test_another_score_is_not_kept_as_one_and_a_person_reads_it(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_7)
    for score in ("2", "3"):
        fill(clinic, clinic.message("pain-score").id, DAY_7, {"pain_0_10": score})
    assert outcomes(clinic) == {Measure.PAIN: 2}
    assert [alert.label for alert in alerts(clinic)] == [Label.UNCLEAR]


def test_words_without_a_score_leave_the_question_open(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_7)
    fill(clinic, clinic.message("pain-score").id, DAY_7, {"words": "thank you all"})
    assert (replies(clinic)[0].answers_id, door(clinic, "pain-score", DAY_7)) == (None, Door.OPEN)


@on_one_database
@pytest.mark.parametrize(("days", "expected"), [(14, Door.OPEN), (15, Door.EXPIRED)])
def test_a_form_is_open_for_two_weeks(clinic: Clinic, days: int, expected: Door) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_7)
    assert door(clinic, "pain-score", DAY_7 + timedelta(days=days)) is expected


def test_a_newer_session_shuts_what_was_asked_before_it_and_nothing_else(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_1)
    clinic.record("T2", consent=BY_EMAIL, ended_at=local(9, 10))
    clinic.run_to(local(10, 10))
    assert door(clinic, "check-in", local(10, 11)) is Door.EXPIRED
    assert door(clinic, "check-in", local(10, 11), "T2") is Door.OPEN
    clinic.run_to(local(30, 10))
    owed = clinic.message("pain-score")  # of the first session, and asked after the second
    assert owed.left_at
    assert door(clinic, "pain-score", owed.left_at) is Door.OPEN


def test_what_comes_too_late_is_kept_and_a_worry_is_one(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_1)
    heard = fill(clinic, clinic.message("check-in").id, DAY_1 + timedelta(days=20), {"words": "my leg is numb"})
    assert (heard.door, heard.wording) == (Door.EXPIRED, "answer-nerve")
    assert [(reply.answers_id, reply.labels) for reply in replies(clinic)] == [(None, ["nerve"])]
    assert len(alerts(clinic)) == 1


def test_no_more_than_ten_forms_come_from_one_link(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_1)
    question = clinic.message("check-in").id
    heard = [fill(clinic, question, DAY_1, {"words": f"word {number}"}, then=False) for number in range(12)]
    assert [one.is_kept for one in heard] == [True] * 10 + [False] * 2
    assert len(replies(clinic)) == 10


def test_words_that_matched_are_marked_where_they_stand_in_the_body(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_1)
    fill(clinic, clinic.message("check-in").id, DAY_1, {"letters": "B", "words": "my foot is tingling"})
    [reply] = replies(clinic)
    assert reply.matched
    assert all(reply.body[each["start"] : each["end"]] == each["words"] for each in reply.matched)


def test_who_asks_on_a_page_that_it_must_stop_gets_neither_texts_nor_emails(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(DAY_1)
    fill(clinic, clinic.message("check-in").id, DAY_1, {"words": "Please stop texting me"})
    with clinic.open_db() as db:
        held = latest_consents(db, [clinic.patient().id])
    assert set(held.values()) == {Consented.WITHDRAWN}
    assert len(held) == 6


def test_a_form_read_again_after_a_crash_changes_nothing(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_7)
    fill(clinic, clinic.message("pain-score").id, DAY_7, {"pain_0_10": "9", "words": "it tingles"})
    before = (outcomes(clinic), [alert.id for alert in alerts(clinic)], replies(clinic)[0].labels)
    clinic.change(replies(clinic)[0], read_at=None)
    clinic.read(DAY_7 + timedelta(minutes=1))
    assert (outcomes(clinic), [alert.id for alert in alerts(clinic)], replies(clinic)[0].labels) == before


def test_a_person_may_relabel_a_form(clinic: Clinic) -> None:
    clinic.record(consent=BY_EMAIL)
    clinic.run_to(DAY_1)
    fill(clinic, clinic.message("check-in").id, DAY_1, {"letters": "A"})
    with clinic.open_db() as db:
        reply = relabelling.lock(db, replies(clinic)[0].id)
        assert reply
        relabelling.relabel(db, reply=reply, label=Label.NERVE, by="Kim", now=DAY_1)
    [alert] = alerts(clinic)
    assert (alert.label, alert.patient_id) == (Label.NERVE, clinic.patient().id)
