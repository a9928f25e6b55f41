"""Whose treatment session is this? Someone we know, with what is new about them, or someone new."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from followup.actions import consenting
from followup.actions.entries import ConsentEntry, PatientChange, TreatmentEntry
from followup.db import new_id
from followup.models import Clinic, Patient
from followup.terms import Channel


def recognise(db: Session, *, clinic: Clinic, entry: TreatmentEntry, now: datetime, by: str) -> Patient:
    """Find the patient by the sender's own id, else by name and phone or email; add one if there is none.

    What the entry says of a known patient is newer, so it wins. The patient is locked until the transaction ends.
    """
    patient = _find(db, clinic, entry)
    if patient is None:
        patient = Patient(id=new_id(), clinic_id=clinic.id, created_at=now)
        db.add(patient)
    correct(patient, entry.patient)
    patient.external_id = entry.patient.external_id or patient.external_id
    patient.next_visit_at = entry.next_visit_at or patient.next_visit_at
    db.flush()
    _keep_consent(db, patient, entry.consent, now, by)
    return patient


def _find(db: Session, clinic: Clinic, entry: TreatmentEntry) -> Patient | None:
    given, query = entry.patient, select(Patient).where(Patient.clinic_id == clinic.id).with_for_update()
    if given.external_id:
        return db.scalars(query.where(Patient.external_id == given.external_id)).one_or_none()
    addresses = []
    if given.phone.given:
        addresses.append(
            Patient.phone == given.phone.e164 if given.phone.e164 else Patient.phone_given == given.phone.given
        )
    if given.email.address:
        addresses.append(Patient.email == given.email.address)
    same_name = (Patient.given_name == given.given_name, Patient.family_name == given.family_name)
    if not addresses:
        return None
    return db.scalars(query.where(*same_name, or_(*addresses)).order_by(Patient.id).limit(1)).one_or_none()


def correct(patient: Patient, said: PatientChange) -> None:
    """Take over what is said about a patient. Another address is a new one, whatever became of the old."""
    for name in said.model_fields_set & {"given_name", "family_name", "language"}:
        setattr(patient, name, getattr(said, name))
    patient.zone = said.timezone or patient.zone
    if said.phone.given:
        patient.phone_failed_at = patient.phone_failed_at if said.phone.e164 == patient.phone else None
        patient.phone, patient.phone_given = said.phone.e164, said.phone.given
    if said.email.given:
        patient.email_failed_at = patient.email_failed_at if said.email.address == patient.email else None
        patient.email, patient.email_given = said.email.address, said.email.given


def _keep_consent(db: Session, patient: Patient, consent: ConsentEntry, now: datetime, by: str) -> None:
    for channel, said in ((Channel.SMS, consent.sms), (Channel.EMAIL, consent.email)):
        if said is not None:
            consenting.state_at_desk(
                db, patient=patient, channel=channel, permitted=said, evidence=consent.method, now=now, by=by
            )
