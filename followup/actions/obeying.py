"""Obeys STOP, START and HELP: as keywords when a reply is kept, and in the patient's own words when it is read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import consenting
from followup.models import Clinic, Message, Patient, Reply
from followup.models.traffic import PRIORITY_LANE
from followup.rules import lifecycle
from followup.rules.keywords import Keyword
from followup.terms import Channel, ConsentSource, Origin, Purpose, StopScope

#: How long after a text a reply is taken to be about it.
CONVERSATION = timedelta(hours=72)

# One confirmation, and only while it still belongs to the STOP that it answers (messaging.md §2.1).
_CONFIRM_WITHIN = timedelta(minutes=5)


def phone_holders(db: Session, phone: str) -> Sequence[Patient]:
    """Everyone who gets texts on this phone, locked until the transaction ends."""
    return db.scalars(
        select(Patient).where(Patient.phone == phone).order_by(Patient.id).with_for_update(),
        execution_options={"populate_existing": True},
    ).all()


def writers(db: Session, *, reply_id: UUID) -> Sequence[Patient]:
    """Everyone who may have written a reply, locked until the transaction ends: a form is of one patient."""
    row = db.execute(select(Reply.sent_from, Reply.channel, Reply.patient_id).where(Reply.id == reply_id)).one_or_none()
    if row is None:
        return []
    if row.channel is Channel.SMS:
        return phone_holders(db, row.sent_from)
    whose = select(Patient).where(Patient.id == row.patient_id).with_for_update()
    return db.scalars(whose, execution_options={"populate_existing": True}).all()


def obey(
    db: Session,
    *,
    keyword: Keyword,
    reply: Reply,
    patients: Sequence[Patient],
    is_answered: bool,
    now: datetime,
    everything: bool = False,
) -> None:
    """Do what these patients ask for, and confirm it once, unless the gateway has (`is_answered`) or nothing changed.

    The patients are locked: a text is either on its way already, or sees that it must not go. `everything`: whatever
    the clinic lets STOP end.
    """
    confirmed = {patient: _do(db, keyword, reply, patient, now, everything=everything) for patient in patients}
    for patient, wording in confirmed.items():
        if wording and not is_answered:
            _confirm(db, keyword, wording, reply, patient, now)
            return


def _do(
    db: Session, keyword: Keyword, reply: Reply, patient: Patient, now: datetime, *, everything: bool
) -> str | None:
    """Write the ledger; the wording that confirms it, if there is anything to confirm."""
    if keyword is Keyword.HELP:
        return "help"
    evidence = f"reply {reply.reference}"
    if keyword is Keyword.START:
        restored = consenting.restore(
            db,
            patient=patient,
            channel=reply.channel,
            source=ConsentSource.REPLY,
            evidence=evidence,
            now=now,
            by="patient",
        )
        return "start-confirmation" if restored else None
    part = () if everything else _answered_part(db, patient, now)
    # Who has stopped that part already and says STOP once more means all of it.
    for purposes, wording in ((part, "stop-part-confirmation"), (tuple(Purpose), "stop-confirmation")):
        if consenting.withdraw(
            db,
            patient=patient,
            channel=reply.channel,
            source=ConsentSource.REPLY,
            evidence=evidence,
            now=now,
            by="patient",
            purposes=purposes,
        ):
            return wording
    return None


def _answered_part(db: Session, patient: Patient, now: datetime) -> tuple[Purpose, ...]:
    """The purpose of the text that a STOP answers, where the clinic lets STOP end no more than that."""
    if db.get_one(Clinic, patient.clinic_id).stop_scope is not StopScope.PURPOSE:
        return ()
    purpose = db.scalar(
        select(Message.purpose)
        .where(
            Message.patient_id == patient.id,
            Message.channel == Channel.SMS,
            Message.origin == Origin.STEP,
            Message.status.in_(lifecycle.GONE),
            Message.left_at > now - CONVERSATION,
        )
        .order_by(Message.left_at.desc(), Message.id.desc())
        .limit(1)
    )
    return (purpose,) if purpose else ()


def _confirm(db: Session, keyword: Keyword, wording: str, reply: Reply, patient: Patient, now: datetime) -> None:
    db.add(
        Message(
            once_key=f"{keyword}:{reply.id}",
            clinic_id=patient.clinic_id,
            patient_id=patient.id,
            origin=Origin.CONFIRMATION,
            wording=wording,
            channel=reply.channel,
            lane=PRIORITY_LANE,
            nominal_at=now,
            due_at=now,
            expires_at=now + _CONFIRM_WITHIN,
            why=[],
            created_at=now,
        )
    )
