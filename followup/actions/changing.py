"""What people change after a session was recorded: the session, its patient, or a single message.

What has not left follows in the same transaction, with its reasons; what has left stays; where it is too late, it says so.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from followup.actions import auditing, entries, owing, patients
from followup.actions.enrolling import Recorded
from followup.actions.entries import EntryError, Problem, TreatmentChange
from followup.actions.rows import Rows
from followup.models import Clinic, Enrolment, Message, Patient, Plan, TreatmentSession
from followup.models.facts import latest_consents
from followup.rules.slots import Slot
from followup.rules.timing import TIME_TO_UNDO
from followup.terms import ShiftRule, Status


class NotFound(Exception):
    """There is nothing of that id."""


class TooLate(Exception):
    """It has left, or ended, and can no longer be changed."""


def change_treatment(db: Session, *, treatment_id: UUID, change: TreatmentChange, now: datetime, by: str) -> Recorded:
    """Correct a session or its patient. Raises NotFound, TooLate for a cancelled one, or EntryError."""
    patient, treatment = _lock(db, treatment_id)
    _check_not_cancelled(treatment)
    entries.check_ended(change.ended_at or treatment.ended_at, now)
    has_moved = change.ended_at not in (None, treatment.ended_at)
    for name in change.model_fields_set & _OF_TREATMENT:
        setattr(treatment, name, getattr(change, name))
    if "next_visit_at" in change.model_fields_set:
        patient.next_visit_at = change.next_visit_at
    if change.patient:
        patients.correct(patient, change.patient)
    if has_moved:
        _free_replaced(db, treatment)
    db.flush()
    follow_patient(db, patient=patient, now=now, by=by)
    auditing.note(
        db,
        did="change",
        subject="treatment",
        subject_id=treatment.id,
        now=now,
        by=by,
        details={"fields": sorted(change.model_fields_set)},
    )
    return Recorded(treatment, was_known=True, messages=owing.messages_of(db, treatment))


def cancel_treatment(db: Session, *, treatment_id: UUID, now: datetime, by: str) -> Recorded:
    """Let nothing more leave for a session that should not have been recorded; the same person may say so twice.

    Raises NotFound, or TooLate if someone else has cancelled it.
    """
    patient, treatment = _lock(db, treatment_id)
    if treatment.cancelled_at and treatment.cancelled_by == by:
        return Recorded(treatment, was_known=True, messages=owing.messages_of(db, treatment))
    _check_not_cancelled(treatment)
    treatment.cancelled_at, treatment.cancelled_by = now, by
    messages = owing.messages_of(db, treatment)
    for message in messages:
        owing.cancel(message, now=now, by=by)
    _free_replaced(db, treatment)
    db.flush()
    follow_patient(db, patient=patient, now=now, by=by)
    auditing.note(db, did="cancel", subject="treatment", subject_id=treatment.id, now=now, by=by)
    return Recorded(treatment, was_known=True, messages=messages)


def cancel_message(db: Session, *, message_id: UUID, now: datetime, by: str) -> Message:
    """Let one message never leave. Raises NotFound or TooLate."""
    message = _lock_scheduled(db, message_id)
    owing.cancel(message, now=now, by=by)
    auditing.note(db, did="cancel", subject="message", subject_id=message.id, now=now, by=by)
    return message


def reschedule_message(db: Session, *, message_id: UUID, due_at: datetime, now: datetime, by: str) -> Message:
    """Let one message leave at another time, before it expires and not at once, so that a slip can be undone.

    Everything else still holds when it is due: consent, quiet hours, frequency. Raises NotFound, TooLate, or EntryError
    for a time that is over.
    """
    message = _lock_scheduled(db, message_id)
    if due_at < now:
        what = f"is {due_at:%Y-%m-%d %H:%M} UTC, which is over"
        raise EntryError(Problem("due_at", what, "choose a time to come; send-now lets it leave at once"))
    slot = _slot(message).moved(ShiftRule.BY_HAND, due_at).moved(ShiftRule.FLOOR, max(due_at, now + TIME_TO_UNDO))
    return _move(db, message, slot, now=now, by=by)


def send_now(db: Session, *, message_id: UUID, now: datetime, by: str) -> Message:
    """Let one message leave with the next tick, if it may. Raises NotFound or TooLate."""
    message = _lock_scheduled(db, message_id)
    return _move(db, message, _slot(message).moved(ShiftRule.BY_HAND, now), now=now, by=by)


_OF_TREATMENT = {"ended_at", "practitioner", "regions", "precautions", "first_treatment", "baseline_pain"}


def _lock(db: Session, treatment_id: UUID) -> tuple[Patient, TreatmentSession]:
    """The patient first, as everywhere, so that the engine and we wait for each other instead of blocking."""
    patient = db.scalars(
        select(Patient)
        .join(TreatmentSession, TreatmentSession.patient_id == Patient.id)
        .where(TreatmentSession.id == treatment_id)
        .with_for_update(of=Patient)
    ).one_or_none()
    if patient is None:
        raise NotFound(f"there is no treatment session {treatment_id}")
    return patient, db.get_one(TreatmentSession, treatment_id, populate_existing=True)


def _check_not_cancelled(treatment: TreatmentSession) -> None:
    if treatment.cancelled_at:
        raise TooLate(f"treatment session {treatment.id} was cancelled; record it again under a new external_id")


def _lock_scheduled(db: Session, message_id: UUID) -> Message:
    of_patient = select(Message.patient_id).where(Message.id == message_id).scalar_subquery()
    db.execute(select(Patient.id).where(Patient.id == of_patient).with_for_update())
    message = db.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None:
        raise NotFound(f"there is no message {message_id}")
    if message.status is not Status.SCHEDULED:
        raise TooLate(f"message {message_id} is {message.status}; only a scheduled one can be changed")
    return message


def _slot(message: Message) -> Slot:
    return Slot(message.nominal_at, message.due_at, message.expires_at)


def _move(db: Session, message: Message, slot: Slot, *, now: datetime, by: str) -> Message:
    if slot.is_too_late:
        raise TooLate(
            f"message {message.id} would no longer be right at {slot.due_at:%Y-%m-%d %H:%M} UTC; "
            f"choose a time before {message.expires_at:%Y-%m-%d %H:%M} UTC, or cancel it"
        )
    message.why = [*message.why, *(shift.as_json() for shift in slot.shifts)]
    message.due_at = slot.due_at
    message.lease_token = message.leased_until = message.next_try_at = None
    auditing.note(db, did="reschedule", subject="message", subject_id=message.id, now=now, by=by)
    return message


def _free_replaced(db: Session, treatment: TreatmentSession) -> None:
    """Give older sessions back what this one had replaced; what holds now is decided anew."""
    db.execute(
        update(Message)
        .where(Message.replaced_by == treatment.id, Message.status == Status.SCHEDULED)
        .values(replaced_by=None)
    )


def follow_patient(db: Session, *, patient: Patient, now: datetime, by: str) -> None:
    """Bring everything that this patient is still owed in step, oldest session first; the patient is locked."""
    rows, held = Rows(db), latest_consents(db, [patient.id])
    for treatment, enrolment, plan, clinic in _followed(db, patient):
        owing.owe(
            db,
            rows,
            clinic=clinic,
            patient=patient,
            treatment=treatment,
            enrolment_id=enrolment.id,
            plan=plan,
            held=held,
            now=now,
            by=by,
        )
        rows.write()


def _followed(db: Session, patient: Patient) -> Sequence[tuple[TreatmentSession, Enrolment, Plan, Clinic]]:
    still_owes = select(Message.enrolment_id).where(
        Message.patient_id == patient.id, Message.status == Status.SCHEDULED
    )
    rows = db.execute(
        select(TreatmentSession, Enrolment, Plan, Clinic)
        .join(Enrolment, Enrolment.treatment_id == TreatmentSession.id)
        .join(Plan, Enrolment.plan_id == Plan.id)
        .join(Clinic, TreatmentSession.clinic_id == Clinic.id)
        .where(Enrolment.id.in_(still_owes), TreatmentSession.cancelled_at.is_(None))
        .order_by(TreatmentSession.ended_at)
    )
    return [(treatment, enrolment, plan, clinic) for treatment, enrolment, plan, clinic in rows]
