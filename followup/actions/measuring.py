"""Keeps what patients measure: a score answers one question, after one treatment session."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from followup.models import Outcome, Patient, Reply, TreatmentSession
from followup.rules.answers import Score


def keep(
    db: Session,
    *,
    patient: Patient,
    treatment: TreatmentSession | None,
    reply: Reply | None,
    score: Score,
    measured_at: datetime,
    by: str,
) -> None:
    """Keep a score once, however often its reply is read."""
    known = exists().where(Outcome.reply_id == reply.id, Outcome.measure == score.measure) if reply else None
    if known is not None and db.scalar(select(known)):
        return
    db.add(
        Outcome(
            patient_id=patient.id,
            treatment_id=treatment.id if treatment else None,
            reply_id=reply.id if reply else None,
            measure=score.measure,
            value=score.value,
            measured_at=measured_at,
            measured_by=by,
        )
    )
