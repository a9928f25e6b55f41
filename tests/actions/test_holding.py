"""What an open worry holds back, until when, and what leaves all the same."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from followup.actions import alerting, changing
from followup.actions.entries import TreatmentChange
from followup.models import Alert, Patient
from followup.terms import AlertCause, Label, Origin, Purpose, Reason, Status
from tests.builders import MONDAY, Clinic, local
from tests.conftest import on_one_database


def worry(clinic: Clinic, *, at: datetime, label: Label = Label.NERVE, cause: AlertCause = AlertCause.REPLY) -> Alert:
    with clinic.open_db() as db:
        patient = db.scalars(select(Patient)).one()
        return alerting.raise_alert(
            db,
            once_key=f"test:{at}",
            cause=cause,
            label=label,
            clinic=None,
            patient=patient,
            now=at,
        )


def resolve(clinic: Clinic, alert: Alert, at: datetime) -> None:
    with clinic.open_db() as db:
        alerting.resolve(db, alert=db.get_one(Alert, alert.id), by="Kim", note="Called; it is better.", now=at)


def release(clinic: Clinic, at: datetime) -> None:
    """The patient says that it is gone."""
    with clinic.open_db() as db:
        alerting.release(db, patient=db.scalars(select(Patient)).one(), now=at)


def pass_by(clinic: Clinic, step: str, *moments: datetime) -> Status:
    """What became of a step that the engine had in hand at these moments."""
    for moment in moments:
        clinic.change(clinic.message(step), next_try_at=None)
        clinic.tick(moment)
    return clinic.message(step).status


@on_one_database
@pytest.mark.parametrize("label", [Label.EMERGENCY, Label.URGENT, Label.INFECTION, Label.NERVE, Label.UNCLEAR])
def test_an_open_alert_holds_feedback_and_booking(clinic: Clinic, label: Label) -> None:
    clinic.record()
    clinic.run_to(local(10, 10))
    worry(clinic, at=local(10, 12), label=label)

    assert pass_by(clinic, "book-next", local(12, 10), local(14, 10)) is Status.SCHEDULED
    assert pass_by(clinic, "pain-score", local(14, 10), local(15, 10)) is Status.SCHEDULED
    assert clinic.view(clinic.message("pain-score").id, local(15, 10)).blocked is Reason.OPEN_ALERT


@on_one_database
@pytest.mark.parametrize("cause", [AlertCause.SILENCE, AlertCause.UNREACHED])
def test_what_the_patient_did_not_say_is_no_worry(clinic: Clinic, cause: AlertCause) -> None:
    clinic.record()
    clinic.run_to(local(10, 10))
    worry(clinic, at=local(10, 12), label=Label.UNCLEAR, cause=cause)
    assert pass_by(clinic, "pain-score", local(14, 10)) is Status.SENT


def test_care_goes_on_beside_an_open_alert(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(8, 10))
    worry(clinic, at=local(8, 12))
    clinic.run_to(local(10, 10))
    assert clinic.message("warning-signs").status is Status.SENT


def test_what_was_held_leaves_once_a_person_has_closed_the_alert(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(10, 10))
    alert = worry(clinic, at=local(10, 12))
    assert pass_by(clinic, "pain-score", local(14, 10)) is Status.SCHEDULED

    resolve(clinic, alert, local(14, 15))
    assert pass_by(clinic, "pain-score", local(14, 16)) is Status.SENT


def test_what_was_held_leaves_once_the_patient_says_that_it_is_gone(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(10, 10))
    alert = worry(clinic, at=local(10, 12))
    assert pass_by(clinic, "pain-score", local(14, 10)) is Status.SCHEDULED

    release(clinic, local(14, 15))
    assert pass_by(clinic, "pain-score", local(14, 16)) is Status.SENT
    with clinic.open_db() as db:
        assert db.get_one(Alert, alert.id).resolved_at is None


@on_one_database
@pytest.mark.parametrize("label", [Label.URGENT, Label.UNCLEAR])
def test_gone_closes_nothing_but_nerve_worries(clinic: Clinic, label: Label) -> None:
    clinic.record()
    clinic.run_to(local(10, 10))
    worry(clinic, at=local(10, 12), label=label)
    release(clinic, local(10, 15))
    assert pass_by(clinic, "pain-score", local(14, 10)) is Status.SCHEDULED


def test_what_was_gone_and_came_back_holds_again(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(10, 10))
    worry(clinic, at=local(10, 12))
    release(clinic, local(10, 15))
    worry(clinic, at=local(11, 9))
    assert pass_by(clinic, "pain-score", local(14, 10)) is Status.SCHEDULED


def test_what_was_held_for_too_long_is_not_sent(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(10, 10))
    alert = worry(clinic, at=local(10, 12))
    assert pass_by(clinic, "pain-score", local(14, 10), local(21, 10)) is Status.SKIPPED
    resolve(clinic, alert, local(21, 11))
    assert clinic.message("pain-score").reason is Reason.TOO_LATE


def test_a_prompt_to_book_waits_a_day_after_a_worry(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(10, 10))
    raised = local(11, 12)
    alert = worry(clinic, at=raised)
    resolve(clinic, alert, raised + timedelta(hours=1))

    assert pass_by(clinic, "book-next", local(12, 10)) is Status.SCHEDULED
    assert pass_by(clinic, "book-next", local(12, 11, 59)) is Status.SCHEDULED
    assert pass_by(clinic, "book-next", local(12, 12)) is Status.SENT


def test_a_question_of_a_patient_holds_no_prompt_to_book_once_it_is_answered(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(10, 10))
    alert = worry(clinic, at=local(12, 9), label=Label.UNCLEAR)
    resolve(clinic, alert, local(12, 9, 30))
    assert pass_by(clinic, "book-next", local(12, 10)) is Status.SENT


def test_the_worry_of_one_patient_holds_nothing_of_another(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(10, 10))
    worry(clinic, at=local(10, 12))
    clinic.record("T2", patient={"given_name": "Ben", "phone": "+12125550177", "email": "ben@mail.example"})
    clinic.run_to(local(11, 10))
    assert clinic.view(clinic.message("pain-score", "T2").id, local(14, 10)).blocked is None
    assert clinic.view(clinic.message("pain-score", "T1").id, local(14, 10)).blocked is Reason.OPEN_ALERT


def test_what_a_person_writes_is_not_held(clinic: Clinic) -> None:
    patient_id = clinic.record().treatment.patient_id
    worry(clinic, at=local(7, 11))
    by_hand = {"origin": Origin.BY_HAND, "purpose": Purpose.BOOKING, "wording": "book-next"}
    message = clinic.owe(patient_id, due_at=local(7, 11, 30), **by_hand)
    clinic.tick(local(7, 11, 30))
    assert clinic.get(message).status is Status.SENT


def test_a_visit_that_is_booked_makes_the_prompt_to_book_needless(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    with clinic.open_db() as db:
        change = TreatmentChange(next_visit_at=local(21, 10))
        changing.change_treatment(db, treatment_id=treatment.id, change=change, now=MONDAY, by="Kim")
    clinic.run_to(local(12, 10))
    assert clinic.message("book-next").reason is Reason.ALREADY_BOOKED
