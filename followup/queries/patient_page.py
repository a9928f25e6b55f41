"""Who a patient is to the people who look after them: what to know before speaking, may we write, how is the pain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import Alert, Clinic, Consent, Enrolment, Outcome, Patient, Plan, TreatmentSession
from followup.models.owed import zone_of
from followup.queries import alerts, outcomes
from followup.queries.alerts import AlertView
from followup.queries.outcomes import OutcomeView
from followup.rules import risk
from followup.rules.quiet import QuietHours, quiet_until
from followup.terms import Channel, Measure, Purpose

_FOLLOWED_FOR = timedelta(days=14)  # a session's risks matter for as long as its plan asks about them
_MOST_SESSIONS, _MOST_SCORES, _MOST_LINES, _MOST_ALERTS, _MOST_OTHERS = 100, 200, 60, 20, 10


@dataclass(frozen=True, slots=True)
class Score:
    """One pain score, 0 to 10; said before treatment, or afterwards."""

    at: datetime
    value: int
    is_before: bool


@dataclass(frozen=True, slots=True)
class PatientPage:
    """All of it at one moment, beside the story."""

    patient: Patient
    clinic: Clinic
    zone: ZoneInfo  #: where the patient lives, as far as we know
    quiet_until: datetime | None  #: set while it is quiet there
    sessions: Sequence[TreatmentSession]  #: that stand, newest first, 100 at most
    plan: Plan | None  #: of the newest session
    risks: Sequence[str]  #: what makes the newest session one of high risk, in words, while it is followed
    warnings: Sequence[str]  #: what staff should hear about its precautions, as sentences
    alerts: Sequence[AlertView]  #: that nobody has resolved, newest first
    held: Mapping[tuple[Channel, Purpose], Consent]  #: the line of the ledger that holds now
    ledger: Sequence[Consent]  #: newest first
    scores: Sequence[Score]  #: oldest first
    latest: Mapping[Measure, OutcomeView]  #: the last of every other measure
    others: Sequence[Patient]  #: who shares the phone


def look(db: Session, *, patient_id: UUID, now: datetime) -> PatientPage | None:
    """One patient at business time `now`; None if there is no such one. A fixed number of queries."""
    row = db.execute(
        select(Patient, Clinic).join(Clinic, Patient.clinic_id == Clinic.id).where(Patient.id == patient_id)
    ).one_or_none()
    if row is None:
        return None
    patient, clinic = row
    sessions, newest_plan = _sessions(db, patient)
    measured = _outcomes(db, patient)
    ledger = _ledger(db, patient)
    zone, latest = zone_of(patient, clinic), sessions[0] if sessions else None
    return PatientPage(
        patient=patient,
        clinic=clinic,
        zone=zone,
        quiet_until=quiet_until(now, zone=zone, quiet=QuietHours(clinic.quiet_from, clinic.quiet_until)),
        sessions=sessions,
        plan=newest_plan,
        risks=_risks(latest) if latest and now - latest.ended_at < _FOLLOWED_FOR else [],
        warnings=risk.warnings(latest.precautions) if latest else [],
        alerts=_open_alerts(db, patient, now),
        held={(line.channel, line.purpose): line for line in ledger},
        ledger=ledger[::-1][:_MOST_LINES],
        scores=_scores(sessions, measured),
        latest={one.measure: one for one in measured if one.measure is not Measure.PAIN},
        others=_others(db, patient),
    )


def _sessions(db: Session, patient: Patient) -> tuple[list[TreatmentSession], Plan | None]:
    rows = db.execute(
        select(TreatmentSession, Plan)
        .join(Enrolment, Enrolment.treatment_id == TreatmentSession.id)
        .join(Plan, Enrolment.plan_id == Plan.id)
        .where(TreatmentSession.patient_id == patient.id, TreatmentSession.cancelled_at.is_(None))
        .order_by(TreatmentSession.ended_at.desc())
        .limit(_MOST_SESSIONS)
    ).all()
    return [treatment for treatment, _ in rows], rows[0][1] if rows else None


def _outcomes(db: Session, patient: Patient) -> list[OutcomeView]:
    """The latest, oldest first."""
    newest = select(Outcome.id).where(Outcome.patient_id == patient.id).order_by(Outcome.measured_at.desc())
    return outcomes.views(db, db.scalars(newest.limit(_MOST_SCORES)).all())


def _ledger(db: Session, patient: Patient) -> Sequence[Consent]:
    """Every line, oldest first: the last of each kind holds."""
    return db.scalars(select(Consent).where(Consent.patient_id == patient.id).order_by(Consent.id)).all()


def _open_alerts(db: Session, patient: Patient, now: datetime) -> Sequence[AlertView]:
    opened = select(Alert.id).where(Alert.patient_id == patient.id, Alert.resolved_at.is_(None)).limit(_MOST_ALERTS)
    return alerts.look_at(db, alert_ids=db.scalars(opened).all(), now=now)


def _others(db: Session, patient: Patient) -> Sequence[Patient]:
    if patient.phone is None:
        return []
    same = select(Patient).where(Patient.phone == patient.phone, Patient.id != patient.id)
    return db.scalars(same.order_by(Patient.given_name, Patient.id).limit(_MOST_OTHERS)).all()


def _risks(latest: TreatmentSession) -> list[str]:
    return risk.reasons(regions=latest.regions, precautions=latest.precautions, first_treatment=latest.first_treatment)


def _scores(sessions: Sequence[TreatmentSession], measured: Sequence[OutcomeView]) -> list[Score]:
    before = [Score(one.ended_at, one.baseline_pain, True) for one in sessions if one.baseline_pain is not None]
    after = [Score(one.measured_at, one.value, False) for one in measured if one.measure is Measure.PAIN]
    return sorted([*before, *after], key=lambda score: score.at)
