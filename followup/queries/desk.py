"""What stands around every staff page: what needs a person, what is wrong, whose clinic it is, and what the clock says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, cast, exists, func, literal, not_, or_, select
from sqlalchemy.orm import Session, aliased

from followup.models import Alert, Clinic, Clock, Message, Reply, Sender, Staff, Switch
from followup.models.desk import SENDING
from followup.models.owed import zone_of
from followup.queries import alerts
from followup.queries.alerts import Overdue
from followup.terms import Channel, Label, Origin, Status

MOST = 100  #: counts are exact below it; there it says "99+"
_UNSEEN_FOR = timedelta(days=14)
_LATELY = timedelta(days=2)
_DID_NOT_ARRIVE = Status.FAILED, Status.UNDELIVERED
_TO_READ = (Label.QUESTION, Label.BOOKING, Label.UNCLEAR)  # what worries raises an alert; the rest wants no answer

# Written into the statement: a database uses the index of what is uncertain only for this very word.
IS_UNCERTAIN = Message.status == literal(Status.UNCERTAIN, Message.status.type, literal_execute=True)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much needs a person, each counted up to `MOST`."""

    alerts: int  #: not resolved, whoever has them
    unseen: int  #: replies that nobody has read
    unread: int  #: of these, what no alert tells of and someone should read
    uncertain: int  #: messages that may have gone

    @property
    def needs_person(self) -> int:
        """What Today is about."""
        return self.alerts + self.unread + self.uncertain


@dataclass(frozen=True, slots=True)
class Place:
    """One clinic."""

    id: UUID
    key: str
    name: str
    zone: ZoneInfo
    is_ready: bool  #: has an emergency number, without which nothing leaves


@dataclass(frozen=True, slots=True)
class Paused:
    since: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Unreached:
    """Someone whom alarms do not reach by one channel, until one arrives there again."""

    staff_id: UUID
    name: str
    channel: Channel
    since: datetime


@dataclass(frozen=True, slots=True)
class Frame:
    """All of it, at one moment."""

    now: datetime
    counts: Counts
    places: Sequence[Place]
    paused: Paused | None
    stopped: Mapping[Channel, str]  #: channels that stopped by themselves, and why
    overdue: Overdue | None
    unreached: Sequence[Unreached]
    names: Mapping[str, str]  #: of staff, by what they sign with
    ahead: timedelta  #: business time minus real time


def look(db: Session, *, now: datetime) -> Frame:
    """What stands around a page at business time `now`; a fixed number of queries, each over an index."""
    paused = db.get(Switch, SENDING)
    clock = db.get(Clock, 1)
    return Frame(
        now=now,
        counts=_counts(db, now),
        places=[
            Place(clinic.id, clinic.key, clinic.name, zone_of(None, clinic), bool(clinic.emergency))
            for clinic in db.scalars(select(Clinic).order_by(Clinic.name))
        ],
        paused=Paused(paused.off_at, paused.off_by, paused.why) if paused else None,
        stopped={
            sender.channel: sender.stopped_because or ""
            for sender in db.scalars(select(Sender).where(Sender.stopped_at.is_not(None)).order_by(Sender.channel))
        },
        overdue=alerts.overdue(db, now=now),
        unreached=_unreached(db, now),
        names={email: name for email, name in db.execute(select(Staff.email, Staff.name)) if name},
        ahead=clock.ahead if clock else timedelta(0),
    )


def count(db: Session, *queries: Select[Any]) -> Sequence[int]:
    """How many rows each has, counted up to `MOST`, by one statement."""
    return db.execute(select(*(_up_to_most(query) for query in queries))).one()


def is_unread(now: datetime) -> Sequence[ColumnElement[bool]]:
    """That nobody has read a reply which someone should read, and which no alert tells of."""
    first_words = cast(Reply.labels, String)
    wanted = or_(first_words == "[]", *(first_words.startswith(f'["{label}"') for label in _TO_READ))
    of_alert = exists().where(Alert.id == Reply.alert_id, Alert.resolved_at.is_(None))
    return [*_is_unseen(now), wanted, not_(of_alert)]


def _is_unseen(now: datetime) -> Sequence[ColumnElement[bool]]:
    return [Reply.seen_at.is_(None), Reply.received_at > now - _UNSEEN_FOR]


def _counts(db: Session, now: datetime) -> Counts:
    kinds = (
        select(Alert.id).where(Alert.resolved_at.is_(None)),
        select(Reply.id).where(*_is_unseen(now)),
        select(Reply.id).where(*is_unread(now)),
        select(Message.id).where(IS_UNCERTAIN),
    )
    return Counts(*count(db, *kinds))


def _up_to_most(query: Select[Any]) -> Any:
    return select(func.count()).select_from(query.limit(MOST).subquery()).scalar_subquery()


def _unreached(db: Session, now: datetime) -> list[Unreached]:
    later = aliased(Message)
    arrived = exists().where(
        later.staff_id == Message.staff_id,
        later.channel == Message.channel,
        later.due_at > Message.due_at,
        later.status.in_((Status.SENT, Status.DELIVERED)),
    )
    rows = db.execute(
        select(Staff.id, Staff.name, Staff.email, Message.channel, func.min(Message.due_at))
        .join(Staff, Message.staff_id == Staff.id)
        .where(
            Message.staff_id.is_not(None),
            Message.origin == Origin.ALARM,
            Message.status.in_(_DID_NOT_ARRIVE),
            Message.due_at > now - _LATELY,
            Staff.left_at.is_(None),
            not_(arrived),
        )
        .group_by(Staff.id, Staff.name, Staff.email, Message.channel)
        .order_by(Staff.name, Staff.email, Message.channel)
    )
    return [Unreached(staff_id, name or email, channel, since) for staff_id, name, email, channel, since in rows]
