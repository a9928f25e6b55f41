"""A person says what a reply is about. That is kept beside what triage said, and may make an alert worse, never milder."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from followup.actions import alerting, auditing, obeying, reacting, replying
from followup.models import Patient, Reply
from followup.rules.escalation import is_worse
from followup.rules.understanding import Meaning
from followup.terms import AlertCause, Label


def lock(db: Session, reply_id: UUID) -> Reply | None:
    """A reply and everyone whose it may be, locked in the order in which they are read; None if there is no such one."""
    obeying.writers(db, reply_id=reply_id)
    return db.get(Reply, reply_id, with_for_update=True, populate_existing=True)


def relabel(db: Session, *, reply: Reply, label: Label, by: str, now: datetime, via: str = "") -> None:
    """Keep what this person says; a worse label than before is an alert, as if triage had said it. The reply is locked.

    `via` is what the name came through: a key of the API, the staff pages.
    """
    before = reply.relabelled or (Label(reply.labels[0]) if reply.labels else None)
    reply.relabelled, reply.relabelled_at, reply.relabelled_by = label, now, by
    details = {"from": before, "to": label, "via": via}
    auditing.note(db, did="relabel", subject="reply", subject_id=reply.id, now=now, by=by, details=details)
    if Meaning(labels=(label,)).alert and (before is None or is_worse(label, before)):
        tell(db, reply=reply, label=label, now=now)


def tell(db: Session, *, reply: Reply, label: Label, now: datetime) -> None:
    """Let somebody hear what a person says that a reply is about."""
    known = db.get(Patient, reply.patient_id) if reply.patient_id else None
    patients = [known] if known else obeying.phone_holders(db, reply.sent_from)
    stopped = bool(patients) and not replying.may_text(db, patients)
    alert = reacting.tell_staff(db, reply=reply, label=label, patients=patients, now=now, must_phone=stopped)
    if not is_worse(label, alert.label):
        return
    # Somebody has that alert, or has closed it, as something milder: this is news to them.
    reply.alert_id = alerting.raise_alert(
        db,
        once_key=f"relabel:{reply.id}:{label}",
        cause=AlertCause.REPLY,
        label=label,
        clinic=reacting.clinic_of(db, patients),
        patient=patients[0] if len(patients) == 1 else None,
        now=now,
        must_phone=stopped,
    ).id
