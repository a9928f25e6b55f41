"""How a time without a zone and a phone number without a country code are read, for whom we know already."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from followup.actions.changing import NotFound
from followup.actions.entries import MOST_CLINICS, PlaceOf, unknown_clinic
from followup.actions.fields import Place
from followup.models import Clinic, Message, Patient, TreatmentSession
from followup.models.owed import zone_of


def of_clinics(db: Session) -> PlaceOf:
    """Where a clinic is, by its key. What is given raises EntryError when there is none."""

    def find(key: str) -> Place:
        row = db.execute(select(Clinic.zone, Clinic.country).where(Clinic.key == key)).one_or_none()
        if row is None:
            raise unknown_clinic(key, db.scalars(select(Clinic.key).order_by(Clinic.key).limit(MOST_CLINICS + 1)))
        return Place(*row)

    return find


def of_treatment(db: Session, treatment_id: UUID) -> Place:
    """Where the patient of a treatment session is, as far as we know. Raises NotFound."""
    with_clinic = _WITH_CLINIC.join(TreatmentSession, TreatmentSession.patient_id == Patient.id)
    return _place(db, with_clinic.where(TreatmentSession.id == treatment_id), f"treatment session {treatment_id}")


def of_message(db: Session, message_id: UUID) -> Place:
    """Where the patient of a message is, as far as we know. Raises NotFound."""
    with_clinic = _WITH_CLINIC.join(Message, Message.patient_id == Patient.id)
    return _place(db, with_clinic.where(Message.id == message_id), f"message {message_id}")


_WITH_CLINIC = select(Patient, Clinic).join(Clinic, Patient.clinic_id == Clinic.id)


def _place(db: Session, wanted: Select[Patient, Clinic], what: str) -> Place:
    row = db.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(f"there is no {what}")
    patient, clinic = row
    return Place(zone_of(patient, clinic).key, clinic.country)
