"""What the patient gets back: once for each worry, apt, and nothing after STOP."""

from typing import Any

import pytest
from sqlalchemy import select

from followup.actions import alerting
from followup.models import Alert, Message
from followup.terms import Label, Origin, Status
from tests.builders import MONDAY, PHONE, Clinic, local
from tests.conftest import on_one_database

NOON = local(7, 12)


def answers(clinic: Clinic) -> list[str]:
    with clinic.open_db() as db:
        said = select(Message.wording).where(Message.origin == Origin.REPLY)
        return list(db.scalars(said.order_by(Message.id)))


def answer_text(clinic: Clinic) -> str:
    return [parcel.text for parcel in clinic.sms.sent if parcel.is_answer][-1]


def alert_labels(clinic: Clinic) -> list[Label]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Alert.label).order_by(Alert.id)))


def test_an_answer_leaves_at_once_also_in_quiet_hours_and_for_an_hour(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("my foot is numb", now=local(7, 23))
    clinic.tick(local(7, 23))
    with clinic.open_db() as db:
        [message] = db.scalars(select(Message).where(Message.origin == Origin.REPLY)).all()
    assert (message.status, message.once_key.partition(":")[0]) == (Status.SENT, "answer")
    assert (message.expires_at, message.alert_id is None) == (local(8, 0), False)
    assert clinic.sms.sent[-1].to == PHONE
    assert "today" not in clinic.sms.sent[-1].text


def test_more_about_the_same_worry_is_heard_and_not_answered_again(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("my foot is numb", now=NOON)
    clinic.reply("and it tingles", now=local(7, 12, 5))
    clinic.reply("I am sore too", now=local(7, 12, 6))
    assert (alert_labels(clinic), answers(clinic)) == ([Label.NERVE], ["answer-nerve"])


def test_a_worse_worry_is_answered(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("my foot is numb", now=NOON)
    clinic.reply("now I can't breathe", now=local(7, 12, 5))
    assert (alert_labels(clinic), answers(clinic)) == ([Label.EMERGENCY], ["answer-nerve", "answer-emergency"])


def test_the_safety_text_comes_again_after_an_hour(clinic: Clinic) -> None:
    clinic.record()
    for minute, expected in ((0, 1), (59, 1), (60, 2)):
        clinic.reply("I have chest pain", now=local(7, 12 + minute // 60, minute % 60))
        assert answers(clinic) == ["answer-emergency"] * expected


def test_the_same_words_are_not_said_twice_a_day_even_of_a_new_worry(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("my foot is numb", now=NOON)
    with clinic.open_db() as db:
        alert = db.scalars(select(Alert)).one()
        alerting.resolve(db, alert=alert, by="K. Osei", note="Called.", now=local(7, 13))
    clinic.reply("numb again", now=local(7, 14))
    assert answers(clinic) == ["answer-nerve"]
    with clinic.open_db() as db:
        for alert in db.scalars(select(Alert).where(Alert.resolved_at.is_(None))):
            alerting.resolve(db, alert=alert, by="K. Osei", note="Called.", now=local(7, 15))
    clinic.reply("numb again", now=local(8, 13))
    assert answers(clinic) == ["answer-nerve", "answer-nerve"]


def test_tingling_that_was_gone_and_is_back_is_answered_again(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(8, 10))
    clinic.reply("C", now=local(8, 11))
    clinic.run_to(local(9, 10))
    clinic.reply("GONE", now=local(9, 11))
    clinic.reply("the tingling is back", now=local(9, 14))
    assert answers(clinic) == ["answer-nerve", "answer-nerve"]


def test_thanks_get_no_answer(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("thanks!", now=NOON)
    assert (answers(clinic), alert_labels(clinic)) == ([], [])


def test_after_stop_nothing_is_answered(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("STOP", now=MONDAY)
    for hour, said in ((12, "my foot is numb"), (13, "can I book?"), (14, "4")):
        clinic.reply(said, now=local(7, hour))
    assert answers(clinic) == []


def test_who_wants_to_book_is_told_where(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("I would like to book an appointment", now=NOON)
    clinic.tick(NOON)
    assert (answers(clinic), alert_labels(clinic)) == (["answer-booking"], [])
    assert "/book" in answer_text(clinic)  # which counts who goes on to the clinic's own page


def test_booking_with_an_open_worry_goes_to_a_person(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("my foot is numb", now=NOON)
    clinic.reply("I would like to book an appointment", now=local(7, 13))
    assert (answers(clinic), alert_labels(clinic)) == (["answer-nerve"], [Label.NERVE])


@on_one_database
@pytest.mark.parametrize(
    ("changes", "said", "expected"),
    [
        ({"baseline_pain": 5}, "4", "answer-score-thanks-booking"),
        ({"baseline_pain": 5}, "6", "answer-score-thanks"),
        ({}, "4", "answer-score-thanks"),
        ({"baseline_pain": 5, "next_visit_at": "2027-06-30T10:00"}, "4", "answer-score-thanks"),
    ],
)
def test_another_visit_is_offered_only_to_who_is_no_worse_and_has_none(
    clinic: Clinic, changes: dict[str, Any], said: str, expected: str
) -> None:
    clinic.record(**changes)
    clinic.run_to(local(14, 10))
    clinic.reply(said, now=local(14, 11))
    assert answers(clinic) == [expected]


def test_precautions_choose_the_words_of_an_answer(clinic: Clinic) -> None:
    clinic.record(precautions=["blood_thinner"])
    clinic.reply("just a bit sore", now=NOON)
    clinic.tick(NOON)
    assert "Tell us if a bruise grows or gets hard." in answer_text(clinic)


def test_what_was_read_too_late_is_not_answered_unless_it_is_a_worry(clinic: Clinic) -> None:
    clinic.record()
    clinic.keep("just a bit sore", now=NOON)
    clinic.read(local(7, 15))
    assert answers(clinic) == []
    clinic.keep("my foot is numb", now=local(7, 15))
    clinic.read(local(7, 19))
    assert answers(clinic) == ["answer-nerve"]
