"""Records a treatment session and, in the same transaction, writes down every message that is owed after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import auditing, entries, overlapping, patients, planning
from followup.actions.entries import TreatmentEntry
from followup.actions.overlapping import Room
from followup.db import new_id
from followup.models import Clinic, Enrolment, Message, Patient, Step, TreatmentSession
from followup.models.facts import address_of, latest_consents, zone_of
from followup.models.traffic import ORDINARY_LANE
from followup.rules.quiet import QuietHours
from followup.rules.slots import Slot
from followup.rules.timing import Wanted, schedule
from followup.terms import Channel, Consented, Origin


class UnknownClinic(Exception):
    """There is no clinic of that key."""


class Conflict(Exception):
    """This `external_id` already stands for a treatment session with other content."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A treatment session with everything that is owed after it, in the order of due times."""

    treatment: TreatmentSession
    messages: Sequence[Message]
    was_known: bool


def record_treatment(db: Session, *, entry: TreatmentEntry, now: datetime, by: str) -> Recorded:
    """Record a treatment session, enrol it in its plan and schedule every message.

    The same entry again changes nothing. What cannot go (no consent, no working address, no emergency number) is
    written all the same, and shows why it waits. Raises EntryError, UnknownClinic, UnknownPlan or Conflict.
    """
    entries.check_time(entry, now)
    # One at a time in a clinic, so that two requests at once cannot both find the session, or its patient, unknown.
    one_at_a_time = select(Clinic).where(Clinic.key == entry.clinic).with_for_update(key_share=True)
    clinic = db.scalars(one_at_a_time).one_or_none()
    if clinic is None:
        raise UnknownClinic(f"clinic {entry.clinic!r} is not known; use the key of a clinic")
    content = entries.content_hash(entry)
    if known := _known(db, clinic, entry.external_id):
        if known.content_hash != content:
            raise Conflict(
                f"external_id {entry.external_id!r} is already recorded with other content; "
                "use a new external_id, or change the recorded session"
            )
        return Recorded(known, _messages(db, known), was_known=True)
    plan = planning.newest(db, entry.plan)
    patient = patients.recognise(db, clinic=clinic, entry=entry, now=now, by=by)
    treatment = _treatment(clinic, patient, entry, content, now, by)
    enrolment = Enrolment(id=new_id(), treatment_id=treatment.id, plan_id=plan.id, created_at=now)
    db.add(treatment)
    db.flush()
    db.add(enrolment)
    db.flush()
    auditing.note(db, did="record", subject="treatment", subject_id=treatment.id, now=now, by=by)
    room = overlapping.make_room(db, patient=patient, treatment=treatment, plan=plan)
    steps = [step for step in planning.steps(db, plan) if _is_for(step, treatment)]
    channels = _channels(db, patient, steps)
    slots = _schedule(clinic, patient, treatment, steps, channels, room, now)
    messages = [
        Message(
            once_key=f"step:{enrolment.id}:{step.key}",
            clinic_id=clinic.id,
            patient_id=patient.id,
            enrolment_id=enrolment.id,
            step_id=step.id,
            origin=Origin.STEP,
            purpose=step.purpose,
            wording=step.wording,
            channel=channel,
            lane=ORDINARY_LANE,
            nominal_at=slot.nominal_at,
            due_at=slot.due_at,
            expires_at=slot.expires_at,
            why=[shift.as_json() for shift in slot.shifts],
            replaced_by=room.taken_by(step),
            created_at=now,
        )
        for step, channel, slot in zip(steps, channels, slots, strict=True)
    ]
    db.add_all(messages)
    return Recorded(treatment, sorted(messages, key=lambda message: message.due_at), was_known=False)


def _is_for(step: Step, treatment: TreatmentSession) -> bool:
    return not step.regions or not set(step.regions).isdisjoint(treatment.regions)


def _channels(db: Session, patient: Patient, steps: Sequence[Step]) -> list[Channel]:
    """For each step the first channel that the patient permits and can be reached on; else the step's first."""
    held = latest_consents(db, [patient.id])
    return [
        next(
            (
                channel
                for channel in map(Channel, step.channels)
                if address_of(patient, channel) and held.get((patient.id, channel, step.purpose)) is Consented.GIVEN
            ),
            Channel(step.channels[0]),
        )
        for step in steps
    ]


def _schedule(
    clinic: Clinic,
    patient: Patient,
    treatment: TreatmentSession,
    steps: Sequence[Step],
    channels: Sequence[Channel],
    room: Room,
    now: datetime,
) -> list[Slot]:
    places = {step.key: place for place, step in enumerate(steps)}
    return schedule(
        [
            Wanted(
                step.time,
                channel,
                conditional=step.is_conditional or room.taken_by(step) is not None,
                reminds=places[step.reminds] if step.reminds else None,
            )
            for step, channel in zip(steps, channels, strict=True)
        ],
        ended_at=treatment.ended_at,
        recorded_at=now,
        zone=zone_of(patient, clinic),
        quiet=QuietHours(clinic.quiet_from, clinic.quiet_until),
        texts=room.texts,
        newer_ended_at=room.newer_ended_at,
    )


def _known(db: Session, clinic: Clinic, external_id: str) -> TreatmentSession | None:
    return db.scalars(
        select(TreatmentSession).where(
            TreatmentSession.clinic_id == clinic.id, TreatmentSession.external_id == external_id
        )
    ).one_or_none()


def _messages(db: Session, treatment: TreatmentSession) -> Sequence[Message]:
    return db.scalars(
        select(Message)
        .join(Enrolment, Message.enrolment_id == Enrolment.id)
        .where(Enrolment.treatment_id == treatment.id)
        .order_by(Message.due_at, Message.id)
    ).all()


def _treatment(
    clinic: Clinic, patient: Patient, entry: TreatmentEntry, content: str, now: datetime, by: str
) -> TreatmentSession:
    return TreatmentSession(
        id=new_id(),
        clinic_id=clinic.id,
        patient_id=patient.id,
        external_id=entry.external_id,
        content_hash=content,
        ended_at=entry.ended_at,
        practitioner=entry.practitioner,
        regions=list(entry.regions),
        precautions=list(entry.precautions),
        first_treatment=entry.first_treatment,
        baseline_pain=entry.baseline_pain,
        recorded_at=now,
        recorded_by=by,
    )
