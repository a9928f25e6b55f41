"""One conversation: what a patient, or a number that nobody knows, wrote, what we said in between, and what was noted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from followup.models import Alert, AuditEntry, Message, Patient, Reply
from followup.models.owed import load
from followup.queries import cursors, desk, messages, replies
from followup.queries.inbox import name_of
from followup.queries.replies import ReplyView
from followup.rules.keywords import Keyword
from followup.terms import Channel, Label, Origin, Status

_AT_ONCE = 1500  # characters of a reply that are shown without a press
_SHOWN_BEFORE = (Origin.BY_HAND, Origin.REPLY)  # whether or not they have left
_ANSWERS = ("answer", "whose", *Keyword)  # how the once_key of what answers a reply begins


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a reply; matched ones speak for a label."""

    words: str
    is_matched: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What was written to us. `rest` is what is too long to be shown at once."""

    reply: ReplyView
    pieces: Sequence[Piece]
    rest: Sequence[Piece]
    signs: Sequence[tuple[Label, str]]  #: every label, and the words that speak for it
    seen_by: str | None

    @property
    def id(self) -> UUID:
        """The reply's."""
        return self.reply.id

    @property
    def at(self) -> datetime:
        """When it came."""
        return self.reply.received_at


@dataclass(frozen=True, slots=True)
class Said:
    """What we wrote, or are about to. `by` is who wrote it by hand."""

    id: UUID
    at: datetime
    words: str
    title: str  #: key of the step, else of the wording
    origin: Origin
    channel: Channel
    status: Status
    because: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Noted:
    """An alert that a person closed, and what they noted."""

    id: UUID
    at: datetime
    by: str
    note: str
    label: Label


@dataclass(frozen=True, slots=True)
class Conversation:
    """All of it, or its newest part. `patient` is None while nobody knows who wrote from this number."""

    patient: Patient | None
    number: str  #: where a person may call; empty if there is none
    items: Sequence[Heard | Said | Noted]  #: oldest first
    earlier: str | None  #: where the part before this one ends
    holders: Sequence[Patient]  #: everyone who gets texts on this number, when it is not plain who wrote

    @property
    def name(self) -> str:
        """What pages call it."""
        return name_of(self.patient) if self.patient else self.number

    @property
    def unseen(self) -> Sequence[UUID]:
        """The replies that nobody has read."""
        return [each.reply.id for each in self.heard if each.seen_by is None]

    @property
    def heard(self) -> Sequence[Heard]:
        """The replies alone."""
        return [each for each in self.items if isinstance(each, Heard)]


def look(
    db: Session, *, thread_id: UUID, now: datetime, before: str | None = None, limit: int = 50
) -> Conversation | None:
    """The newest part of a conversation, or what was before; None if there is none of that id. Raises BadCursor.

    `thread_id` is a patient's, else that of any reply from a number that nobody knows.
    """
    patient, part = db.get(Patient, thread_id), _Part(cursors.after(before) if before else None, limit)
    if patient:
        heard = _heard(db, part, Reply.patient_id == patient.id)
        noted = _noted(db, part, Alert.patient_id == patient.id)
        left = or_(Message.left_at.is_not(None), Message.origin.in_(_SHOWN_BEFORE))
        said = _said(db, part, now, Message.patient_id == patient.id, left)
        return _whole(patient, patient.phone or patient.phone_given, [*heard, *noted, *said], [], limit)
    reply = db.get(Reply, thread_id)
    if reply is None or reply.patient_id:
        return None
    heard = _heard(db, part, Reply.sent_from == reply.sent_from, Reply.patient_id.is_(None))
    alerts = [each.reply.alert for each in heard if each.reply.alert]
    noted = _noted(db, part, Alert.id.in_(alerts), Alert.patient_id.is_(None))
    answers = [f"{kind}:{each.reply.id}" for each in heard for kind in _ANSWERS]
    said = _said(db, part, now, Message.once_key.in_(answers))
    holders = select(Patient).where(Patient.phone == reply.sent_from).order_by(Patient.given_name, Patient.id)
    return _whole(None, reply.sent_from, [*heard, *noted, *said], db.scalars(holders).all(), limit)


@dataclass(frozen=True, slots=True)
class _Part:
    """Which part of everything: so many, before a place."""

    before: tuple[datetime, UUID] | None
    limit: int

    def of(self, at: Any, row_id: Any) -> Select[Any]:
        query = select(row_id).order_by(at.desc(), row_id.desc()).limit(self.limit + 1)
        return query.where(tuple_(at, row_id) < self.before) if self.before else query


