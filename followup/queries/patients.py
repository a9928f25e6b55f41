"""Patients as staff and booking systems see them: who they are, how they are reached, what they agreed to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import product
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import Clinic, Consent, Patient
from followup.terms import Channel, Consented, ConsentSource, Purpose


@dataclass(frozen=True, slots=True)
class ConsentView:
    """One line of the consent ledger."""

    channel: Channel
    purpose: Purpose
    says: Consented
    source: ConsentSource
    method: Annotated[str, Field(description="How it was given: a form, spoken, the id of a reply.")]
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class PatientSummary:
    """One patient, and how they are reached."""

    id: UUID
    external_id: str | None
    clinic: str
    given_name: str
    family_name: str
    phone: Annotated[str | None, Field(description="E.164; null when it cannot get texts.")]
    phone_given: Annotated[str, Field(description="The number as it was handed in.")]
    phone_failed_at: Annotated[datetime | None, Field(description="When a gateway said that the number is no good.")]
    email: Annotated[str | None, Field(description="Null when no email can reach it.")]
    email_given: Annotated[str, Field(description="The address as it was handed in.")]
    email_failed_at: Annotated[datetime | None, Field(description="When a mail server said that it is no good.")]
    language: str
    timezone: Annotated[str | None, Field(description="Null: the clinic's.")]
    next_visit_at: datetime | None


@dataclass(frozen=True, slots=True)
class PatientView(PatientSummary):
    """One patient, with the consent that holds now."""

    consents: Sequence[ConsentView]


def look(db: Session, *, patient_id: UUID) -> PatientView | None:
    """One patient; None if there is no such one."""
    row = db.execute(
        select(Patient, Clinic).join(Clinic, Patient.clinic_id == Clinic.id).where(Patient.id == patient_id)
    ).one_or_none()
    if row is None:
        return None
    lines = db.scalars(select(Consent).where(Consent.patient_id == patient_id).order_by(Consent.id))
    latest = {(line.channel, line.purpose): line for line in lines}
    held = [latest[each] for each in product(Channel, Purpose) if each in latest]
    return PatientView(**asdict(summary(*row)), consents=[consent_view(line) for line in held])


def summary(patient: Patient, clinic: Clinic) -> PatientSummary:
    """A patient of this clinic, without their consent."""
    return PatientSummary(
        id=patient.id,
        external_id=patient.external_id,
        clinic=clinic.key,
        given_name=patient.given_name,
        family_name=patient.family_name,
        phone=patient.phone,
        phone_given=patient.phone_given,
        phone_failed_at=patient.phone_failed_at,
        email=patient.email,
        email_given=patient.email_given,
        email_failed_at=patient.email_failed_at,
        language=patient.language,
        timezone=patient.zone,
        next_visit_at=patient.next_visit_at,
    )


def consent_view(line: Consent) -> ConsentView:
    """A line of the ledger as it is shown."""
    return ConsentView(
        channel=line.channel,
        purpose=line.purpose,
        says=line.says,
        source=line.source,
        method=line.evidence,
        recorded_at=line.recorded_at,
        recorded_by=line.recorded_by,
    )
