"""Twilio's ledger beside the database."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import Reply, Sender
from followup.terms import Channel, Origin, Reason
from proofs.checks import Check
from proofs.told import Told

STOPS = "+16025550103"  #: a patient without email, of T-103
_WINDOW, _LATE = timedelta(seconds=10), timedelta(seconds=2)  #: a worker may speak a moment after its slot

Row = Mapping[str, Any]


def agree(db: Session, told: Sequence[Told], ledger: Sequence[Row]) -> Iterator[Check]:
    """The same texts, word for word; as fast as a long code may; and what STOP did."""
    ours = {str(each.message.id): each for each in told if each.message.channel is Channel.SMS and each.accepted}
    times = Counter(row["message_id"] for row in ledger)
    faults = [
        *(f"{message_id}: {count} times in the ledger" for message_id, count in times.items() if count > 1),
        *(f"{each}: not in the ledger" for message_id, each in ours.items() if message_id not in times),
        *(f"{message_id}: in the ledger only" for message_id in times.keys() - ours.keys()),
    ]
    shared = [(row, ours[row["message_id"]]) for row in ledger if row["message_id"] in ours]
    faults += [f"{each}: {name} differs" for row, each in shared for name in _differences(each, row)]
    yield Check("Twilio's ledger and the database agree", f"{len(ledger)} texts, word for word", faults)
    yield _pace(db, shared)
    yield _stop(db, told, shared)


def _differences(each: Told, row: Row) -> Iterator[str]:
    assert each.accepted
    pairs = {
        "number": (row["to"], each.accepted.to),
        "attempt": (row["attempt"], str(each.accepted.id)),
        "SID": (row["sid"], each.accepted.reference),
        "text": (row["body"], each.message.body),
        "status": (row["status"], each.message.status),
    }
    return (name for name, (theirs, mine) in pairs.items() if theirs != mine)


def _pace(db: Session, shared: Sequence[tuple[Row, Told]]) -> Check:
    """Ten seconds carry what the sender may, and the text begun before them. Answers wait for nobody."""
    rate = db.get_one(Sender, Channel.SMS).segments_per_second
    assert rate
    sizes = [(_taken_at(row), each.message.segments or 0) for row, each in shared if not _is_answer(each)]
    most = max(sum(size for at, size in sizes if begin <= at < begin + _WINDOW) for begin, _ in sizes)
    allowed = rate * (_WINDOW + _LATE).total_seconds() + max(size for _, size in sizes)
    seen = f"{sum(size for _, size in sizes)} segments, at most {most} in {_WINDOW.seconds} s"
    return Check(f"two workers together keep to {rate:g} a second", seen, [seen] if most > allowed else [])


def _stop(db: Session, told: Sequence[Told], shared: Sequence[tuple[Row, Told]]) -> Check:
    """What was under way when STOP came may still leave; nothing may be begun after it but its confirmation."""
    came_at = db.scalars(select(Reply.received_at).where(Reply.sent_from == STOPS)).one()
    to_them = [(row, each) for row, each in shared if row["to"] == STOPS]
    confirmed_at = [_taken_at(row) for row, each in to_them if _is_answer(each)]
    begun = [each for _, each in to_them if not _is_answer(each) and each.attempts[-1].begun_at > came_at]
    behind = [(_taken_at(row) - came_at).total_seconds() for row, _ in to_them if _taken_at(row) > max(confirmed_at)]
    kept_back = [each for each in told if each.patient.phone == STOPS and each.message.reason is Reason.OPTED_OUT]
    faults = [*(f"{each}: begun after STOP" for each in begun), *([] if kept_back else ["nothing was kept back"])]
    seen = f"confirmed after {(max(confirmed_at) - came_at).total_seconds():.1f} s, {len(kept_back)} kept back"
    under_way = f"; under way already, and left {max(behind):.1f} s after STOP: {len(behind)}" if behind else ""
    return Check("STOP is confirmed once, and nothing is begun after it", seen + under_way, faults)


def _is_answer(each: Told) -> bool:
    return each.message.origin is Origin.CONFIRMATION


def _taken_at(row: Row) -> datetime:
    return datetime.fromisoformat(row["accepted_at"])