def _whole(
    patient: Patient | None, number: str, found: list[Heard | Said | Noted], holders: Sequence[Patient], limit: int
) -> Conversation:
    newest = sorted(found, key=lambda each: (each.at, each.id), reverse=True)
    shown = newest[:limit]
    earlier = cursors.cursor(shown[-1].at, shown[-1].id) if len(newest) > limit else None
    return Conversation(patient, number, shown[::-1], earlier, holders)


def _heard(db: Session, part: _Part, *where: ColumnElement[bool]) -> list[Heard]:
    ids = part.of(Reply.received_at, Reply.id).where(*where)
    return [_read(row) for row in db.scalars(select(Reply).where(Reply.id.in_(ids)))]


def _read(row: Reply) -> Heard:
    reply = replies.view(row)
    pieces = _pieces(reply)
    signs = dict.fromkeys(reply.labels, "")
    for match in reply.matched:
        said = signs.get(match.label, "")
        if match.label in signs and match.words not in said.split(", "):
            signs[match.label] = f"{said}, {match.words}" if said else match.words
    shown, rest = _cut(pieces)
    return Heard(reply, shown, rest, list(signs.items()), row.seen_by)


def _pieces(reply: ReplyView) -> list[Piece]:
    """The words of a reply, cut where matched ones begin and end; what matches twice is marked once."""
    pieces, end = list[Piece](), 0
    for match in sorted(reply.matched, key=lambda each: (each.start, each.end)):
        start, stop = max(match.start, end), match.end
        if start < stop <= len(reply.body):
            pieces += [Piece(reply.body[end:start], is_matched=False), Piece(reply.body[start:stop], is_matched=True)]
            end = stop
    return [piece for piece in (*pieces, Piece(reply.body[end:], is_matched=False)) if piece.words]


def _cut(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """What is shown at once, and the rest."""
    shown, rest, room = list[Piece](), list[Piece](), _AT_ONCE
    for piece in pieces:
        here, there = piece.words[:room], piece.words[room:]
        room -= len(here)
        shown += [Piece(here, piece.is_matched)] if here else []
        rest += [Piece(there, piece.is_matched)] if there else []
    return shown, rest


def _said(db: Session, part: _Part, now: datetime, *where: ColumnElement[bool]) -> list[Said]:
    ids = part.of(func.coalesce(Message.left_at, Message.due_at), Message.id).where(*where)
    owed = load(db, Message.id.in_(ids))
    writers = _writers(db, [each.message.id for each in owed if each.message.origin is Origin.BY_HAND])
    return [
        Said(
            id=view.id,
            at=view.left_at or view.due_at,
            words=each.message.body or str(each.message.values.get("text", "")),
            title=view.step or view.wording,
            origin=view.origin,
            channel=view.channel,
            status=view.status,
            because=view.because,
            by=writers.get(view.id),
        )
        for each, view in zip(owed, messages.views(db, owed, now=now), strict=True)
    ]


def _writers(db: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    wrote = select(AuditEntry.subject_id, AuditEntry.did_by).where(
        AuditEntry.subject == "message", AuditEntry.subject_id.in_(map(str, ids)), AuditEntry.did == "write"
    )
    return {UUID(message_id): by for message_id, by in db.execute(wrote)}


def _noted(db: Session, part: _Part, *where: ColumnElement[bool]) -> list[Noted]:
    ids = part.of(Alert.resolved_at, Alert.id).where(Alert.resolved_at.is_not(None), *where)
    return [
        Noted(one.id, one.resolved_at, one.resolved_by or "", one.note or "", one.label)
        for one in db.scalars(select(Alert).where(Alert.id.in_(ids)))
        if one.resolved_at
    ]


def newer(db: Session, *, thread_id: UUID, at: datetime) -> int:
    """How many replies of a conversation came later than that, counted up to `desk.MOST`."""
    number = select(Reply.sent_from).where(Reply.id == thread_id).scalar_subquery()
    is_unknown = Reply.patient_id.is_(None) & (Reply.sent_from == number)
    of_patient, of_number = (
        select(Reply.id).where(whose, Reply.received_at > at) for whose in (Reply.patient_id == thread_id, is_unknown)
    )
    return sum(desk.count(db, of_patient, of_number))


def thread_of(db: Session, alert: Alert) -> UUID | None:
    """The conversation that an alert is about; None if nobody wrote and nobody knows of whom it is."""
    if alert.patient_id:
        return alert.patient_id
    replied = select(Reply.id).where(Reply.alert_id == alert.id, Reply.patient_id.is_(None))
    return db.scalar(replied.order_by(Reply.received_at.desc()).limit(1))
