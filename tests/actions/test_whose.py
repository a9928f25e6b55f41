"""Whose reply is it, where a phone is shared, known to nobody, or named by the patient."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from followup.actions import whose
from followup.actions.whose import Assigned
from followup.models import Alert, Message, Outcome, Patient, Reply, Staff
from followup.terms import Label, Origin
from tests.alarms import FIRST, put_on_call
from tests.builders import MONDAY, PHONE, Clinic, local
from tests.conftest import on_one_database

NOON = local(7, 12)
STRANGER = "+12125550177"


def share(clinic: Clinic, *names: str, **changes: dict[str, Any]) -> None:
    """These patients on one phone, each after a treatment session of their own."""
    for number, name in enumerate(names):
        clinic.record(f"T{number}", patient={"given_name": name, "external_id": name} | changes.get(name, {}))


def replies(clinic: Clinic) -> list[Reply]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Reply).order_by(Reply.id)))


def alerts(clinic: Clinic) -> list[Alert]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Alert).order_by(Alert.id)))


def answers(clinic: Clinic) -> list[str]:
    with clinic.open_db() as db:
        said = select(Message.wording).where(Message.origin == Origin.REPLY)
        return list(db.scalars(said.order_by(Message.id)))


def names(clinic: Clinic, *found: Reply) -> list[str | None]:
    with clinic.open_db() as db:
        given = {patient.id: patient.given_name for patient in db.scalars(select(Patient))}
    return [given.get(reply.patient_id) if reply.patient_id else None for reply in found or replies(clinic)]


def test_the_phone_of_one_patient_tells_whose_it_is(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("thanks", now=NOON)
    assert names(clinic) == ["Ada"]


def test_the_one_with_an_open_question_is_meant(clinic: Clinic) -> None:
    clinic.record("T1", patient={"given_name": "Sam"}, ended_at=local(1, 10), baseline_pain=5)
    clinic.run_to(local(8, 10))
    clinic.record("T2", patient={"given_name": "Alex"}, ended_at=local(8, 9))
    clinic.run_to(local(8, 11))
    clinic.reply("4", now=local(8, 12))
    assert (names(clinic), alerts(clinic)) == (["Sam"], [])


def test_where_nothing_is_asked_the_only_one_texted_lately_is_meant(clinic: Clinic) -> None:
    clinic.record("T1", patient={"given_name": "Sam"})
    clinic.record("T2", patient={"given_name": "Alex"}, consent={"sms": False})
    clinic.tick(NOON)
    clinic.reply("thanks", now=local(7, 13))
    assert names(clinic) == ["Sam"]


def test_where_two_may_be_meant_one_question_is_asked_and_a_person_can_look(clinic: Clinic) -> None:
    share(clinic, "Sam", "Alex")
    clinic.run_to(local(8, 10))
    clinic.reply("B", now=local(8, 11))
    clinic.reply("anyone there", now=local(8, 12))
    assert names(clinic) == [None, None]
    assert answers(clinic).count("ask-which-patient") == 1
    assert [(alert.label, alert.patient_id) for alert in alerts(clinic)] == [(Label.UNCLEAR, None)]


@on_one_database
@pytest.mark.parametrize("name", ["Sam", "for sam", "It's SAM!", "SÁM"])
def test_a_first_name_settles_it_and_the_reply_is_read_again(clinic: Clinic, name: str) -> None:
    share(clinic, "Sam", "Alex")
    clinic.run_to(local(14, 10))
    clinic.reply("4", now=local(14, 11))
    clinic.reply(name, now=local(14, 11, 5))
    clinic.read(local(14, 11, 6))
    assert names(clinic) == ["Sam", "Sam"]
    with clinic.open_db() as db:
        [outcome] = db.scalars(select(Outcome)).all()
    assert (outcome.value, outcome.patient_id) == (4, replies(clinic)[0].patient_id)
    [alert] = alerts(clinic)
    assert (alert.resolved_by, alert.patient_id) == ("patient", outcome.patient_id)
    assert answers(clinic) == ["ask-which-patient", "answer-score-thanks"]


def test_a_worry_from_a_shared_phone_is_acted_on_before_anyone_knows_whose_it_is(clinic: Clinic) -> None:
    share(clinic, "Sam", "Alex")
    clinic.run_to(local(8, 10))
    clinic.reply("I have chest pain", now=local(8, 11))
    [alert] = alerts(clinic)
    assert (alert.label, alert.patient_id) == (Label.EMERGENCY, None)
    assert alert.clinic_id is not None
    assert answers(clinic) == ["answer-emergency", "ask-which-patient"]
    clinic.reply("Alex", now=local(8, 11, 1))
    clinic.read(local(8, 11, 2))
    [alert] = alerts(clinic)
    assert (names(clinic), alert.patient_id, alert.resolved_at) == (
        ["Alex", "Alex"],
        replies(clinic)[0].patient_id,
        None,
    )
    assert answers(clinic) == ["answer-emergency", "ask-which-patient"]


def test_a_name_that_fits_nobody_goes_to_a_person(clinic: Clinic) -> None:
    share(clinic, "Sam", "Alex")
    clinic.run_to(local(8, 10))
    clinic.reply("B", now=local(8, 11))
    clinic.reply("Robin", now=local(8, 12))
    assert (names(clinic), replies(clinic)[1].labels) == ([None, None], ["unclear"])


@on_one_database
@pytest.mark.parametrize("said", ["1", "2"])
def test_a_digit_names_nobody(clinic: Clinic, said: str) -> None:
    share(clinic, "Sam", "Alex")
    clinic.run_to(local(8, 10))
    clinic.reply("B", now=local(8, 11))
    clinic.reply(said, now=local(8, 12))
    assert names(clinic) == [None, None]


def test_people_of_one_name_are_not_asked_for_it(clinic: Clinic) -> None:
    share(clinic, "Sam", "Sam2", Sam2={"given_name": "sam"})
    clinic.run_to(local(8, 10))
    clinic.reply("B", now=local(8, 11))
    assert (answers(clinic), [alert.label for alert in alerts(clinic)]) == (["answer-unclear"], [Label.UNCLEAR])


def test_thanks_from_a_shared_phone_need_no_name(clinic: Clinic) -> None:
    share(clinic, "Sam", "Alex")
    clinic.run_to(local(8, 10))
    clinic.reply("thank you", now=local(8, 11))
    assert (answers(clinic), alerts(clinic)) == ([], [])


def test_patients_of_two_clinics_leave_the_clinic_open(clinic: Clinic) -> None:
    clinic.add_clinic("elm")
    clinic.record("T1", patient={"given_name": "Sam"})
    clinic.record("T2", patient={"given_name": "Alex"}, clinic="elm")
    clinic.tick(NOON)
    clinic.reply("my foot is numb", now=local(7, 13))
    [alert] = alerts(clinic)
    assert (alert.clinic_id, alert.patient_id) == (None, None)


@pytest.mark.parametrize(
    ("said", "label"), [("my foot is numb", Label.NERVE), ("who is this", Label.QUESTION), ("ok", Label.UNCLEAR)]
)
def test_an_unknown_number_is_heard_but_not_answered(clinic: Clinic, said: str, label: Label) -> None:
    clinic.record()
    clinic.reply(said, now=NOON, sent_from=STRANGER)
    [alert] = alerts(clinic)
    assert (alert.patient_id, names(clinic), answers(clinic)) == (None, [None], [])
    assert alert.clinic_id is not None
    assert alert.label is label or label is Label.QUESTION


def test_an_unknown_number_of_several_clinics_is_everyones(clinic: Clinic) -> None:
    clinic.add_clinic("elm")
    clinic.reply("my foot is numb", now=NOON, sent_from=STRANGER)
    assert alerts(clinic)[0].clinic_id is None


def test_a_stop_of_an_unknown_number_needs_nobody(clinic: Clinic) -> None:
    clinic.reply("STOP", now=NOON, sent_from=STRANGER)
    assert (alerts(clinic), replies(clinic)[0].labels) == ([], ["stop"])


def assign(clinic: Clinic, reply: Reply, name: str, now: datetime) -> None:
    with clinic.open_db() as db:
        patient = db.scalars(select(Patient).where(Patient.given_name == name).with_for_update()).one()
        whose.assign(db, reply=db.get_one(Reply, reply.id), patient=patient, by="desk", now=now)
    clinic.read(now)


def test_staff_may_say_whose_it_is(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(14, 10))
    clinic.reply("4", now=local(14, 11), sent_from=STRANGER)
    assign(clinic, replies(clinic)[0], "Ada", local(14, 12))
    [reply], [alert] = replies(clinic), alerts(clinic)
    assert (reply.answers_id, names(clinic)) == (clinic.message("pain-score").id, ["Ada"])
    assert (alert.patient_id, alert.resolved_at) == (reply.patient_id, local(14, 12))


def test_who_works_here_no_longer_takes_no_alert_and_is_a_stranger(clinic: Clinic) -> None:
    put_on_call(clinic, FIRST, phone=STRANGER)
    with clinic.open_db() as db:
        db.execute(update(Staff).values(left_at=MONDAY, left_by="test"))
    clinic.reply("1", now=MONDAY, sent_from=STRANGER)
    assert [alert.taken_by for alert in alerts(clinic)] == [None]


def test_what_is_known_to_be_someones_is_not_given_to_another(clinic: Clinic) -> None:
    share(clinic, "Sam", "Alex", Alex={"phone": STRANGER})
    clinic.reply("thanks", now=MONDAY, sent_from=PHONE)
    assign(clinic, replies(clinic)[0], "Sam", MONDAY)
    with pytest.raises(Assigned, match="already"):
        assign(clinic, replies(clinic)[0], "Alex", MONDAY)
