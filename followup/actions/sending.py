"""The heart: lease, attempt, record; a task speaks in between. What became uncertain is settled in `settling`.

The database says what is owed. A lease keeps others away for a minute and promises nothing. The attempt, committed
before one word is spoken, is what makes a message go once. No transaction is open while a gateway is spoken to, and
what comes back is a row. Kill it anywhere: before the attempt the lease runs out and another worker takes the message;
after it nobody repeats it until a receipt, the gateway's own list or a person says that it never went.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from followup.actions import answering, composing, reminding
from followup.actions.pacing import Pace, room
from followup.actions.patience import Patience
from followup.db import new_id, real_time
from followup.messages.gateway import Answer, Parcel
from followup.messages.links import Links
from followup.models import Attempt, Message, Patient, Sender, Switch, facts
from followup.models.desk import SENDING
from followup.models.facts import Owed
from followup.models.traffic import PRIORITY_LANE
from followup.rules.permission import Go, Hold, Move, Skip, judge
from followup.rules.slots import Shift
from followup.terms import Channel, Origin, Status

_BATCH = {Channel.SMS: 500, Channel.EMAIL: 50}
_MOST_BATCHES = 8
_HOLD = timedelta(minutes=5)


def lease(db: Session, *, now: datetime, patience: Patience) -> list[tuple[Channel, UUID]]:
    """Put due messages into batches and keep other workers off them for a while; priority first."""
    clock, paused = real_time(db), db.get(Switch, SENDING) is not None
    batches = []
    for sender in db.scalars(select(Sender).where(Sender.stopped_at.is_(None))):
        left = room(sender, clock=clock, leased=_leased(db, sender))
        for _ in range(_MOST_BATCHES):
            token, most = new_id(), min(_BATCH[sender.channel], left)
            taken = _take(db, _due(sender.channel, now, clock, paused=paused), most, token, clock + patience.lease)
            if not taken:
                break
            batches.append((sender.channel, token))
            left -= taken
    return batches


def begin(
    db: Session, *, token: UUID, most: int, now: datetime, patience: Patience, links: Links
) -> list[Parcel] | None:
    """Judge leased messages once more and make an attempt for each that may leave; None when none is left.

    The patient is locked first: a STOP is either seen here, or finds the message already on its way.
    """
    patients = select(Message.patient_id).where(Message.lease_token == token)
    db.execute(select(Patient.id).where(Patient.id.in_(patients)).order_by(Patient.id).with_for_update())
    owed = facts.load(db, Message.lease_token == token, Message.status == Status.SCHEDULED, limit=most, lock=True)
    if not owed:
        return None
    clock, texted = real_time(db), facts.texted_before(db, owed)
    pace = Pace(db, owed[0].message.channel, clock=clock)
    parcels: dict[UUID, Parcel] = {}
    for each, known in zip(owed, facts.gather(db, owed, now=now), strict=True):
        message = each.message
        message.lease_token = message.leased_until = None
        if each.is_capped and each.patient.id in {other.patient.id for other in owed if other.message.id in parcels}:
            continue  # the next tick judges it again, with the text that leaves now counted
        match judge(known, now=now):
            case Skip(reason):
                message.status, message.reason = Status.SKIPPED, reason
            case Hold():
                message.next_try_at = clock + _HOLD
            case Move(to, rule):
                message.why = [*message.why, Shift(rule, message.due_at, to).as_json()]
                message.due_at = to
            case Go():
                parcel = _attempt(db, each, now, clock, links, pace, first_text=each.patient.id not in texted)
                message.check_at = clock + parcel.wait + patience.lease
                parcels[message.id] = parcel
                texted.add(each.patient.id)
    reminding.retime(db, left=[each for each in owed if each.message.id in parcels], now=now)
    return list(parcels.values())


def record(db: Session, *, answers: Sequence[tuple[Parcel, Answer]], now: datetime, patience: Patience) -> None:
    """Keep what a gateway answered; where a receipt or the reconciler was faster, theirs stands."""
    clock, answered = real_time(db), {parcel.attempt_id: answer for parcel, answer in answers}
    attempts = db.execute(
        select(Attempt, Message)
        .join(Message, Attempt.message_id == Message.id)
        .where(Attempt.id.in_(answered))
        .with_for_update(of=Message)
    )
    for attempt, message in attempts.all():
        answering.apply(db, attempt, message, answered[attempt.id], now=now, clock=clock, patience=patience)


def _due(channel: Channel, now: datetime, clock: datetime, *, paused: bool) -> list[ColumnElement[bool]]:
    where = [
        Message.channel == channel,
        Message.status == Status.SCHEDULED,
        Message.due_at <= now,
        or_(Message.leased_until.is_(None), Message.leased_until < clock),
        or_(Message.next_try_at.is_(None), Message.next_try_at <= clock),
    ]
    return [*where, Message.lane == PRIORITY_LANE, Message.origin == Origin.ALARM] if paused else where


def _leased(db: Session, sender: Sender) -> int:
    held = select(func.count()).where(Message.lease_token.is_not(None), Message.channel == sender.channel)
    return db.scalars(held).one() if sender.segments_per_second is not None else 0


def _take(db: Session, where: list[ColumnElement[bool]], most: float, token: UUID, until: datetime) -> int:
    due = (
        select(Message.id)
        .where(*where)
        .order_by(Message.lane, Message.due_at, Message.id)
        .limit(max(0, int(most)))
        .with_for_update(skip_locked=True)
        .cte("due")
        .prefix_with("MATERIALIZED")  # else a bad plan may lease more than the limit
    )
    taken = db.scalars(
        update(Message)
        .where(Message.id.in_(select(due.c.id)))
        .values(lease_token=token, leased_until=until)
        .returning(Message.id),
        execution_options={"synchronize_session": False},
    )
    return len(taken.all())


def _attempt(
    db: Session, each: Owed, now: datetime, clock: datetime, links: Links, pace: Pace, *, first_text: bool
) -> Parcel:
    message, address = each.message, each.address
    assert address is not None
    words = composing.write(each, links=links, first_text=first_text)
    message.tries += 1
    attempt = Attempt(
        id=new_id(),
        message_id=message.id,
        number=message.tries,
        channel=message.channel,
        to=address,
        begun_at=clock,
    )
    db.add(attempt)
    message.status, message.left_at = Status.SENDING, now
    message.body, message.segments, message.wording_version = words.text, words.segments, words.version
    wait = pace.slot(words.segments, at_once=message.origin.is_priority)
    return composing.wrap(each, words, attempt_id=attempt.id, to=address, now=now, links=links, wait=wait)
