"""Messages as staff and booking systems see them: what left, what will leave, when, and why then or why not."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from followup.messages.twilio_codes import CODES
from followup.models import Attempt, AuditEntry, Message, Receipt, Step, facts
from followup.models.facts import GAVE_UP, Known
from followup.models.owed import Owed, load
from followup.queries import cursors
from followup.rules.permission import Hold, Skip, judge
from followup.rules.slots import Shift, say
from followup.terms import Channel, Origin, Purpose, Reason, ReceiptKind, Status

_TROUBLED = {
    Status.FAILED: "The gateway did not take it.",
    Status.UNDELIVERED: "The carrier could not deliver it.",
    Status.UNCERTAIN: "It may have gone; a receipt, the gateway's list or a person will tell.",
}

_BY_PEOPLE = ("write", "reschedule", "cancel", "restore", "settle")
_OF_NO_STEP = {
    Origin.REPLY: "It answers what the patient wrote.",
    Origin.CONFIRMATION: "It confirms what the patient chose.",
    Origin.ALARM: "It tells staff of an alert.",
    Origin.BY_HAND: "A person wrote it.",
}


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message without anything that names its patient."""

    id: UUID
    patient: Annotated[UUID | None, Field(description="None for a notice to staff.")]
    treatment: UUID | None
    step: str | None
    origin: Origin
    purpose: Purpose | None
    channel: Channel
    status: Status
    due_at: datetime
    due_local: Annotated[str, Field(description="`due_at` where the patient is, with its offset from UTC.")]
    expires_at: datetime
    left_at: datetime | None
    blocked: Annotated[Reason | None, Field(description="Why a scheduled message would not leave as things stand.")]
    reason: Annotated[Reason | None, Field(description="Why a skipped message did not leave.")]
    because: Annotated[str, Field(description="That reason, or what became of the message, as a sentence for staff.")]
    why: Annotated[list[str], Field(description="Every shift of its time, as sentences for staff.")]
    wording: str
    wording_version: str | None
    segments: int | None


_SEEN = [each.name for each in fields(MessageView)]


@dataclass(frozen=True, slots=True)
class AttemptView:
    number: int
    begun_at: datetime
    answered_at: datetime | None
    outcome: str | None
    reference: str | None
    code: str


@dataclass(frozen=True, slots=True)
class ReceiptView:
    said: str
    kind: str
    code: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ActView:
    """What a person did to a message: write, reschedule, cancel, restore or settle."""

    did: str
    did_at: datetime
    did_by: str


@dataclass(frozen=True, slots=True)
class Story(MessageView):
    """One message's whole life."""

    reckoned: Annotated[str, Field(description="What its time counts from, as a sentence for staff.")]
    body: Annotated[str | None, Field(description="What was said, word for word, once it has left.")]
    attempts: Sequence[AttemptView]
    receipts: Sequence[ReceiptView]
    acts: Annotated[Sequence[ActView], Field(description="What people did to it, oldest first.")]


