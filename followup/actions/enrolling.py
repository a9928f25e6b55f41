"""Records a treatment session and, in the same transaction, writes down every message that is owed after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import auditing, entries, owing, patients, planning
from followup.actions.entries import TreatmentEntry
from followup.db import new_id
from followup.models import Clinic, Enrolment, Message, Patient, TreatmentSession
from followup.rules import risk


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

    @property
    def warnings(self) -> list[str]:
        """What the article that sets our words says against this treatment, as sentences for staff."""
        return risk.warnings(self.treatment.precautions)


def record_treatment(db: Session, *, entry: TreatmentEntry, now: datetime, by: str) -> Recorded:
    """Record a treatment session, enrol it in its plan and schedule every message.

    The same entry again changes nothing. What cannot go (no consent, no working address, no emergency number) is
    written all the same, and shows why it waits. Raises EntryError, UnknownClinic, UnknownPlan or Conflict.
    """
    entries.check_ended(entry.ended_at, now)
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
        return Recorded(known, owing.messages_of(db, known), was_known=True)
    plan = planning.newest(db, entry.plan)
    patient = patients.recognise(db, clinic=clinic, entry=entry, now=now, by=by)
    treatment = _treatment(clinic, patient, entry, content, now, by)
    enrolment = Enrolment(id=new_id(), treatment_id=treatment.id, plan_id=plan.id, created_at=now)
    db.add(treatment)
    db.flush()
    db.add(enrolment)
    db.flush()
    auditing.note(
        db,
        did="record",
        subject="treatment",
        subject_id=treatment.id,
        now=now,
        by=by,
        details={"warnings": risk.warnings(treatment.precautions)},
    )
    owing.owe(db, clinic=clinic, patient=patient, treatment=treatment, enrolment=enrolment, plan=plan, now=now, by=by)
    return Recorded(treatment, owing.messages_of(db, treatment), was_known=False)


def _known(db: Session, clinic: Clinic, external_id: str) -> TreatmentSession | None:
    return db.scalars(
        select(TreatmentSession).where(
            TreatmentSession.clinic_id == clinic.id, TreatmentSession.external_id == external_id
        )
    ).one_or_none()


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
