"""What the patient gets back: fixed words, once for each worry, and nothing after STOP but its confirmation."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from followup.actions.questions import Open
from followup.actions.whose import ASK
from followup.models import Alert, Enrolment, Message, Patient, Reply, TreatmentSession
from followup.models.facts import latest_consents
from followup.models.traffic import PRIORITY_LANE
from followup.rules.scoring import SCALES
from followup.rules.understanding import ANSWERED, ASK_AGAIN
from followup.terms import Channel, Consented, Label, Origin, Purpose, Status

_WORTH_READING_FOR = timedelta(hours=1)
_STILL_APT = timedelta(hours=2)  # what is no worry is answered soon or not at all
_NOT_AGAIN_WITHIN = timedelta(hours=24)
_SAFETY_AGAIN_AFTER = timedelta(hours=1)
_NEVER_LEFT = (Status.SKIPPED, Status.CANCELLED, Status.FAILED)


def may_text(db: Session, patients: Sequence[Patient]) -> list[Patient]:
    """Those who have not stopped our texts about their care; who wants to be told least comes first."""
    held = latest_consents(db, [patient.id for patient in patients])
    stopped = Consented.WITHDRAWN
    willing = [one for one in patients if held.get((one.id, Channel.SMS, Purpose.CARE)) is not stopped]
    return sorted(willing, key=lambda patient: (not patient.minimal, patient.id))


def answered(db: Session, *, patients: Collection[Patient], reply: Reply) -> Label | None:
    """The worst label that was answered, for other replies, about a worry of theirs that is still open."""
    wordings = db.scalars(
        select(Message.wording)
        .join(Alert, Message.alert_id == Alert.id)
        .where(
            *_answers_to(patients, reply),
            Alert.resolved_at.is_(None),
            Alert.released_at.is_(None),
        )
    )
    return min((ANSWERED[wording] for wording in wordings if wording in ANSWERED), key=list(Label).index, default=None)


def was_asked_again(db: Session, *, patient: Patient, question: Open, reply: Reply) -> bool:
    """Whether another reply to this question was answered with the request for one number."""
    since = question.message.left_at or question.message.created_at
    again = exists().where(*_answers_to([patient], reply), Message.wording == ASK_AGAIN, Message.created_at >= since)
    return bool(db.scalar(select(again)))


def answer(
    db: Session,
    *,
    reply: Reply,
    patient: Patient,
    wording: str,
    alert: Alert | None,
    question: Open | None,
    now: datetime,
) -> None:
    """Owe an answer, unless this reply has one, the same words came lately, or it would come too late to be apt."""
    label = ANSWERED[wording]
    if not label.is_worry and now - reply.received_at > _STILL_APT:
        return
    if label is not Label.SCORE and _said_lately(db, patient, wording, label, reply, now):
        return
    _owe(
        db,
        once_key=f"answer:{reply.id}",
        patient=patient,
        wording=wording,
        values=_values(wording, question),
        alert_id=alert.id if alert else None,
        # Its precautions choose among the words, so only where it is plain whose they are.
        enrolment_id=_last_enrolment(db, patient) if reply.patient_id else None,
        now=now,
    )


def ask_whose(db: Session, *, reply: Reply, patient: Patient, now: datetime) -> None:
    """Ask for the first name of whom a reply is about."""
    _owe(db, once_key=f"whose:{reply.id}", patient=patient, wording=ASK, now=now)


def _owe(
    db: Session,
    *,
    once_key: str,
    patient: Patient,
    wording: str,
    now: datetime,
    values: dict[str, str] | None = None,
    alert_id: UUID | None = None,
    enrolment_id: UUID | None = None,
) -> None:
    if db.scalar(select(exists().where(Message.once_key == once_key))):
        return
    db.add(
        Message(
            once_key=once_key,
            clinic_id=patient.clinic_id,
            patient_id=patient.id,
            alert_id=alert_id,
            enrolment_id=enrolment_id,
            origin=Origin.REPLY,
            wording=wording,
            values=values or {},
            channel=Channel.SMS,
            lane=PRIORITY_LANE,
            nominal_at=now,
            due_at=now,
            expires_at=now + _WORTH_READING_FOR,
            why=[],
            created_at=now,
        )
    )


def _answers_to(patients: Collection[Patient], reply: Reply) -> list[ColumnElement[bool]]:
    return [
        Message.patient_id.in_([patient.id for patient in patients]),
        Message.origin == Origin.REPLY,
        Message.status.not_in(_NEVER_LEFT),
        Message.once_key != f"answer:{reply.id}",
    ]


def _said_lately(db: Session, patient: Patient, wording: str, label: Label, reply: Reply, now: datetime) -> bool:
    within = _SAFETY_AGAIN_AFTER if label is Label.EMERGENCY else _NOT_AGAIN_WITHIN
    said = exists().where(*_answers_to([patient], reply), Message.wording == wording, Message.created_at > now - within)
    return bool(db.scalar(select(said)))


def _values(wording: str, question: Open | None) -> dict[str, str]:
    if wording != ASK_AGAIN or question is None:
        return {}
    scale = SCALES[question.question]
    return {"low": str(scale.low), "high": str(scale.high)}


def _last_enrolment(db: Session, patient: Patient) -> UUID | None:
    return db.scalar(
        select(Enrolment.id)
        .join(TreatmentSession, Enrolment.treatment_id == TreatmentSession.id)
        .where(TreatmentSession.patient_id == patient.id)
        .order_by(TreatmentSession.ended_at.desc())
        .limit(1)
    )
