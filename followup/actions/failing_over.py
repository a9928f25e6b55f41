"""What did not reach a patient on one channel goes by another one that they permit; else a person must reach them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import alerting
from followup.actions.apart import held_apart
from followup.models import Alert, Message
from followup.models.facts import Held, latest_consents
from followup.models.owed import Owed, address_of, load
from followup.models.traffic import ORDINARY_LANE
from followup.rules.quiet import local_date, quiet_until
from followup.rules.slots import Shift, Slot
from followup.terms import AlertCause, Channel, Consented, Label, Origin, Purpose, Reason, ShiftRule, Status

_Tried = dict[tuple[UUID | None, UUID | None], list[Message]]  # by enrolment and step, in the order in which they came


def take_over(db: Session, ended: Iterable[Message], *, now: datetime) -> None:
    """Owe on another channel what ended without reaching its patient, in the transaction that ended it.

    Only messages of a plan, and those that ended otherwise are left alone. One that has been followed up already is not
    followed up again. Care, and questions of feedback, that no channel can take raise an alert.
    """
    lost = [message.id for message in ended if _is_lost(message)]
    if not lost:
        return
    owed = [each for each in load(db, Message.id.in_(lost)) if each.treatment and not each.treatment.cancelled_at]
    held = latest_consents(db, {each.patient.id for each in owed if each.patient})
    tried, unreached = _tried(db, owed), list[Owed]()
    for each in owed:
        siblings = tried[each.message.enrolment_id, each.message.step_id]
        if siblings[-1] is not each.message:
            continue
        with held_apart("take over", message=each.message.id):
            if twin := _twin(each, _other_channel(each, siblings, held), now):
                db.add(twin)
                continue
        if _needs_a_person(each, held):
            unreached.append(each)
    _raise_alerts(db, unreached, now)


def _is_lost(message: Message) -> bool:
    if message.origin is not Origin.STEP or message.replaced_by:
        return False
    is_nowhere = message.status is Status.SKIPPED and message.reason is Reason.BAD_ADDRESS
    return is_nowhere or message.status in (Status.FAILED, Status.UNDELIVERED)


def _tried(db: Session, owed: Sequence[Owed]) -> _Tried:
    tried: _Tried = defaultdict(list)
    enrolments = {each.message.enrolment_id for each in owed}
    steps = {each.message.step_id for each in owed}
    for message in db.scalars(
        select(Message).where(Message.enrolment_id.in_(enrolments), Message.step_id.in_(steps)).order_by(Message.id)
    ):
        tried[message.enrolment_id, message.step_id].append(message)
    return tried


def _other_channel(each: Owed, siblings: Sequence[Message], held: Held) -> Channel | None:
    """The first channel of the step that was not tried, is permitted and has an address that works."""
    assert each.step is not None
    assert each.patient is not None
    used = {message.channel for message in siblings}
    for channel in map(Channel, each.step.channels):
        is_permitted = held.get((each.patient.id, channel, each.message.purpose)) is Consented.GIVEN
        if channel not in used and is_permitted and address_of(each.patient, channel):
            return channel
    return None


def _slot(each: Owed, now: datetime) -> Slot:
    """Now, or when quiet hours end; it expires with what it takes over from."""
    message = each.message
    kept = (Shift.from_json(shift) for shift in message.why)
    slot = Slot(message.nominal_at, now, message.expires_at, (*kept, Shift(ShiftRule.TOOK_OVER, message.due_at, now)))
    opening = quiet_until(now, zone=each.zone, quiet=each.quiet, ignored_until=each.ignores_quiet_until)
    return slot.moved(ShiftRule.QUIET_HOURS, opening or now)


def _twin(each: Owed, channel: Channel | None, now: datetime) -> Message | None:
    message, slot = each.message, _slot(each, now)
    if channel is None or slot.is_too_late:
        return None
    return Message(
        once_key=f"{message.once_key}/{channel}",
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        enrolment_id=message.enrolment_id,
        step_id=message.step_id,
        origin=message.origin,
        purpose=message.purpose,
        wording=message.wording,
        values=message.values,
        channel=channel,
        lane=ORDINARY_LANE,
        nominal_at=slot.nominal_at,
        due_at=slot.due_at,
        expires_at=slot.expires_at,
        why=[shift.as_json() for shift in slot.shifts],
        created_at=now,
    )


def _needs_a_person(each: Owed, held: Held) -> bool:
    """Who permitted nothing is not unreached; and nobody is called for a reminder or a link to book."""
    message, step = each.message, each.step
    permitted = held.get((message.patient_id, message.channel, message.purpose)) if message.patient_id else None
    if message.status is Status.SKIPPED and permitted is not Consented.GIVEN:
        return False
    is_question = bool(step and step.question and not step.reminds)
    return message.purpose is Purpose.CARE or (message.purpose is Purpose.FEEDBACK and is_question)


def _raise_alerts(db: Session, unreached: Sequence[Owed], now: datetime) -> None:
    """One for each patient, and none while the last one is still open: a person has to call them anyway."""
    if not unreached:
        return
    patients = {each.patient.id: each for each in unreached if each.patient}
    waiting = select(Alert.patient_id).where(
        Alert.patient_id.in_(patients), Alert.cause == AlertCause.UNREACHED, Alert.resolved_at.is_(None)
    )
    for patient_id in patients.keys() - set(db.scalars(waiting)):
        each = patients[patient_id]
        with held_apart("tell of an unreached patient", message=each.message.id), db.begin_nested():
            alerting.raise_alert(
                db,
                once_key=f"unreached:{patient_id}:{local_date(now, each.zone)}",
                cause=AlertCause.UNREACHED,
                label=Label.UNCLEAR,
                clinic=each.clinic,
                patient=each.patient,
                now=now,
            )
