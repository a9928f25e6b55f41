from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from followup.actions import changing, silence
from followup.actions.entries import TreatmentChange
from followup.db import OpenDb
from followup.models import Alert, Clinic as ClinicRow, Enrolment, Patient, Reply
from followup.queries import progress
from followup.terms import AlertCause, Channel, Label, ReceiptKind
from tests.builders import PHONE, Clinic, local
from tests.conftest import on_one_database

RISKY: dict[str, Any] = {"regions": ["neck"]}
OVER = local(10, 10)  #: when still-or-gone, asked on Wednesday at 10:00, expires
CHECK_IN = 'key = "check-in"\npurpose = "care"\nday = 1\nexpires = "6h"\nwording = "check-in"\nchannels = ["sms"]'


def watch(clinic: Clinic, now: datetime) -> list[Alert]:
    """Every alert of silence there is once somebody has looked at `now`."""
    with clinic.open_db() as db:
        silence.watch(db, now=now)
        return list(db.scalars(select(Alert).where(Alert.cause == AlertCause.SILENCE)))


def answer_by(clinic: Clinic) -> list[datetime | None]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Enrolment.answer_by).order_by(Enrolment.id)))


def speak(clinic: Clinic, at: datetime) -> None:
    """A reply that was understood to be the patient's."""
    patient = clinic.owed("check-in").patient
    assert patient
    with clinic.open_db() as db:
        said: dict[str, Any] = {
            "channel": Channel.SMS,
            "reference": f"IN-{at}",
            "sent_from": PHONE,
            "sent_to": "+1",
            "body": "A",
        }
        db.add(Reply(**said, raw={}, received_at=at, read_at=at, patient_id=patient.id))


@on_one_database
@pytest.mark.parametrize(
    "risk",
    [RISKY, {"first_treatment": True}, {"precautions": ["blood_thinner"]}],
    ids=["over the lungs", "first treatment", "blood thinner"],
)
def test_silence_of_a_patient_at_high_risk_is_for_a_person(clinic: Clinic, risk: dict[str, Any]) -> None:
    clinic.record(**risk)
    clinic.run_to(local(9, 10))
    assert answer_by(clinic) == [OVER]
    assert watch(clinic, local(10, 9)) == []

    [alert] = watch(clinic, OVER)
    assert (alert.label, alert.raised_at, alert.patient_id) == (
        Label.UNCLEAR,
        OVER,
        clinic.message("check-in").patient_id,
    )


def test_a_person_is_told_once(clinic: Clinic) -> None:
    clinic.record(**RISKY)
    clinic.run_to(local(9, 10))
    assert len(watch(clinic, OVER)) == 1
    assert answer_by(clinic) == [None]
    with clinic.open_db() as db:
        db.scalars(select(Enrolment)).one().answer_by = OVER
    assert len(watch(clinic, local(11, 10))) == 1


def test_nobody_waits_for_an_answer_where_there_is_no_risk(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(9, 10))
    assert answer_by(clinic) == [None]


def test_nobody_waits_for_an_answer_before_the_question_has_left(clinic: Clinic) -> None:
    clinic.record(**RISKY)
    clinic.run_to(local(8, 9))
    assert answer_by(clinic) == [None]


def test_whoever_has_spoken_since_is_not_silent(clinic: Clinic) -> None:
    clinic.record(**RISKY)
    clinic.run_to(local(9, 10))
    speak(clinic, local(9, 22))
    assert watch(clinic, OVER) == []
    assert answer_by(clinic) == [None]


def test_what_was_said_before_the_question_does_not_count(clinic: Clinic) -> None:
    clinic.record(**RISKY)
    clinic.run_to(local(9, 10))
    speak(clinic, local(8, 9))
    assert len(watch(clinic, OVER)) == 1


def test_what_was_said_after_another_patients_question_does_not_count(clinic: Clinic) -> None:
    clinic.record("T2", ended_at=local(5, 10), patient={"given_name": "Bea", "phone": "+12125550177"})
    clinic.record(**RISKY)
    clinic.run_to(local(7, 12))
    speak(clinic, local(7, 13))
    clinic.run_to(local(9, 10))
    assert len(watch(clinic, OVER)) == 1


