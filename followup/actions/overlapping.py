"""What a newer treatment session does to the messages that are still owed after an older one.

Care and booking of the older one are replaced. Feedback that is owed stays and waits until the patient has recovered
from the newer session; its twin in the newer plan is replaced instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import Message, Patient, Plan, Step, TreatmentSession, facts
from followup.models.facts import Owed, latest_consents
from followup.rules import lifecycle
from followup.rules.frequency import spread, texts_by_day
from followup.rules.slots import Shift, Slot
from followup.rules.timing import FEEDBACK_WAIT
from followup.terms import Channel, Consented, Origin, Overlap, Purpose, ShiftRule, Status


@dataclass(slots=True)
class Room:
    """What other treatment sessions of the same patient leave to the messages of this one."""

    newer: TreatmentSession | None = None
    held: dict[str, UUID] = field(default_factory=dict)  #: feedback steps owed after another session, and which
    texts: Sequence[datetime] = ()  #: when the patient's other texts went, or are due

    @property
    def newer_ended_at(self) -> datetime | None:
        """When the latest session ended, if that is not this one."""
        return self.newer.ended_at if self.newer else None

    def taken_by(self, step: Step) -> UUID | None:
        """The other treatment session whose message takes this step's place, if any."""
        if step.purpose is Purpose.FEEDBACK:
            return self.held.get(step.reminds or step.key)
        return self.newer.id if self.newer else None


def make_room(db: Session, *, patient: Patient, treatment: TreatmentSession, plan: Plan) -> Room:
    """Replace or move what older sessions still owe, and tell what that leaves to this one."""
    room = Room()
    others = [
        each
        for each in facts.load(
            db,
            Message.patient_id == patient.id,
            Message.origin == Origin.STEP,
            Message.status == Status.SCHEDULED,
            Message.replaced_by.is_(None),
            lock=True,
        )
        if each.treatment is not None and each.treatment.id != treatment.id
    ]
    if plan.overlap is Overlap.SUPERSEDE:
        room.newer = _newer(db, treatment)
        for each in others:
            _meet(room, each, treatment, _texts(db, patient, others, besides=each))
    room.texts = _texts(db, patient, others)
    return room


def _meet(room: Room, each: Owed, treatment: TreatmentSession, texts: Sequence[datetime]) -> None:
    assert each.treatment is not None
    assert each.step is not None
    is_newer = each.treatment.ended_at > treatment.ended_at
    if each.message.purpose is Purpose.FEEDBACK and (is_newer or _waits(each, treatment, texts)):
        room.held[each.step.reminds or each.step.key] = each.treatment.id
    elif not is_newer:
        each.message.replaced_by = treatment.id


def _waits(each: Owed, treatment: TreatmentSession, texts: Sequence[datetime]) -> bool:
    """Move owed feedback behind the newer session; False, and unmoved, if it would expire before it could go."""
    message, wait = each.message, treatment.ended_at + FEEDBACK_WAIT
    kept = tuple(Shift.from_json(shift) for shift in message.why)
    slot = Slot(message.nominal_at, message.due_at, message.expires_at, kept)
    if slot.due_at < wait:
        slot = slot.moved(ShiftRule.NEWER_SESSION, wait)
        slot = slot.moved(ShiftRule.QUIET_HOURS, each.quiet.opens_at(slot.due_at, each.zone))
        if each.is_capped:
            slot = spread(slot, zone=each.zone, quiet=each.quiet, taken=texts_by_day(texts, each.zone))
    if slot.is_too_late:
        return False
    message.due_at, message.why = slot.due_at, [shift.as_json() for shift in slot.shifts]
    message.lease_token = message.leased_until = None
    return True


def _newer(db: Session, treatment: TreatmentSession) -> TreatmentSession | None:
    return db.scalars(
        select(TreatmentSession)
        .where(
            TreatmentSession.patient_id == treatment.patient_id,
            TreatmentSession.ended_at > treatment.ended_at,
            TreatmentSession.cancelled_at.is_(None),
        )
        .order_by(TreatmentSession.ended_at.desc())
        .limit(1)
    ).one_or_none()


def _texts(db: Session, patient: Patient, others: Sequence[Owed], *, besides: Owed | None = None) -> list[datetime]:
    """When the patient's texts of a plan went, or are due unless they are conditional or cannot go."""
    held = latest_consents(db, [patient.id])
    owed = [
        each.message.due_at
        for each in others
        if each is not besides
        and each.message.channel is Channel.SMS
        and each.message.replaced_by is None
        and each.message.due_at < each.message.expires_at
        and not (each.step and each.step.is_conditional)
        and held.get((patient.id, Channel.SMS, each.message.purpose)) is Consented.GIVEN
    ]
    left = db.scalars(
        select(Message.left_at).where(
            Message.patient_id == patient.id,
            Message.channel == Channel.SMS,
            Message.origin == Origin.STEP,
            Message.status.in_(lifecycle.GONE),
        )
    )
    return [*owed, *(moment for moment in left if moment)]
