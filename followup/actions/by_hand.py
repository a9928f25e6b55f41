"""A person writes to a patient in their own words: the same gate as every other message, and the same lengths.

Who answers what a patient wrote within a day is in a conversation: that leaves at once, in quiet hours as well, as our
own answers do. Everything else keeps them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from followup.actions import auditing, composing
from followup.actions.clinic_fields import Unfit
from followup.db import new_id
from followup.messages.filling import BY_HAND, clean_lines
from followup.messages.links import Links
from followup.messages.wording import MAX_SEGMENTS
from followup.models import Clinic, Message, Patient, Reply, facts
from followup.models.owed import Owed
from followup.models.traffic import ORDINARY_LANE, PRIORITY_LANE
from followup.rules import permission
from followup.rules.permission import Hold, Move, Skip
from followup.rules.slots import Shift
from followup.terms import Channel, Origin, Purpose, Reason

WORDING = "by-hand"
LONGEST = 2000  #: characters of an email; a text ends far earlier
_CONVERSATION = timedelta(hours=24)
_APT_FOR: Mapping[bool, timedelta] = {True: timedelta(hours=4), False: timedelta(hours=24)}  # an answer, anything else

# Phones and word processors put these in by themselves, and one of them more than halves what fits into a text.
_PLAIN = str.maketrans(
    {
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{NO-BREAK SPACE}": " ",
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What would become of some words, written now."""

    text: str  #: as it arrives
    subject: str  #: of an email; a text has none
    segments: int  #: of a text; an email has none
    is_behind_link: bool  #: it arrives without the words, which stand on a page of the patient's
    reason: Reason | None  #: why it may not leave at all
    due_at: datetime
    is_answer: bool  #: it leaves at once, in quiet hours as well

    @property
    def is_too_long(self) -> bool:
        """Whether a text takes more segments than one of ours may."""
        return self.segments > MAX_SEGMENTS


def draw_up(db: Session, *, patient: Patient, text: str, channel: Channel, now: datetime, links: Links) -> Draft:
    """Look at words before they are owed; nothing is written. Links of the draft open nothing."""
    each = _owed(db, patient, text, channel, now)
    return _judged(db, each, now, links)


def write(
    db: Session,
    *,
    patient: Patient,
    text: str,
    channel: Channel,
    now: datetime,
    by: str,
    links: Links,
    once: UUID | None = None,
) -> Message:
    """Owe these words to a patient. The same `once` again, of a form sent twice, is the message that there is.

    Raises Unfit: nothing was typed, it is too long, or the patient may not be written to on this channel.
    """
    db.refresh(patient, with_for_update=True)
    once_key = f"{WORDING}:{patient.id}:{once or new_id()}"
    if known := db.scalars(select(Message).where(Message.once_key == once_key)).one_or_none():
        return known
    each = _owed(db, patient, text, channel, now)
    drawn = _judged(db, each, now, links)
    _check(drawn, each.message)
    message = each.message
    message.once_key, message.due_at = once_key, drawn.due_at
    message.expires_at = drawn.due_at + _APT_FOR[drawn.is_answer]
    db.add(message)
    db.flush()
    details = {"patient": str(patient.id), "channel": channel}
    auditing.note(db, did="write", subject="message", subject_id=message.id, now=now, by=by, details=details)
    return message


def _owed(db: Session, patient: Patient, text: str, channel: Channel, now: datetime) -> Owed:
    """The message as it would be; not in the database."""
    is_answer = channel is Channel.SMS and _wrote_lately(db, patient, now)
    message = Message(
        id=new_id(),
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        origin=Origin.BY_HAND,
        purpose=Purpose.CARE,
        wording=WORDING,
        values={BY_HAND: clean_lines(text[:LONGEST].translate(_PLAIN))},
        channel=channel,
        lane=PRIORITY_LANE if is_answer else ORDINARY_LANE,
        nominal_at=now,
        due_at=now,
        expires_at=now + _APT_FOR[is_answer],
        why=[],
        created_at=now,
    )
    return Owed(message, patient, db.get_one(Clinic, patient.clinic_id), step=None, treatment=None)


def _judged(db: Session, each: Owed, now: datetime, links: Links) -> Draft:
    message, reason, due_at = each.message, None, now
    match permission.judge(facts.gather(db, [each]).about(each, now=now), now=now):
        case Skip(why) | Hold(why):
            reason = why
        case Move(to, rule):
            due_at = to
            message.why = [Shift(rule, now, to).as_json()]
    is_first = message.patient_id not in facts.texted_before(db, [each])
    words = composing.write(each, now=due_at, links=links, first_text=is_first)
    return Draft(
        words.text,
        words.subject,
        words.segments,
        is_behind_link=bool(each.patient and each.patient.minimal),
        reason=reason,
        due_at=due_at,
        is_answer=message.lane == PRIORITY_LANE,
    )


def _check(drawn: Draft, message: Message) -> None:
    if not message.values[BY_HAND]:
        raise Unfit({"text": "Nothing is written yet."})
    if drawn.reason:
        raise Unfit({"text": drawn.reason.sentence})
    if drawn.is_too_long:
        raise Unfit({"text": f"It takes {drawn.segments} segments, and {MAX_SEGMENTS} are the most. Make it shorter."})


def _wrote_lately(db: Session, patient: Patient, now: datetime) -> bool:
    wrote = exists().where(Reply.patient_id == patient.id, Reply.received_at > now - _CONVERSATION)
    return bool(db.scalar(select(wrote)))