def test_an_answer_to_what_did_not_arrive_at_first_counts(clinic: Clinic) -> None:
    clinic.record(**RISKY)
    clinic.run_to(local(8, 10))
    clinic.receipt(clinic.sms.sent[-1], ReceiptKind.UNDELIVERED, now=local(8, 11), code="30003")
    speak(clinic, local(8, 12))
    clinic.run_to(local(9, 10))
    assert answer_by(clinic) == [OVER]
    assert watch(clinic, OVER) == []


def test_without_a_second_question_the_first_ones_end_counts(clinic: Clinic) -> None:
    clinic.load_plan(f'{CHECK_IN}\nquestion = "check_in"')
    clinic.record(plan="own", **RISKY)
    clinic.run_to(local(8, 10))
    assert answer_by(clinic) == [local(8, 16)]


def test_a_session_that_was_cancelled_raises_nothing(clinic: Clinic) -> None:
    treatment = clinic.record(**RISKY).treatment
    clinic.run_to(local(9, 10))
    with clinic.open_db() as db:
        changing.cancel_treatment(db, treatment_id=treatment.id, now=local(9, 11), by="Kim")
    assert watch(clinic, OVER) == []
    assert answer_by(clinic) == [None]


@pytest.mark.parametrize(("overlap", "alerts"), [("supersede", 0), ("keep", 1)])
def test_who_came_again_since_is_asked_anew(clinic: Clinic, overlap: str, alerts: int) -> None:
    steps = f'{CHECK_IN}\nquestion = "check_in"'
    clinic.load_plan(steps, overlap=overlap)
    clinic.record(plan="own", **RISKY)
    clinic.run_to(local(8, 10))
    clinic.record("T2", plan="own", ended_at=local(8, 12), **RISKY)
    assert len(watch(clinic, local(8, 16))) == alerts


def test_who_bleeds_easily_is_called_on_day_1_in_any_case(clinic: Clinic) -> None:
    clinic.record(precautions=["bleeding_disorder"], consent={"sms": False, "email": False})
    assert answer_by(clinic) == [local(8, 10)]
    assert watch(clinic, local(8, 9)) == []
    assert len(watch(clinic, local(8, 10))) == 1


def test_who_is_called_on_day_1_is_not_called_for_silence_again(clinic: Clinic) -> None:
    clinic.record(precautions=["bleeding_disorder"])
    clinic.run_to(local(8, 9))
    assert len(watch(clinic, local(8, 10))) == 1
    clinic.run_to(local(9, 10))
    assert answer_by(clinic) == [None]
    assert len(watch(clinic, local(12, 10))) == 1


def test_the_call_follows_a_corrected_session(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    for precautions, call_at in ((["bleeding_disorder"], local(8, 10)), ([], None)):
        with clinic.open_db() as db:
            change = TreatmentChange(precautions=precautions)
            changing.change_treatment(db, treatment_id=treatment.id, change=change, now=local(7, 11), by="Kim")
        assert answer_by(clinic) == [call_at]


def test_one_clinic_that_cannot_be_told_holds_up_no_other(clinic: Clinic) -> None:
    clinic.add_clinic("oak")
    clinic.record(**RISKY)
    clinic.record("T2", clinic="oak", patient={"phone": "+12125550177"}, **RISKY)
    clinic.run_to(local(9, 10))
    with clinic.open_db() as db:
        db.scalars(select(ClinicRow).where(ClinicRow.key == "maple")).one().zone = "Nowhere/None"
    assert len(watch(clinic, OVER)) == 1


def test_the_clock_stops_where_an_answer_should_have_come(clinic: Clinic) -> None:
    clinic.record(**RISKY)
    clinic.run_to(local(9, 10))
    with clinic.open_db() as db:
        assert progress.next_due(db, after=local(9, 22)) in (local(10, 9), OVER)
        before = progress.unfinished(db, now=local(10, 9, 59))
        assert progress.unfinished(db, now=OVER) > before


def test_two_that_watch_at_once_tell_one_person_once(busy_clinic: Clinic) -> None:
    busy_clinic.record(**RISKY)
    busy_clinic.run_to(local(9, 10))
    open_db: OpenDb = busy_clinic.open_db
    with open_db() as one, open_db() as other:
        silence.watch(one, now=OVER)
        silence.watch(other, now=OVER)
        assert other.scalars(select(Alert)).all() == []
    with open_db() as db:
        assert len(db.scalars(select(Alert)).all()) == 1
        assert db.scalars(select(Patient)).one()
