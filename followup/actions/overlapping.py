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

from followup.models import Message, Patient, Plan, Step, TreatmentSession
from followup.models.facts import Held
from followup.models.owed import Owed, load
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


def make_room(db: Session, *, patient: Patient, treatment: TreatmentSession, plan: Plan, held: Held) -> Room:
    """Replace or move what older sessions still owe, and tell what that leaves to this one."""
    room = Room()
    others = [
        each
        for each in load(
            db,
            Message.patient_id == patient.id,
            Message.origin == Origin.STEP,
            Message.status == Status.SCHEDULED,
            Message.replaced_by.is_(None),
            lock=True,
        )
        if each.treatment is not None and each.treatment.id != treatment.id
    ]
    texts = _Texts(db, patient, others, held)
    if plan.overlap is Overlap.SUPERSEDE:
        room.newer = _newer(db, treatment)
        for each in sorted(others, key=_turn):
            _meet(room, each, others, treatment, texts)
    room.texts = texts.besides(None)
    return room


def _turn(each: Owed) -> int:
    """First what frees days for the others, last what follows another."""
    if each.message.purpose is not Purpose.FEEDBACK:
        return 0
    return 2 if each.step and each.step.reminds else 1


def _meet(room: Room, each: Owed, others: Sequence[Owed], treatment: TreatmentSession, texts: "_Texts") -> None:
    assert each.treatment is not None
    assert each.step is not None
    stays = each.treatment.ended_at > treatment.ended_at
    if each.message.purpose is Purpose.FEEDBACK:
        question, can_go = _question(each, others), texts.can_go(each)
        if question:  # a reminder is timed anew when its question leaves; until then it only shares the question's fate
            stays = question.replaced_by is None
        elif not stays:
            stays = can_go and _waits(each, treatment, texts.besides(each))
        if stays and can_go and not each.step.reminds:
            room.held[each.step.key] = each.treatment.id
    if not stays:
        each.message.replaced_by = treatment.id


def _question(reminder: Owed, others: Sequence[Owed]) -> Message | None:
    """The question that a reminder repeats, if that has not left yet."""
    assert reminder.step is not None
    wanted = (reminder.message.enrolment_id, reminder.step.reminds)
    return next(
        (each.message for each in others if each.step and (each.message.enrolment_id, each.step.key) == wanted), None
    )


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


class _Texts:
    """A patient's texts of a plan that went, or are due unless they are conditional, replaced or cannot go."""

    def __init__(self, db: Session, patient: Patient, others: Sequence[Owed], held: Held) -> None:
        self._others, self._held = others, held
        left = db.scalars(
            select(Message.left_at).where(
                Message.patient_id == patient.id,
                Message.channel == Channel.SMS,
                Message.origin == Origin.STEP,
                Message.status.in_(lifecycle.GONE),
            )
        )
        self._left = [moment for moment in left if moment]

    def besides(self, one: Owed | None) -> list[datetime]:
        """When they went or are due, all but this one."""
        return [*self._left, *(each.message.due_at for each in self._others if each is not one and self._counts(each))]

    def can_go(self, each: Owed) -> bool:
        """Whether the patient permits it and can be reached, as things stand."""
        permitted = each.patient and self._held.get((each.patient.id, each.message.channel, each.message.purpose))
        return permitted is Consented.GIVEN and each.address is not None

    def _counts(self, each: Owed) -> bool:
        message = each.message
        is_text = message.channel is Channel.SMS and message.replaced_by is None and message.due_at < message.expires_at
        return is_text and self.can_go(each) and not (each.step and each.step.is_conditional)