@dataclass(frozen=True, slots=True)
class Page:
    items: Sequence[MessageView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which messages; a field that is None does not choose."""

    status: Status | None = None
    patient: UUID | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None


def page(db: Session, *, chosen: Filter, now: datetime, cursor: str | None = None, limit: int = 50) -> Page:
    """Messages by due time, `limit` at a time. Raises BadCursor."""
    where = list(_where(chosen))
    if cursor:
        where.append(tuple_(Message.due_at, Message.id) > cursors.after(cursor))
    ids = db.execute(
        select(Message.id, Message.due_at).where(*where).order_by(Message.due_at, Message.id).limit(limit + 1)
    ).all()
    found = {each.message.id: each for each in load(db, Message.id.in_([row.id for row in ids[:limit]]))}
    last = ids[limit - 1] if len(ids) > limit else None
    return Page(
        items=views(db, [found[row.id] for row in ids[:limit]], now=now),
        next_cursor=cursors.cursor(last.due_at, last.id) if last else None,
    )


def story(db: Session, *, message_id: UUID, now: datetime) -> Story | None:
    """Everything that happened to one message, oldest first; None if there is no such message."""
    return next(iter(stories(db, load(db, Message.id == message_id), now=now)), None)


def stories(db: Session, owed: Sequence[Owed], *, now: datetime) -> list[Story]:
    """Everything that happened to these messages, in their order; a fixed number of queries."""
    ids = [each.message.id for each in owed]
    attempts, receipts = defaultdict[UUID, list[AttemptView]](list), defaultdict[UUID, list[ReceiptView]](list)
    for one in db.scalars(select(Attempt).where(Attempt.message_id.in_(ids)).order_by(Attempt.number)):
        attempts[one.message_id].append(
            AttemptView(one.number, one.begun_at, one.answered_at, one.outcome, one.reference, one.code)
        )
    for receipt in db.scalars(select(Receipt).where(Receipt.message_id.in_(ids)).order_by(Receipt.id)):
        receipts[receipt.message_id].append(receipt_view(receipt))
    acts = _acts(db, owed)
    return [
        Story(
            **{name: getattr(view, name) for name in _SEEN},  # `asdict` would copy every value, which takes long
            reckoned=reckoned(each),
            body=each.message.body,
            attempts=attempts[view.id],
            receipts=receipts[view.id],
            acts=acts[view.id],
        )
        for each, view in zip(owed, views(db, owed, now=now), strict=True)
    ]


def views(db: Session, owed: Sequence[Owed], *, now: datetime) -> list[MessageView]:
    """These messages as they stand at `now`, in their order."""
    said = troubles(db, owed)
    known = facts.gather(db, owed)
    return [_view(each, _blocked(each, known, now), said.get(each.message.id, "")) for each in owed]


def reckoned(each: Owed) -> str:
    """What a message's time counts from, as a sentence for staff."""
    if each.message.wording == "heartbeat":
        return "It tests the way to whoever is first on call."
    if each.step is None or each.treatment is None:
        return _OF_NO_STEP.get(each.message.origin, "It stands by itself.")
    if each.step.reminds:
        return f"It asks once more, {_after(each.step)} after its question left."
    ended = say(each.treatment.ended_at, each.zone)
    return f"{_after(each.step).capitalize()} after the treatment session that ended {ended}."


def receipt_view(one: Receipt) -> ReceiptView:
    """A receipt as it is shown."""
    return ReceiptView(one.said, one.kind, one.code, one.received_at)


def _after(step: Step) -> str:
    if step.day is not None:
        return f"day {step.day}, at {step.at:%H:%M},"
    minutes = round((step.after or timedelta(0)) / timedelta(minutes=1))
    if not minutes:
        return "right"
    days, hours = divmod(minutes // 60, 24)
    units = ((days, "day"), (hours, "hour"), (minutes % 60, "minute"))
    return " and ".join(f"{number} {unit}{'s' if number > 1 else ''}" for number, unit in units if number)


def _where(chosen: Filter) -> Iterator[ColumnElement[bool]]:
    if chosen.status is not None:
        yield Message.status == chosen.status
    if chosen.patient is not None:
        yield Message.patient_id == chosen.patient
    if chosen.due_from is not None:
        yield Message.due_at >= chosen.due_from
    if chosen.due_to is not None:
        yield Message.due_at < chosen.due_to


def troubles(db: Session, owed: Sequence[Owed]) -> dict[UUID, str]:
    """What a gateway or carrier said of messages that did not arrive, or may not have, as sentences for staff."""
    wanted = [each.message.id for each in owed if each.message.status in _TROUBLED]
    if not wanted:
        return {}
    attempts = select(Attempt.message_id, Attempt.code, Attempt.id).where(Attempt.message_id.in_(wanted))
    receipts = select(Receipt.message_id, Receipt.code, Receipt.id).where(
        Receipt.message_id.in_(wanted), Receipt.kind.in_((ReceiptKind.UNDELIVERED, ReceiptKind.FAILED))
    )
    said = db.execute(attempts.union_all(receipts).order_by("id"))
    codes = {message_id: code for message_id, code, _ in said}
    given_up = _given_up(db, wanted)
    return {
        each.message.id: given_up.get(each.message.id) or _trouble(each.message.status, codes.get(each.message.id, ""))
        for each in owed
    }


def _acts(db: Session, owed: Sequence[Owed]) -> defaultdict[UUID, list[ActView]]:
    """By message: what people did to it."""
    acts = defaultdict[UUID, list[ActView]](list)
    ids = [each.message.id for each in owed]
    notes = select(AuditEntry).where(
        AuditEntry.subject == "message", AuditEntry.subject_id.in_(map(str, ids)), AuditEntry.did.in_(_BY_PEOPLE)
    )
    for note in db.scalars(notes.order_by(AuditEntry.id)) if ids else ():
        acts[UUID(note.subject_id)].append(ActView(note.did, note.did_at, note.did_by))
    for message in (each.message for each in owed):  # cancelled with its session or after a restore: no note of its own
        done = acts[message.id]
        if message.cancelled_at and not any((act.did, act.did_at) == ("cancel", message.cancelled_at) for act in done):
            done.append(ActView("cancel", message.cancelled_at, message.cancelled_by or ""))
    return acts


def _given_up(db: Session, wanted: Sequence[UUID]) -> dict[UUID, str]:
    """Why messages failed before any gateway heard of them."""
    notes = select(AuditEntry.subject_id, AuditEntry.details).where(
        AuditEntry.subject == "message", AuditEntry.subject_id.in_(map(str, wanted)), AuditEntry.did == GAVE_UP
    )
    return {UUID(message_id): f"It could not be written: {details['why']}" for message_id, details in db.execute(notes)}


def _trouble(status: Status, code: str) -> str:
    if status not in _TROUBLED:
        return ""
    known = CODES.get(code)
    return f"{_TROUBLED[status]} {known.sentence if known else f'It said: {code}.' if code else ''}".rstrip()


def _blocked(each: Owed, known: Known, now: datetime) -> Reason | None:
    if each.message.status is not Status.SCHEDULED:
        return None
    verdict = judge(known.about(each, now=now), now=max(now, each.message.due_at))
    return verdict.reason if isinstance(verdict, Skip | Hold) else None


def _view(each: Owed, blocked: Reason | None, trouble: str) -> MessageView:
    message = each.message
    because = blocked or message.reason
    return MessageView(
        id=message.id,
        patient=message.patient_id,
        treatment=each.treatment.id if each.treatment else None,
        step=each.step.key if each.step else None,
        origin=message.origin,
        purpose=message.purpose,
        channel=message.channel,
        status=message.status,
        due_at=message.due_at,
        due_local=message.due_at.astimezone(each.zone).isoformat(),
        expires_at=message.expires_at,
        left_at=message.left_at,
        blocked=blocked,
        reason=message.reason,
        because=because.sentence if because else trouble,
        why=[Shift.from_json(shift).sentence(each.zone) for shift in message.why],
        wording=message.wording,
        wording_version=message.wording_version,
        segments=message.segments,
    )
