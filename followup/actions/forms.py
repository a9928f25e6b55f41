"""What patients fill in on a page: kept at once, as a text is, and read with the next tick by the same rules.

Whether it answers its question is decided as it comes, because the page says so. Later or once more it is no answer;
it is kept all the same, for it may be a worry.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from followup.actions import reacting
from followup.actions.questions import Open, put_by
from followup.actions.whose import Whose
from followup.db import new_id
from followup.models import Message, Patient, Reply, TreatmentSession
from followup.models.writing import insert_new
from followup.rules import forms as rules
from followup.rules.forms import Filled
from followup.rules.triage import Reading, triage
from followup.rules.understanding import Meaning
from followup.terms import Channel, Question

_ANSWERABLE = timedelta(days=14)  # after its question
_MOST = 10  # forms from one link; nobody changes their mind more often

_FORM = "form"  # what the reference of such a reply begins with
_NOTHING_SAID = Reading((), ())


class Door(StrEnum):
    """Whether the page behind a link still takes an answer."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"  #: the question is too long ago, or is about an older treatment session


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that leads to a form."""

    message: Message
    question: Open | None  #: None: it asks nothing, but whoever has something to say may say it
    door: Door

    @property
    def asks(self) -> Question | None:
        """What the form asks for, beside own words."""
        return self.question.question if self.question else None


@dataclass(frozen=True, slots=True)
class Heard:
    """A form as it was understood, for the words that the patient sees at once."""

    meaning: Meaning
    wording: str | None
    door: Door  #: as it was when these words came first
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    """A reply that is a form."""

    reading: Reading  #: of the own words
    words_at: int  #: where they begin in the body
    question: Open | None  #: which it answers
    meaning: Meaning


def asked(db: Session, *, message: Message, now: datetime) -> Asked:
    """What a message asks, and whether it can still be answered on its page."""
    put = put_by(db, message=message)
    if _is_over(db, message, now):
        return Asked(message, put and put[0], Door.EXPIRED)
    return Asked(message, put and put[0], Door.ANSWERED if put and put[1] else Door.OPEN)


def keep(
    db: Session,
    *,
    asked: Asked,
    patient: Patient,
    filled: Filled,
    body: str,
    page: str,
    raw: dict[str, Any],
    now: datetime,
) -> Heard:
    """Keep a form once, however often it is sent, and say how it is understood. The patient is locked.

    `body`: what was ticked in words, and then the own words; `raw`: the form's fields.
    """
    reference = f"{_FORM}:{asked.message.id}:{sha256(body.encode()).hexdigest()[:32]}"
    mine = Reply.channel == Channel.EMAIL, Reply.reference == reference
    before = db.scalars(select(Reply).where(*mine)).one_or_none()
    door = Door.OPEN if before and before.answers_id else asked.door
    question = asked.question if door is Door.OPEN else None
    meaning = reacting.complete(
        db, who=Whose(patient=patient), meaning=_understand(filled, _read(filled), asked.question, question)
    )
    heard = Heard(meaning, reacting.words_back(db, patient=patient, meaning=meaning, question=question, now=now), door)
    if before:
        return heard
    if _count(db, patient, asked.message) >= _MOST:
        return Heard(meaning, heard.wording, door, is_kept=False)
    row = {
        "id": new_id(),
        "channel": Channel.EMAIL,
        "reference": reference,
        "sent_from": patient.email or str(patient.id),
        "sent_to": page,
        "body": body,
        "raw": raw,
        "received_at": now,
        "patient_id": patient.id,
        "answers_id": question.message.id if question and meaning.answers_question else None,
    }
    insert_new(db, Reply, [row], "channel", "reference")
    return heard


def form_of(db: Session, reply: Reply) -> Form | None:
    """A reply as the form that it is; None if it is a text."""
    kind, _, rest = reply.reference.partition(":")
    if reply.channel is not Channel.EMAIL or kind != _FORM:
        return None
    message = db.get_one(Message, UUID(rest.partition(":")[0]))
    put = put_by(db, message=message)
    asks = put[0] if put else None
    question = asks if reply.answers_id else None
    filled = rules.read(reply.raw, asks.question if asks else None)
    reading = _read(filled)
    return Form(reading, len(reply.body) - len(filled.words), question, _understand(filled, reading, asks, question))


def _read(filled: Filled) -> Reading:
    return triage(filled.words) if filled.words else _NOTHING_SAID


def _understand(filled: Filled, reading: Reading, asked: Open | None, question: Open | None) -> Meaning:
    return rules.understand(
        filled,
        labels=reading.labels,
        matched=[(match.label, match.words) for match in reading.matched],
        question=question.question if question else None,
        baseline=asked.treatment.baseline_pain if asked else None,
    )


def _is_over(db: Session, message: Message, now: datetime) -> bool:
    asked_at = message.left_at or message.due_at
    newer = select(TreatmentSession.id).where(
        TreatmentSession.patient_id == message.patient_id,
        TreatmentSession.ended_at > asked_at,
        TreatmentSession.cancelled_at.is_(None),
    )
    return now > asked_at + _ANSWERABLE or bool(db.scalar(select(newer.exists())))


def _count(db: Session, patient: Patient, message: Message) -> int:
    theirs = Reply.patient_id == patient.id  # has an index; a reference by its beginning has none
    same = Reply.reference.startswith(f"{_FORM}:{message.id}:")
    return db.scalars(select(func.count()).select_from(Reply).where(theirs, same)).one()
