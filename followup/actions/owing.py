"""Writes down what is owed after a treatment session: when it is recorded, and anew whenever it is changed.

What has left stays as it is. What is still scheduled follows the session, its patient and its plan, with its reasons.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import overlapping, silence, timetable
from followup.actions.overlapping import Room
from followup.actions.rows import Rows
from followup.actions.timetable import Planned, Reaches
from followup.models import Clinic, Enrolment, Message, Patient, Plan, Step, TreatmentSession
from followup.models.facts import Held
from followup.models.owed import address_of, zone_of
from followup.models.steps import steps_of
from followup.models.traffic import ORDINARY_LANE
from followup.rules.quiet import QuietHours
from followup.rules.risk import is_asked_again
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
    rows: Rows,
    *,
    clinic: Clinic,
    patient: Patient,
    treatment: TreatmentSession,
    enrolment_id: UUID,
    plan: Plan,
    held: Held,
    is_first: bool = False,
    now: datetime,
    by: str,
) -> None:
    """Bring what is owed in step with the session, its patient and its plan; `rows` gets what is new.

    Steps that the treated regions exclude get no message, or lose the one that has not left. `held` is what the patient
    permits. `is_first`: the patient was not known before this session, so there is nothing to look up.
    """
    # Of one that did not arrive and one that took over, the latter is what is owed.
    written = {} if is_first else {message.step_id: message for message in _lock(db, enrolment_id)}
    is_new = not written
    room = Room() if is_first else overlapping.make_room(db, patient=patient, treatment=treatment, plan=plan, held=held)
    steps = steps_of(db, plan.id)
    open_steps = {step.key for step in steps if step.id not in written or _follows_plan(written[step.id], step)}
    planned = timetable.draw_up(
        steps,
        regions=treatment.regions,
        reaches=_reaches(held, patient),
        ended_at=treatment.ended_at,
        recorded_at=now,
        zone=zone_of(patient, clinic),
        quiet=QuietHours(clinic.quiet_from, clinic.quiet_until),
        texts=room.texts,
        newer_ended_at=room.newer_ended_at,
        takes_no_day=lambda step: step.key not in open_steps or room.taken_by(step) is not None,
    )
    for each in planned:
        step, message = each.step, written.pop(each.step.id, None)
        if message is None:
            _add(rows, patient, enrolment_id, each, room, now)
        elif step.key in open_steps and (step.reminds is None or step.reminds in open_steps):
            _follow(message, each)
            message.replaced_by = room.taken_by(step)
        elif message.status is Status.SCHEDULED and not step.reminds:
            message.replaced_by = room.taken_by(step)
    for message in written.values():
        cancel(message, now=now, by=by)
    check_in = next((each for each in planned if each.step.is_check_in and each.step.key in open_steps), None)
    if check_in and (is_asked_again(treatment.precautions) or not is_new):
        rows.write()  # the enrolment may be among them
        silence.call_on(db, enrolment_id=enrolment_id, treatment=treatment, at=check_in.slot.due_at)


def cancel(message: Message, *, now: datetime, by: str) -> None:
    """Let a message that has not left never leave; what has left stays as it is."""
    if message.status is Status.SCHEDULED:
        message.status, message.cancelled_at, message.cancelled_by = Status.CANCELLED, now, by
        message.lease_token = message.leased_until = None


def _lock(db: Session, enrolment_id: UUID) -> Sequence[Message]:
    return db.scalars(
        select(Message).where(Message.enrolment_id == enrolment_id).order_by(Message.id).with_for_update(),
        execution_options={"populate_existing": True},
    ).all()


def _reaches(held: Held, patient: Patient) -> Reaches:
    return frozenset(
        (channel, purpose)
        for channel in Channel
        if address_of(patient, channel) is not None
        for purpose in Purpose
        if held.get((patient.id, channel, purpose)) is Consented.GIVEN
    )


def _add(rows: Rows, patient: Patient, enrolment_id: UUID, planned: Planned, room: Room, now: datetime) -> None:
    step = planned.step
    rows.add(
        Message,
        once_key=_once_key(enrolment_id, step),
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        enrolment_id=enrolment_id,
        step_id=step.id,
        origin=Origin.STEP,
        purpose=step.purpose,
        wording=step.wording,
        lane=ORDINARY_LANE,
        replaced_by=room.taken_by(step),
        created_at=now,
        **_place(planned),
    )


def _once_key(enrolment_id: UUID | None, step: Step) -> str:
    return f"step:{enrolment_id}:{step.key}"


def _follows_plan(message: Message, step: Step) -> bool:
    """Whether it is still to go where and when the plan says, and not where another one did not arrive."""
    return message.status is Status.SCHEDULED and message.once_key == _once_key(message.enrolment_id, step)


def _follow(message: Message, planned: Planned) -> None:
    """Take over channel and time; a message whose own time has not changed keeps its place."""
    if (message.channel, message.nominal_at) == (planned.channel, planned.slot.nominal_at):
        return
    for name, value in _place(planned).items():
        setattr(message, name, value)
    message.lease_token = message.leased_until = message.next_try_at = None


def _place(planned: Planned) -> dict[str, Any]:
    slot = planned.slot
    return {
        "channel": planned.channel,
        "nominal_at": slot.nominal_at,
        "due_at": slot.due_at,
        "expires_at": slot.expires_at,
        "why": [shift.as_json() for shift in slot.shifts],
    }
