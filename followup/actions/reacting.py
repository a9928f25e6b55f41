"""What a reply that has been read sets off: an alert for a person, and the one answer that the patient gets."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from followup.actions import alerting, replying
from followup.actions.questions import Open
from followup.actions.whose import Whose
from followup.models import Alert, Clinic, Message, Patient, Reply
from followup.models.facts import latest_consents
from followup.models.owed import IS_OWED
from followup.rules.understanding import ANSWERED, Meaning, is_no_worse, wording
from followup.terms import Consented, Label, Purpose

_SEVERITIES = list(Label)
_NO_MATTER = frozenset({Label.THANKS, Label.STOP})


def complete(db: Session, *, who: Whose, meaning: Meaning) -> Meaning:
    """What a reply means for this patient as things stand: what no automatic answer can settle goes to a person."""
    if meaning.alert:
        return meaning
    if who.patient is None:  # thanks from someone who shares a phone need no name; a stranger's are for staff to judge
        is_no_matter = _NO_MATTER.issuperset(meaning.labels) and (who.holders or meaning.labels == (Label.STOP,))
        return meaning if is_no_matter else meaning.also(Label.UNCLEAR)
    cannot_book = _is_held(db, who.patient) or not db.get_one(Clinic, who.patient.clinic_id).booking_url
    return meaning.also(Label.UNCLEAR) if Label.BOOKING in meaning.labels and cannot_book else meaning


def react(
    db: Session,
    *,
    reply: Reply,
    who: Whose,
    meaning: Meaning,
    question: Open | None,
    is_answered: bool,
    now: datetime,
) -> None:
    """Tell staff, and answer the patient. `is_answered`: it was a keyword, which has its confirmation."""
    patients = [who.patient] if who.patient else who.holders
    willing = replying.may_text(db, patients)
    before = replying.answered(db, patients=patients, reply=reply)
    alert = None
    if meaning.alert:
        stopped = bool(patients) and not willing
        alert = tell_staff(db, reply=reply, label=meaning.alert, patients=patients, now=now, must_phone=stopped)
    elif reply.alert_id:
        _close_what_had_no_name(db, reply, now)
    if not willing or is_answered:
        return
    asks = bool(who.patient is None and who.may_ask and meaning.alert)
    said = words_back(db, patient=who.patient, meaning=meaning, question=question, now=now)
    if said and (meaning.is_worry or not asks) and _is_news(ANSWERED[said], before):
        replying.answer(db, reply=reply, patient=willing[0], wording=said, alert=alert, question=question, now=now)
    if asks:
        replying.ask_whose(db, reply=reply, patient=willing[0], now=now)


def words_back(
    db: Session, *, patient: Patient | None, meaning: Meaning, question: Open | None, now: datetime
) -> str | None:
    """The wording that answers a reply of this meaning; None for nothing."""
    return wording(
        meaning,
        held=meaning.alert is not None or (patient is not None and _is_held(db, patient)),
        may_book=_may_book(db, patient, meaning, question, now),
    )


def tell_staff(
    db: Session, *, reply: Reply, label: Label, patients: Sequence[Patient], now: datetime, must_phone: bool = False
) -> Alert:
    """The alert of a reply; of no patient while it is not plain whose it is, and of no clinic if it may be of several.

    `patients` are all who may have written it.
    """
    alert, _ = alerting.hear(
        db,
        reply=reply,
        label=label,
        clinic=clinic_of(db, patients),
        patient=patients[0] if len(patients) == 1 else None,
        now=now,
        must_phone=must_phone,
    )
    return alert


def clinic_of(db: Session, patients: Sequence[Patient]) -> Clinic | None:
    """The clinic of all of these; of strangers the only clinic there is."""
    of_these = select(Clinic).where(Clinic.id.in_({one.clinic_id for one in patients}))
    clinics = db.scalars((of_these if patients else select(Clinic)).limit(2)).all()
    return clinics[0] if len(clinics) == 1 else None


def _is_held(db: Session, patient: Patient) -> bool:
    opened = exists().where(Alert.patient_id == patient.id, Alert.resolved_at.is_(None))
    return bool(db.scalar(select(opened)))


def _may_book(db: Session, patient: Patient | None, meaning: Meaning, question: Open | None, now: datetime) -> bool:
    """Whether another visit may be offered with the thanks for a score."""
    if patient is None or question is None or not meaning.scores:
        return False
    is_booked = patient.next_visit_at is not None and patient.next_visit_at > now
    prompt = exists().where(Message.patient_id == patient.id, IS_OWED, Message.purpose == Purpose.BOOKING)
    wants_prompts = latest_consents(db, [patient.id]).get((patient.id, question.message.channel, Purpose.BOOKING))
    return (
        not is_booked
        and not db.scalar(select(prompt))  # it will be offered anyway
        and wants_prompts is Consented.GIVEN
        and bool(db.get_one(Clinic, patient.clinic_id).booking_url)
        and all(is_no_worse(score, baseline=question.treatment.baseline_pain) for score in meaning.scores)
    )


def _is_news(label: Label, before: Label | None) -> bool:
    """Whether the patient has not had as bad an answer to an open worry. The safety text may come again."""
    return label is Label.EMERGENCY or before is None or _SEVERITIES.index(label) < _SEVERITIES.index(before)


def _close_what_had_no_name(db: Session, reply: Reply, now: datetime) -> None:
    """An alert that was raised only because nobody knew whose the reply is, once that is known and nothing is left."""
    alert = db.get_one(Alert, reply.alert_id, with_for_update=True)
    others = db.scalar(select(func.count()).where(Reply.alert_id == alert.id, Reply.id != reply.id))
    if alert.label is Label.UNCLEAR and alert.taken_at is None and not others:
        alerting.resolve(
            db, alert=alert, by="patient", note="The patient said whom it is about; nothing else is open.", now=now
        )
