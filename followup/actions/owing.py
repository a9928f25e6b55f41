"""Writes down what is owed after a treatment session: when it is recorded, and anew whenever it is changed.

What has left stays as it is. What is still scheduled follows the session, its patient and its plan, with its reasons.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import overlapping, planning, timetable
from followup.actions.timetable import Reaches
from followup.models import Clinic, Enrolment, Message, Patient, Plan, Step, TreatmentSession
from followup.models.facts import address_of, latest_consents, zone_of
from followup.models.traffic import ORDINARY_LANE
from followup.rules.quiet import QuietHours
from followup.rules.slots import Slot
from followup.terms import Channel, Consented, Origin, Purpose, Status


def messages_of(db: Session, treatment: TreatmentSession) -> Sequence[Message]:
    """Everything owed after a treatment session, in the order of due times."""
    return db.scalars(
        select(Message)
        .join(Enrolment, Message.enrolment_id == Enrolment.id)
        .where(Enrolment.treatment_id == treatment.id)
        .order_by(Message.due_at, Message.id)
    ).all()


def owe(
    db: Session,
    *,
    clinic: Clinic,
    patient: Patient,
    treatment: TreatmentSession,
    enrolment: Enrolment,
    plan: Plan,
    now: datetime,
    by: str,
) -> None:
    """Bring what is owed in step with the session, its patient and its plan.

    Steps that the treated regions exclude get no message, or lose the one that has not left.
    """
    written = {message.step_id: message for message in _lock(db, enrolment)}
    room = overlapping.make_room(db, patient=patient, treatment=treatment, plan=plan)
    steps = planning.steps(db, plan)
    open_steps = {step.key for step in steps if step.id not in written or written[step.id].status is Status.SCHEDULED}
    planned = timetable.draw_up(
        steps,
        regions=treatment.regions,
        reaches=_reaches(db, patient),
        ended_at=treatment.ended_at,
        recorded_at=now,
        zone=zone_of(patient, clinic),
        quiet=QuietHours(clinic.quiet_from, clinic.quiet_until),
        texts=room.texts,
        newer_ended_at=room.newer_ended_at,
        takes_no_day=lambda step: step.key not in open_steps or room.taken_by(step) is not None,
    )
    for each in planned:
        step = each.step
        message = written.pop(step.id, None) or _new(db, patient, enrolment, step, now)
        if step.key in open_steps and (step.reminds is None or step.reminds in open_steps):
            _follow(message, each.channel, each.slot)
            message.replaced_by = room.taken_by(step)
    for message in written.values():
        cancel(message, now=now, by=by)
    db.flush()


def cancel(message: Message, *, now: datetime, by: str) -> None:
    """Let a message that has not left never leave; what has left stays as it is."""
    if message.status is Status.SCHEDULED:
        message.status, message.cancelled_at, message.cancelled_by = Status.CANCELLED, now, by
        message.lease_token = message.leased_until = None


def _lock(db: Session, enrolment: Enrolment) -> Sequence[Message]:
    return db.scalars(
        select(Message).where(Message.enrolment_id == enrolment.id).order_by(Message.id).with_for_update(),
        execution_options={"populate_existing": True},
    ).all()


def _reaches(db: Session, patient: Patient) -> Reaches:
    held = latest_consents(db, [patient.id])

    def reaches(channel: Channel, purpose: Purpose) -> bool:
        is_given = held.get((patient.id, channel, purpose)) is Consented.GIVEN
        return is_given and address_of(patient, channel) is not None

    return reaches


def _new(db: Session, patient: Patient, enrolment: Enrolment, step: Step, now: datetime) -> Message:
    message = Message(
        once_key=f"step:{enrolment.id}:{step.key}",
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        enrolment_id=enrolment.id,
        step_id=step.id,
        origin=Origin.STEP,
        purpose=step.purpose,
        wording=step.wording,
        lane=ORDINARY_LANE,
        status=Status.SCHEDULED,
        created_at=now,
    )
    db.add(message)
    return message


def _follow(message: Message, channel: Channel, slot: Slot) -> None:
    """Take over channel and time; a message whose own time has not changed keeps its place."""
    if (message.channel, message.nominal_at) == (channel, slot.nominal_at):
        return
    message.channel = channel
    message.nominal_at, message.due_at, message.expires_at = slot.nominal_at, slot.due_at, slot.expires_at
    message.why = [shift.as_json() for shift in slot.shifts]
    message.lease_token = message.leased_until = message.next_try_at = None
