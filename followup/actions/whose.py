"""Whose reply is it? The phone tells where one patient has it; where several do, the conversation, else we ask once.

Nobody guesses: what no one can tell waits, is shown to staff, and a worry in it is acted on all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from followup.actions import auditing
from followup.actions.obeying import CONVERSATION
from followup.actions.questions import open_question
from followup.models import Alert, Message, Patient, Reply, Staff
from followup.rules import lifecycle
from followup.rules.naming import can_tell, is_only_a_name, named
from followup.terms import Channel, Origin

ASK = "ask-which-patient"


class Assigned(Exception):
    """The reply is somebody else's already; the text says whose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Who may have written a reply; `patient` when it is plain."""

    patient: Patient | None = None
    holders: Sequence[Patient] = ()  #: everyone who gets texts on that phone
    staff: Staff | None = None
    only_names: bool = False  #: it tells whom earlier ones are about, and nothing else
    may_ask: bool = False  #: a first name would settle it, and we have not asked yet


def find(db: Session, *, reply: Reply, holders: Sequence[Patient]) -> Whose:
    """Who wrote this. `holders` are locked. Says whom earlier replies are about, if that is what this one does."""
    if reply.patient_id:
        return Whose(patient=db.get_one(Patient, reply.patient_id), holders=holders)
    works_here = Staff.phone == reply.sent_from, Staff.left_at.is_(None)
    staff = db.scalars(select(Staff).where(*works_here)).one_or_none()
    if len(holders) <= 1:
        return Whose(patient=holders[0] if holders else None, holders=holders, staff=staff)
    names, waits = [holder.given_name for holder in holders], _waits_for_a_name(db, reply, holders)
    if waits and (place := named(reply.body, names)) is not None:
        _settle_waiting(db, reply, holders[place])
        alone = is_only_a_name(reply.body)
        return Whose(patient=holders[place], holders=holders, staff=staff, only_names=alone)
    return Whose(
        patient=_in_conversation(db, reply, holders),
        holders=holders,
        staff=staff,
        may_ask=not waits and can_tell(names),
    )


def assign(db: Session, *, reply: Reply, patient: Patient, by: str, now: datetime, via: str = "") -> None:
    """A person says whose reply it is; it is read again with what is known of that patient.

    Both are locked. `via` is what the name came through. Raises Assigned if it is another patient's.
    """
    if reply.patient_id == patient.id:
        return
    if reply.patient_id:
        raise Assigned(f"reply {reply.id} is of patient {reply.patient_id} already")
    _give(db, reply, patient)
    details = {"patient": str(patient.id), "via": via}
    auditing.note(db, did="assign", subject="reply", subject_id=reply.id, now=now, by=by, details=details)


def _give(db: Session, reply: Reply, patient: Patient) -> None:
    reply.patient_id, reply.read_at = patient.id, None
    alert = db.get(Alert, reply.alert_id, with_for_update=True) if reply.alert_id else None
    if alert and alert.patient_id is None:
        alert.patient_id, alert.clinic_id = patient.id, patient.clinic_id


def _settle_waiting(db: Session, reply: Reply, patient: Patient) -> None:
    """What waited for this name is that patient's, and is read again."""
    waiting = select(Reply).where(
        Reply.sent_from == reply.sent_from,
        Reply.patient_id.is_(None),
        Reply.id != reply.id,
        Reply.received_at > reply.received_at - CONVERSATION,
    )
    for earlier in db.scalars(waiting.order_by(Reply.id).with_for_update()):
        _give(db, earlier, patient)


def _waits_for_a_name(db: Session, reply: Reply, holders: Sequence[Patient]) -> bool:
    """Whether we have asked this phone whom it is about, and nobody has said it yet."""
    asked_at = db.scalar(
        select(Message.created_at)
        .where(
            Message.patient_id.in_([holder.id for holder in holders]),
            Message.wording == ASK,
            Message.created_at > reply.received_at - CONVERSATION,
        )
        .order_by(Message.created_at.desc())
        .limit(1)
    )
    if asked_at is None:
        return False
    told = exists().where(
        Reply.sent_from == reply.sent_from,
        Reply.patient_id.is_not(None),
        Reply.received_at >= asked_at,
        Reply.id != reply.id,
    )
    return not db.scalar(select(told))


def _in_conversation(db: Session, reply: Reply, holders: Sequence[Patient]) -> Patient | None:
    """The one whose question is open; where none is, the only one whom we have texted lately."""
    asked = [holder for holder in holders if open_question(db, patient_id=holder.id, reply=reply)]
    if asked:
        return asked[0] if len(asked) == 1 else None
    texted = set(
        db.scalars(
            select(Message.patient_id).where(
                Message.patient_id.in_([holder.id for holder in holders]),
                Message.channel == Channel.SMS,
                Message.origin.in_((Origin.STEP, Origin.BY_HAND)),
                Message.status.in_(lifecycle.GONE),
                Message.left_at <= reply.received_at,
                Message.left_at > reply.received_at - CONVERSATION,
            )
        )
    )
    spoken_to = [holder for holder in holders if holder.id in texted]
    return spoken_to[0] if len(spoken_to) == 1 else None
