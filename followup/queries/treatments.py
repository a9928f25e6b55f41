"""Treatment sessions as booking systems see them: what was recorded, of whom, and every message that is owed after."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.db import among
from followup.models import Clinic, Enrolment, Message, Patient, Plan, TreatmentSession
from followup.models.owed import load
from followup.queries import messages, patients
from followup.queries.messages import MessageView
from followup.queries.patients import PatientSummary
from followup.rules import risk


@dataclass(frozen=True, slots=True)
class TreatmentSummary:
    """One treatment session, as it was recorded or corrected since."""

    id: UUID
    external_id: str
    clinic: str
    ended_at: datetime
    practitioner: str
    regions: Sequence[str]
    precautions: Sequence[str]
    warnings: Annotated[
        Sequence[str], Field(description="What staff should hear about these precautions, as sentences.")
    ]
    first_treatment: bool
    is_high_risk: Annotated[bool, Field(description="Whether silence is not taken for fine.")]
    baseline_pain: int | None
    plan: str
    plan_version: int
    recorded_at: datetime
    recorded_by: str
    cancelled_at: datetime | None
    cancelled_by: str | None


@dataclass(frozen=True, slots=True)
class TreatmentView(TreatmentSummary):
    """One treatment session with its patient and every message owed after it."""

    patient: PatientSummary
    messages: Annotated[Sequence[MessageView], Field(description="In the order of due times.")]


def look(db: Session, *, treatment_id: UUID, now: datetime) -> TreatmentView | None:
    """One treatment session as it stands at `now`; None if there is no such one."""
    return look_at(db, treatment_ids=[treatment_id], now=now).get(treatment_id)


def look_at(db: Session, *, treatment_ids: Collection[UUID], now: datetime) -> dict[UUID, TreatmentView]:
    """Treatment sessions as they stand at `now`, by id; without those that there are not."""
    rows = db.execute(
        select(TreatmentSession, Patient, Clinic, Plan)
        .join(Patient, TreatmentSession.patient_id == Patient.id)
        .join(Clinic, TreatmentSession.clinic_id == Clinic.id)
        .join(Enrolment, Enrolment.treatment_id == TreatmentSession.id)
        .join(Plan, Enrolment.plan_id == Plan.id)
        .where(among(db, TreatmentSession.id, treatment_ids))
    ).all()
    enrolments = select(Enrolment.id).where(among(db, Enrolment.treatment_id, treatment_ids))
    owed = load(db, Message.enrolment_id.in_(enrolments))  # in these words SQLite uses the index
    owed.sort(key=lambda each: (each.message.due_at, each.message.id))
    told: defaultdict[UUID | None, list[MessageView]] = defaultdict(list)
    for view in messages.views(db, owed, now=now):
        told[view.treatment].append(view)
    return {
        treatment.id: TreatmentView(
            **_told(treatment, clinic, plan),
            patient=patients.summary(patient, clinic),
            messages=told[treatment.id],
        )
        for treatment, patient, clinic, plan in rows
    }


def summary(treatment: TreatmentSession, clinic: Clinic, plan: Plan) -> TreatmentSummary:
    """A treatment session without its patient and messages."""
    return TreatmentSummary(**_told(treatment, clinic, plan))


def _told(treatment: TreatmentSession, clinic: Clinic, plan: Plan) -> dict[str, Any]:
    return {
        "id": treatment.id,
        "external_id": treatment.external_id,
        "clinic": clinic.key,
        "ended_at": treatment.ended_at,
        "practitioner": treatment.practitioner,
        "regions": treatment.regions,
        "precautions": treatment.precautions,
        "warnings": risk.warnings(treatment.precautions),
        "first_treatment": treatment.first_treatment,
        "is_high_risk": risk.is_high_risk(
            regions=treatment.regions, precautions=treatment.precautions, first_treatment=treatment.first_treatment
        ),
        "baseline_pain": treatment.baseline_pain,
        "plan": plan.key,
        "plan_version": plan.version,
        "recorded_at": treatment.recorded_at,
        "recorded_by": treatment.recorded_by,
        "cancelled_at": treatment.cancelled_at,
        "cancelled_by": treatment.cancelled_by,
    }
