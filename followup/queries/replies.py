"""Replies as staff and a clinic's other software see them: what came back, and what was made of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from followup.models import Reply, Staff
from followup.queries import cursors
from followup.terms import Channel, Label


@dataclass(frozen=True, slots=True)
class MatchView:
    """Words of a reply that speak for a label."""

    label: Label
    words: str
    start: Annotated[int, Field(description="Where they begin in `body`, in characters.")]
    end: int


@dataclass(frozen=True, slots=True)
class ReplyView:
    """One reply, word for word."""

    id: UUID
    channel: Channel
    received_at: datetime
    sent_from: Annotated[str, Field(description="E.164: the phone that it came from.")]
    patient: Annotated[UUID | None, Field(description="Null while nobody knows whose it is, and for staff.")]
    body: str
    pictures: Annotated[Sequence[str], Field(description="Where Twilio keeps what was attached.")]
    read_at: Annotated[datetime | None, Field(description="When it was understood; null until then.")]
    label: Annotated[
        Label | None, Field(description="What a person says that it is about, else the worst of `labels`.")
    ]
    labels: Annotated[Sequence[Label], Field(description="What triage and the open question say, the worst first.")]
    matched: Annotated[Sequence[MatchView], Field(description="Which words say so.")]
    answers: Annotated[UUID | None, Field(description="The message whose question it answers.")]
    alert: Annotated[UUID | None, Field(description="The alert that it raised or joined.")]
    relabelled: Annotated[Label | None, Field(description="What a person says that it is about.")]
    relabelled_at: datetime | None
    relabelled_by: str | None


@dataclass(frozen=True, slots=True)
class ReplyPage:
    items: Sequence[ReplyView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which replies; a field that is None or false does not choose."""

    patient: UUID | None = None
    unassigned: bool = False
    relabelled: bool = False


def page(db: Session, *, chosen: Filter, cursor: str | None = None, limit: int = 50) -> ReplyPage:
    """Replies, the newest first. Raises BadCursor."""
    where = list(_where(chosen))
    if cursor:
        where.append(tuple_(Reply.received_at, Reply.id) < cursors.after(cursor))
    rows = db.scalars(
        select(Reply).where(*where).order_by(Reply.received_at.desc(), Reply.id.desc()).limit(limit + 1)
    ).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return ReplyPage(
        items=[view(row) for row in rows[:limit]],
        next_cursor=cursors.cursor(last.received_at, last.id) if last else None,
    )


def look(db: Session, *, reply_id: UUID) -> ReplyView | None:
    """One reply; None if there is no such one."""
    reply = db.get(Reply, reply_id)
    return view(reply) if reply else None


def view(reply: Reply) -> ReplyView:
    """A reply as it is shown."""
    labels = [Label(label) for label in reply.labels]
    return ReplyView(
        id=reply.id,
        channel=reply.channel,
        received_at=reply.received_at,
        sent_from=reply.sent_from,
        patient=reply.patient_id,
        body=reply.body,
        pictures=_pictures(reply.raw),
        read_at=reply.read_at,
        label=reply.relabelled or next(iter(labels), None),
        labels=labels,
        matched=[MatchView(Label(each["label"]), each["words"], each["start"], each["end"]) for each in reply.matched],
        answers=reply.answers_id,
        alert=reply.alert_id,
        relabelled=reply.relabelled,
        relabelled_at=reply.relabelled_at,
        relabelled_by=reply.relabelled_by,
    )


def _where(chosen: Filter) -> Iterator[ColumnElement[bool]]:
    if chosen.patient is not None:
        yield Reply.patient_id == chosen.patient
    if chosen.unassigned:
        yield Reply.patient_id.is_(None)
        yield Reply.sent_from.not_in(select(Staff.phone).where(Staff.phone.is_not(None)))
    if chosen.relabelled:
        yield Reply.relabelled.is_not(None)


def _pictures(raw: dict[str, Any]) -> list[str]:
    return [value for name, value in sorted(raw.items()) if name.startswith("MediaUrl") and isinstance(value, str)]
