"""A reply that was given to the wrong patient goes to the right one, and what it had set off follows as far as it can.

It is read again for the right patient. What cannot follow stays, and is said: words that have left, an alert that
somebody looks after, and a STOP, which nobody but the patient undoes.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import alerting, auditing, consenting, owing, relabelling
from followup.actions.whose import Assigned
from followup.models import Alert, Consent, Message, Outcome, Patient, Reply
from followup.rules.understanding import Meaning
from followup.terms import AlertCause, Channel, Consented, ConsentSource, Label


class Unmovable(Exception):
    """What came through a patient's own link is theirs."""


def move(
    db: Session, *, reply: Reply, patient: Patient, was: UUID, by: str, now: datetime, via: str = ""
) -> Sequence[str]:
    """Give a reply to another patient than the one (`was`) who has it; what stays with that one, as sentences.

    The reply and the patient are locked. Raises Assigned if somebody else has moved it, or Unmovable.
    """
    if reply.patient_id != was:
        holder = f"of patient {reply.patient_id} by now" if reply.patient_id else "of nobody yet; leave instead_of out"
        raise Assigned(f"reply {reply.id} is {holder}")
    if reply.channel is not Channel.SMS:
        raise Unmovable("it was filled in on a page that only this patient has; it cannot be another's")
    if patient.id == was:
        return []
    first = db.get_one(Patient, was, with_for_update=True, populate_existing=True)
    stays = [
        *_move_alert(db, reply, first, patient),
        *_take_answer_back(db, reply, first, patient, now, by),
        *_stop_both(db, reply, first, patient, now),
    ]
    if reply.answers_id:
        stays.append(f"It had counted as an answer of {first.given_name}: a reminder that it kept back stays unsent.")
    scores = _forget_scores(db, reply)
    _hold_again(db, reply, first)
    reply.patient_id, reply.answers_id, reply.read_at = patient.id, None, None
    db.flush()
    if reply.relabelled and Meaning(labels=(reply.relabelled,)).alert:
        relabelling.tell(db, reply=reply, label=reply.relabelled, now=now)
    details = {"from": str(was), "patient": str(patient.id), "scores": scores, "via": via}
    auditing.note(db, did="move", subject="reply", subject_id=reply.id, now=now, by=by, details=details)
    return stays


def _move_alert(db: Session, reply: Reply, first: Patient, patient: Patient) -> Iterator[str]:
    """An alert of this reply alone that nobody has taken follows; of any other the right patient gets a new one."""
    alert = alerting.lock(db, reply.alert_id) if reply.alert_id else None
    if alert:
        others = db.scalar(select(Reply.id).where(Reply.alert_id == alert.id, Reply.id != reply.id).limit(1))
        if alert.cause is AlertCause.REPLY and alert.taken_at is None and others is None:
            alerting.let_go(db, alert)
            alert.patient_id, alert.clinic_id = patient.id, patient.clinic_id
        else:
            reply.alert_id = None
            if alert.resolved_at is None:
                yield f"An alert of {first.given_name} tells of more, or is taken, and stays: close it there."
    db.flush()
    own = [f"reply:{reply.id}", *(f"relabel:{reply.id}:{label}" for label in Label)]
    for left in db.scalars(
        select(Alert).where(Alert.once_key.in_(own), Alert.patient_id == first.id).with_for_update()
    ):
        left.once_key = f"moved:{left.id}"


def _take_answer_back(
    db: Session, reply: Reply, first: Patient, patient: Patient, now: datetime, by: str
) -> Iterator[str]:
    """An answer that has not left is cancelled, and the right patient may get one of their own."""
    answer = db.scalars(select(Message).where(Message.once_key == f"answer:{reply.id}").with_for_update()).one_or_none()
    if answer is None:
        return
    has_left = answer.left_at is not None
    if has_left:
        yield f"The answer to it has gone to {first.given_name} already."
    else:
        owing.cancel(answer, now=now, by=by)
    if not has_left or first.phone != patient.phone:
        answer.once_key = f"answer:{reply.id}:{first.id}"


def _stop_both(db: Session, reply: Reply, first: Patient, patient: Patient, now: datetime) -> Iterator[str]:
    """A STOP is one for the number: it stays where it was heard, and holds for who wrote it."""
    evidence = f"reply {reply.reference}"
    said = db.scalars(select(Consent).where(Consent.patient_id == first.id, Consent.evidence == evidence)).all()
    if stopped := [line.purpose for line in said if line.says is Consented.WITHDRAWN]:
        consenting.withdraw(
            db,
            patient=patient,
            channel=reply.channel,
            source=ConsentSource.REPLY,
            evidence=evidence,
            now=now,
            by="patient",
            purposes=stopped,
        )
        yield f"The STOP in it holds for both: only {first.given_name} can start texts to {first.given_name} again."
    elif said:
        yield f"What it changed in what {first.given_name} permits stays: look at it on their page."


def _forget_scores(db: Session, reply: Reply) -> dict[str, int]:
    """What was measured by it is measured again, against the right patient's question."""
    scores = db.scalars(select(Outcome).where(Outcome.reply_id == reply.id)).all()
    for score in scores:
        db.delete(score)
    return {score.measure.value: score.value for score in scores}


def _hold_again(db: Session, reply: Reply, first: Patient) -> None:
    """Worries that were let go because it said that they are gone hold prompts again."""
    released = select(Alert).where(
        Alert.patient_id == first.id, Alert.released_at == reply.read_at, Alert.resolved_at.is_(None)
    )
    for alert in db.scalars(released.with_for_update()) if reply.read_at else ():
        alert.released_at = None
