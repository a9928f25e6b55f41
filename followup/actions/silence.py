"""Silence of a patient at high risk is never taken for "fine": from then on a person must call (clinical.md §2)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, aliased

from followup.actions import alerting
from followup.actions.apart import held_apart
from followup.models import Clinic, Enrolment, Message, Patient, Plan, Reply, Step, TreatmentSession
from followup.models.owed import Owed
from followup.rules import lifecycle
from followup.rules.risk import is_asked_again, is_high_risk
from followup.terms import AlertCause, Label, Overlap, Purpose, Question, Status

_AT_ONCE = 100


def expect(db: Session, *, left: Sequence[Owed]) -> None:
    """Note by when patients at high risk should have spoken, of those whose check-in leaves now."""
    asked = {each.message.enrolment_id for each in left if _must_answer(each)} - {None}
    if not asked:
        return
    last_question = (
        select(func.max(Message.expires_at))
        .join(Step, Message.step_id == Step.id)
        .where(
            Message.enrolment_id == Enrolment.id,
            Message.status.not_in((Status.SKIPPED, Status.CANCELLED)),
            Step.purpose == Purpose.CARE,
            Step.question.is_not(None),
        )
    )
    db.execute(
        update(Enrolment).where(Enrolment.id.in_(asked)).values(answer_by=last_question.scalar_subquery()),
        execution_options={"synchronize_session": False},
    )


def call_on(db: Session, *, enrolment_id: UUID, treatment: TreatmentSession, at: datetime) -> None:
    """Put a patient on the call list for day 1, whatever they answer, if their precautions ask for it."""
    call_at = at if is_asked_again(treatment.precautions) else None
    db.execute(update(Enrolment).where(Enrolment.id == enrolment_id).values(answer_by=call_at))


def watch(db: Session, *, now: datetime) -> None:
    """Tell a person of each patient who should have spoken by now and did not; of each only once.

    The patient is locked with the enrolment, as everywhere; whoever is busy elsewhere is left to the next tick.
    """
    due = _due(now).limit(_AT_ONCE)
    for row in db.execute(due.with_for_update(of=(Enrolment, Patient), skip_locked=True)).all():
        enrolment, treatment, patient, clinic, was_asked, has_spoken, is_replaced = row
        is_silent = is_asked_again(treatment.precautions) or (was_asked and not has_spoken)
        with held_apart("watch for silence", enrolment=enrolment.id), db.begin_nested():
            enrolment.answer_by = None
            if treatment.cancelled_at or is_replaced or not is_silent:
                continue
            alerting.raise_alert(
                db,
                once_key=f"silence:{enrolment.id}",
                cause=AlertCause.SILENCE,
                label=Label.UNCLEAR,
                clinic=clinic,
                patient=patient,
                now=now,
            )


def _must_answer(each: Owed) -> bool:
    """Who is called on day 1 in any case is on the list already."""
    step, treatment = each.step, each.treatment
    if step is None or treatment is None or not step.is_check_in:
        return False
    return not is_asked_again(treatment.precautions) and is_high_risk(
        regions=treatment.regions, precautions=treatment.precautions, first_treatment=treatment.first_treatment
    )


def _due(now: datetime) -> Select[Enrolment, TreatmentSession, Patient, Clinic, bool, bool, bool]:
    """With whether the check-in was asked, whether the patient spoke since, and whether a newer session took over."""
    newer = aliased(TreatmentSession)
    asked_at = (
        select(func.min(Message.left_at))
        .join(Step, Message.step_id == Step.id)
        .where(
            Message.enrolment_id == Enrolment.id,
            Message.status.in_(lifecycle.GONE),
            Step.question == Question.CHECK_IN,
        )
        .correlate(Enrolment)  # by itself it would not look beyond the subquery below
        .scalar_subquery()
    )
    has_spoken = select(Reply.id).where(Reply.patient_id == Patient.id, Reply.received_at >= asked_at).exists()
    is_replaced = (
        select(newer.id)
        .where(
            newer.patient_id == Patient.id,
            newer.ended_at > TreatmentSession.ended_at,
            newer.cancelled_at.is_(None),
            Plan.overlap == Overlap.SUPERSEDE,
        )
        .exists()
    )
    return (
        select(
            Enrolment,
            TreatmentSession,
            Patient,
            Clinic,
            asked_at.is_not(None),
            has_spoken,
            is_replaced,
        )
        .join(Plan, Enrolment.plan_id == Plan.id)
        .join(TreatmentSession, Enrolment.treatment_id == TreatmentSession.id)
        .join(Patient, TreatmentSession.patient_id == Patient.id)
        .join(Clinic, TreatmentSession.clinic_id == Clinic.id)
        .where(Enrolment.answer_by <= now)
        .order_by(Enrolment.answer_by, Enrolment.id)
    )
