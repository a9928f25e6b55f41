"""What went out on a day, and what leaves in the next days: how much, of which purpose, at which hour.

Alarms to staff are not counted: pages are about patients.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, cast, exists, extract, func, or_, select
from sqlalchemy.orm import Session

from followup.models import Alert, Clinic, Message, Step
from followup.models.owed import IS_OWED, zone_of
from followup.models.traffic import ORDINARY_LANE, PRIORITY_LANE
from followup.rules.quiet import local_date
from followup.terms import Channel, Origin, Purpose, Reason, Status

_BUCKET = 900  # seconds: every zone begins its hours at one of them
LANES = PRIORITY_LANE, ORDINARY_LANE


@dataclass(frozen=True, slots=True)
class Past:
    """What became of the messages that were due on a day."""

    counts: Mapping[Status, int]
    skipped: Mapping[Reason, int]

    @property
    def left(self) -> int:
        """How many went out, or may have."""
        gone = (Status.SENDING, Status.SENT, Status.DELIVERED, Status.UNDELIVERED, Status.UNCERTAIN)
        return sum(self.counts.get(status, 0) for status in gone)


@dataclass(frozen=True, slots=True)
class Bar:
    """What leaves from `at` on, until the next bar."""

    at: datetime  #: where the clinic is
    counts: Mapping[Purpose, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Ahead:
    """What leaves, unless something comes between; what goes on a condition alone is counted apart."""

    hours: Sequence[Bar]  #: the next 24
    days: Sequence[Bar]  #: the rest of today, and six more
    maybe: int  #: within these days, only if it is called for
    held: int  #: within these days, prompts that wait for an open alert


def home_zone(db: Session) -> ZoneInfo:
    """By whose clocks the day goes: the first clinic's."""
    clinic = db.scalars(select(Clinic).order_by(Clinic.name).limit(1)).one_or_none()
    return zone_of(None, clinic) if clinic else ZoneInfo("UTC")


def quiet_hours(db: Session) -> tuple[time, time] | None:
    """When no clinic sends anything by itself; None where clinics differ."""
    found = db.execute(select(Clinic.quiet_from, Clinic.quiet_until).distinct()).all()
    return (found[0].quiet_from, found[0].quiet_until) if len(found) == 1 else None


def past(db: Session, *, since: datetime, until: datetime) -> Past:
    """Messages to patients that were due in between, by what became of them."""
    rows = db.execute(
        select(Message.status, Message.reason, func.count())
        .where(Message.due_at >= since, Message.due_at < until, Message.origin != Origin.ALARM)
        .where(Message.status != Status.SCHEDULED)
        .group_by(Message.status, Message.reason)
    ).all()
    counts, skipped = Counter[Status](), Counter[Reason]()
    for status, reason, number in rows:
        counts[status] += number
        if status is Status.SKIPPED and reason:
            skipped[reason] += number
    return Past(counts, dict(skipped.most_common()))


def ahead(db: Session, *, now: datetime, zone: ZoneInfo) -> Ahead:
    """How much leaves in each of the next 24 hours and 7 days, as the clinic's clocks count them."""
    first_hour = now.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    hours = [first_hour + timedelta(hours=number) for number in range(24)]
    days = [local_date(now, zone) + timedelta(days=number) for number in range(7)]
    by_hour = {at: Counter[Purpose]() for at in hours}
    by_day = {day: Counter[Purpose]() for day in days}
    maybe = 0
    for at, purpose, may_go, number in _buckets(db, now=now, until=first_hour + timedelta(days=8)):
        day = local_date(at, zone)
        if day not in by_day:
            continue
        if may_go:
            maybe += number
            continue
        by_day[day][purpose] += number
        hour = first_hour + timedelta(hours=(at - first_hour) // timedelta(hours=1))
        if hour in by_hour:
            by_hour[hour][purpose] += number
    return Ahead(
        hours=[Bar(at.astimezone(zone), counts) for at, counts in by_hour.items()],
        days=[Bar(datetime(day.year, day.month, day.day, tzinfo=zone), counts) for day, counts in by_day.items()],
        maybe=maybe,
        held=_held(db, until=now + timedelta(days=7)),
    )


def _buckets(db: Session, *, now: datetime, until: datetime) -> Iterator[tuple[datetime, Purpose, bool, int]]:
    """How many are due in each quarter of an hour, and whether on a condition; what is late counts as due now."""
    bucket = (cast(extract("epoch", Message.due_at), BigInteger) // _BUCKET).label("bucket")
    may_go = or_(Step.when.is_not(None), Step.reminds.is_not(None)).label("may_go")
    rows = db.execute(
        select(bucket, Message.purpose, may_go, func.count())
        .outerjoin(Step, Message.step_id == Step.id)
        .where(*_owed_until(until))
        .group_by(bucket, Message.purpose, may_go)
    )
    for number, purpose, may, count in rows:
        yield max(now, datetime.fromtimestamp(number * _BUCKET, UTC)), purpose or Purpose.CARE, bool(may), count


def _held(db: Session, *, until: datetime) -> int:
    waits = exists().where(
        Alert.patient_id == Message.patient_id, Alert.resolved_at.is_(None), Alert.released_at.is_(None)
    )
    prompts = Message.origin == Origin.STEP, Message.purpose.in_((Purpose.FEEDBACK, Purpose.BOOKING))
    return db.scalars(select(func.count()).where(*_owed_until(until), *prompts, waits)).one()


def _owed_until(until: datetime) -> Sequence[ColumnElement[bool]]:
    """Named channel by channel and lane by lane, because the index of what is owed begins with them."""
    return [
        IS_OWED,
        Message.channel.in_(list(Channel)),
        Message.lane.in_(LANES),
        Message.due_at < until,
        Message.origin != Origin.ALARM,
    ]
