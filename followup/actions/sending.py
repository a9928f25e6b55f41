"""The heart: lease, attempt, record; a task speaks in between. What became uncertain is settled in `settling`.

The database says what is owed. A lease keeps others away for a minute and promises nothing. The attempt, committed
before one word is spoken, is what makes a message go once. No transaction is open while a gateway is spoken to, and
what comes back is a row. Kill it anywhere: before the attempt the lease runs out and another worker takes the message;
after it nobody repeats it until a receipt, the gateway's own list or a person says that it never went.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from followup.actions import answering, composing, failing_over, reminding, silence
from followup.actions.judging import judge
from followup.actions.pacing import Pace, room
from followup.actions.patience import Patience
from followup.db import among, new_id, real_time
from followup.messages.gateway import Answer, Parcel
from followup.messages.links import Links
from followup.messages.wording import Composed
from followup.models import Attempt, Message, Patient, Sender, Switch, facts
from followup.models.desk import SENDING
from followup.models.inserting import Row, insert_all
from followup.models.owed import IS_OWED, IS_TO_STAFF, Owed, load
from followup.models.traffic import ORDINARY_LANE, PRIORITY_LANE, UNTOLD
from followup.models.writing import write_changes
from followup.rules.permission import Hold, Move, Skip
from followup.rules.slots import Shift
from followup.terms import Channel, Status

_BATCH = {Channel.SMS: 500, Channel.EMAIL: 50}
_MOST_BATCHES = 8
_HOLD = timedelta(minutes=5)


def lease(db: Session, *, now: datetime, patience: Patience) -> list[tuple[Channel, UUID]]:
    """Put due messages into batches and keep other workers off them for a while; priority first, and at any rate."""
    clock, paused = real_time(db), db.get(Switch, SENDING) is not None
    senders = db.scalars(select(Sender).where(Sender.stopped_at.is_(None)).order_by(Sender.channel)).all()
    batches: list[tuple[Channel, UUID]] = []
    for lane in (PRIORITY_LANE,) if paused else (PRIORITY_LANE, ORDINARY_LANE):
        for sender in senders:
            due = _due(sender.channel, lane, now, clock, only_to_staff=paused)
            left = room(db, sender, clock=clock) if lane == ORDINARY_LANE else float("inf")
            for _ in range(_MOST_BATCHES):
                token, most = new_id(), int(max(0, min(_BATCH[sender.channel], left)))
                taken = _take(db, due, most, token, clock + patience.lease) if most else 0
                if taken:
                    batches.append((sender.channel, token))
                if taken < _BATCH[sender.channel]:
                    break
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
    owed = load(db, Message.lease_token == token, limit=most, lock=True)
    if not owed:
        return None
    clock, paused = real_time(db), db.get(Switch, SENDING) is not None
    pace = Pace(db, owed[0].message.channel, clock=clock)
    known, texted = facts.gather(db, owed), facts.texted_before(db, owed)
    parcels, left, reached = list[Parcel](), list[Owed](), set[UUID | None]()
    attempts = list[Row]()
    verdicts = [
        judge(db, each, known, now=now, links=links, first_text=each.message.patient_id not in texted) for each in owed
    ]
    for each, verdict in zip(owed, verdicts, strict=True):
        message = each.message
        message.lease_token = message.leased_until = None
        is_held = pace.is_stopped or (paused and message.staff_id is None)
        if message.status is not Status.SCHEDULED or is_held or (each.is_capped and message.patient_id in reached):
            continue  # a later tick judges it again, with the text that leaves now counted
        match verdict:
            case Skip(reason):
                message.status, message.reason = Status.SKIPPED, reason
            case Hold():
                message.next_try_at = clock + _HOLD
            case Move(to, rule):
                message.why = [*message.why, Shift(rule, message.due_at, to).as_json()]
                message.due_at = to
            case Composed() as words:
                attempt, parcel = _attempt(each, words, pace, now=now, clock=clock, links=links)
                message.check_at = clock + parcel.wait + patience.lease
                parcels.append(replace(parcel, speak_by=clock + parcel.wait + patience.speak_within))
                left.append(each)
                attempts.append(attempt)
                reached.add(message.patient_id)
    write_changes(db, [each.message for each in owed])
    insert_all(db, Attempt, attempts)
    failing_over.take_over(db, [each.message for each in owed], now=now)
    reminding.retime(db, left=left, now=now)
    silence.expect(db, left=left)
    return parcels


def record(db: Session, *, answers: Sequence[tuple[Parcel, Answer]], now: datetime, patience: Patience) -> None:
    """Keep what a gateway answered; where a receipt or the reconciler was faster, theirs stands."""
    clock, answered = real_time(db), {parcel.attempt_id: answer for parcel, answer in answers}
    rows = db.execute(
        select(Attempt, Message)
        .join(Message, Attempt.message_id == Message.id)
        .where(among(db, Attempt.id, answered))
        .order_by(Message.id)  # as everyone who locks many: else two might wait for each other
        .with_for_update(of=Message)
        .options(*UNTOLD)
    ).all()
    for attempt, message in rows:
        answering.apply(db, attempt, message, answered[attempt.id], now=now, clock=clock, patience=patience)
    write_changes(db, [attempt for attempt, _ in rows])
    write_changes(db, [message for _, message in rows])
    failing_over.take_over(db, [message for _, message in rows], now=now)


def _due(
    channel: Channel, lane: int, now: datetime, clock: datetime, *, only_to_staff: bool
) -> list[ColumnElement[bool]]:
    where = [
        IS_OWED,
        Message.channel == channel,
        Message.lane == lane,
        Message.due_at <= now,
        or_(Message.leased_until.is_(None), Message.leased_until < clock),
        or_(Message.next_try_at.is_(None), Message.next_try_at <= clock),
    ]
    return [*where, IS_TO_STAFF] if only_to_staff else where


def _take(db: Session, where: list[ColumnElement[bool]], most: int, token: UUID, until: datetime) -> int:
    due = (
        select(Message.id)
        .where(*where)
        .order_by(Message.due_at, Message.id)
        .limit(most)
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
    each: Owed, words: Composed, pace: Pace, *, now: datetime, clock: datetime, links: Links
) -> tuple[Row, Parcel]:
    message, address, attempt_id = each.message, each.address, new_id()
    assert address is not None
    message.tries += 1
    message.status, message.left_at = Status.SENDING, now
    message.body, message.segments, message.wording_version = words.text, words.segments, words.version
    attempt = {
        "id": attempt_id,
        "message_id": message.id,
        "number": message.tries,
        "channel": message.channel,
        "to": address,
        "begun_at": clock,
    }
    wait = pace.slot(words.segments, at_once=each.goes_first)
    return attempt, composing.wrap(each, words, attempt_id=attempt_id, to=address, now=now, links=links, wait=wait)
