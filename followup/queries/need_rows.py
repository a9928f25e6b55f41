"""One row of what needs a person: whom it is about, what was said, and how far somebody has come with it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from followup.models import Alert, Message, Patient, Reply, TreatmentSession
from followup.models.owed import Owed, load
from followup.queries import messages
from followup.terms import AlertCause, Channel, Label, Reason, Status

_MOST_WORDS = 1000  # characters of a reply; more of it is read where it is answered
_LAST_REPLIES = 5  # of an alert


class Group(StrEnum):
    """What kind of need, in the order in which they stand."""

    ALERTS = "alerts"
    REPLIES = "replies"
    UNREACHED = "unreached"
    UNCERTAIN = "uncertain"


def group_of(cause: AlertCause) -> Group:
    """Where an alert of this cause stands."""
    return Group.ALERTS if cause is AlertCause.REPLY else Group.UNREACHED


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom it is about, as far as anybody knows."""

    patient_id: UUID | None
    name: str  #: empty while nobody knows who wrote
    phone: str  #: where a person may call
    ended_at: datetime | None  #: of the latest treatment session


@dataclass(frozen=True, slots=True)
class Said:
    """The beginning of a reply, in pieces; the marked ones are what speaks for its label."""

    reply_id: UUID
    pieces: Sequence[tuple[str, bool]]
    labels: Sequence[Label]
    at: datetime


@dataclass(frozen=True, slots=True)
class Need:
    """One row. `state` is how far people have come with it, and of a message its status."""

    id: UUID
    group: Group
    state: str
    whom: Whom
    at: datetime  #: when it was written, left or noticed
    labels: Sequence[Label] = ()
    said: Said | None = None
    cause: AlertCause | None = None
    raised_at: datetime | None = None  #: of an alert
    answer_by: datetime | None = None
    taken_at: datetime | None = None
    taken_by: str = ""
    must_phone: bool = False
    channel: Channel | None = None  #: of a message
    step: str = ""
    because: str = ""

    @property
    def version(self) -> str:
        """Changes when somebody acts on it, and when it gets worse."""
        return f"{self.state}-{self.labels[0]}" if self.cause else self.state

    @property
    def is_over(self) -> bool:
        """Whether it needs nobody any more."""
        return self.state not in ("open", "taken", Status.UNCERTAIN)


def of_alerts(db: Session, alerts: Sequence[Alert], group: Group) -> list[Need]:
    """Alerts with what was written, in their order."""
    said = _said(db, alerts)
    because = _lost(db, [alert.patient_id for alert in alerts if alert.cause is AlertCause.UNREACHED])
    whom = _whom(db, [alert.patient_id for alert in alerts])
    return [
        Need(
            id=alert.id,
            group=group,
            state=state(alert.taken_at, alert.resolved_at),
            whom=whom.get(alert.patient_id) or Whom(None, "", said[alert.id][1] if alert.id in said else "", None),
            at=said[alert.id][0].at if alert.id in said else alert.raised_at,
            labels=_worst(alert.label, said[alert.id][0].labels if alert.id in said else ()),
            said=said[alert.id][0] if alert.id in said else None,
            cause=alert.cause,
            raised_at=alert.raised_at,
            answer_by=alert.answer_by,
            taken_at=alert.taken_at,
            taken_by=alert.resolved_by or alert.taken_by or "",
            must_phone=alert.must_phone,
            because=because.get(alert.patient_id, "") if alert.cause is AlertCause.UNREACHED else "",
        )
        for alert in alerts
    ]


def _said(db: Session, alerts: Iterable[Alert]) -> dict[UUID | None, tuple[Said, str]]:
    """What each alert is about, and from which phone: its latest reply of its label, else its latest."""
    labels = {alert.id: alert.label for alert in alerts}
    if not labels:
        return {}
    place = func.row_number().over(partition_by=Reply.alert_id, order_by=(Reply.received_at.desc(), Reply.id.desc()))
    latest = select(Reply.id, place.label("place")).where(Reply.alert_id.in_(labels)).subquery()
    wanted = select(latest.c.id).where(latest.c.place <= _LAST_REPLIES)
    found: defaultdict[UUID | None, list[Any]] = defaultdict(list)
    for row in db.execute(_words(Reply.id.in_(wanted)).order_by(Reply.received_at.desc(), Reply.id.desc())):
        found[row.alert_id].append(row)
    chosen = {
        alert_id: next((row for row in rows if row.labels[:1] == [labels[alert_id]]), rows[0])
        for alert_id, rows in found.items()
        if alert_id
    }
    return {alert_id: (_as_said(row), row.sent_from) for alert_id, row in chosen.items()}


def _lost(db: Session, patients: Sequence[UUID | None]) -> dict[UUID | None, str]:
    """Why the latest message of each patient did not arrive."""
    if not patients:
        return {}
    place = func.row_number().over(partition_by=Message.patient_id, order_by=(Message.due_at.desc(), Message.id.desc()))
    no_way = and_(Message.status == Status.SKIPPED, Message.reason == Reason.BAD_ADDRESS)
    lost = select(Message.id, place.label("place")).where(
        Message.patient_id.in_(patients), or_(Message.status.in_((Status.FAILED, Status.UNDELIVERED)), no_way)
    )
    latest = lost.subquery()
    owed = load(db, Message.id.in_(select(latest.c.id).where(latest.c.place == 1)))
    return {each.message.patient_id: because for each, because in zip(owed, _because(db, owed), strict=True)}


def _because(db: Session, owed: Sequence[Owed]) -> list[str]:
    """What became of messages, as sentences for staff."""
    said = messages.troubles(db, owed)
    reasons = [each.message.reason for each in owed]
    return [
        reason.sentence if reason else said.get(each.message.id, "") for each, reason in zip(owed, reasons, strict=True)
    ]


def of_replies(db: Session, ids: Sequence[UUID]) -> list[Need]:
    """Replies, in the order of their ids."""
    rows = {row.id: row for row in db.execute(_words(Reply.id.in_(ids)))} if ids else {}
    whom = _whom(db, [row.patient_id for row in rows.values()])
    needs = []
    for row in (rows[one] for one in ids if one in rows):
        said = _as_said(row)
        needs.append(
            Need(
                id=row.id,
                group=Group.REPLIES,
                state="read" if row.seen_at else "open",
                whom=whom.get(row.patient_id) or Whom(None, "", row.sent_from, None),
                at=row.received_at,
                labels=said.labels[:1] or (Label.UNCLEAR,),
                said=said,
                channel=row.channel,
            )
        )
    return needs


def of_messages(db: Session, ids: Sequence[UUID]) -> list[Need]:
    """Messages that may have gone, in the order of their ids."""
    owed = {each.message.id: each for each in load(db, Message.id.in_(ids))} if ids else {}
    found = [owed[one] for one in ids if one in owed]
    whom = _whom(db, [each.message.patient_id for each in found])
    return [
        Need(
            id=each.message.id,
            group=Group.UNCERTAIN,
            state=each.message.status.value,
            whom=whom.get(each.message.patient_id)
            or Whom(None, each.staff.name or each.staff.email if each.staff else "", "", None),
            at=each.message.left_at or each.message.due_at,
            channel=each.message.channel,
            step=each.step.key if each.step else each.message.wording,
            because=because,
        )
        for each, because in zip(found, _because(db, found), strict=True)
    ]


def _words(where: ColumnElement[bool]) -> Select[Any]:
    return select(
        *(Reply.id, Reply.alert_id, Reply.patient_id, Reply.sent_from, Reply.channel, Reply.labels, Reply.relabelled),
        *(Reply.matched, Reply.received_at, Reply.seen_at),
        func.substr(Reply.body, 1, _MOST_WORDS).label("body"),
    ).where(where)


def _as_said(row: Any) -> Said:
    labels = [row.relabelled] if row.relabelled else [Label(label) for label in row.labels]
    marks = sorted(
        (each["start"], each["end"]) for each in row.matched if each["label"] in labels[:1] or _is_worry(each)
    )
    pieces: list[tuple[str, bool]] = []
    end = 0
    for start, stop in marks:
        if end <= start < stop <= len(row.body):
            pieces += [(row.body[end:start], False), (row.body[start:stop], True)]
            end = stop
    return Said(row.id, [piece for piece in (*pieces, (row.body[end:], False)) if piece[0]], labels, row.received_at)


def _is_worry(match: Mapping[str, Any]) -> bool:
    return Label(match["label"]).is_worry


def _worst(label: Label, others: Iterable[Label]) -> list[Label]:
    return [label, *(other for other in others if other.is_worry and other is not label)]


def state(taken_at: datetime | None, resolved_at: datetime | None) -> str:
    """How far people have come with an alert."""
    if resolved_at:
        return "resolved"
    return "taken" if taken_at else "open"


def _whom(db: Session, ids: Iterable[UUID | None]) -> dict[UUID | None, Whom]:
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    ended = (
        select(TreatmentSession.patient_id, func.max(TreatmentSession.ended_at).label("ended_at"))
        .where(TreatmentSession.patient_id.in_(wanted), TreatmentSession.cancelled_at.is_(None))
        .group_by(TreatmentSession.patient_id)
        .subquery()
    )
    rows = db.execute(
        select(Patient, ended.c.ended_at)
        .outerjoin(ended, ended.c.patient_id == Patient.id)
        .where(Patient.id.in_(wanted))
    )
    return {
        patient.id: Whom(
            patient.id, f"{patient.given_name} {patient.family_name}".strip(), patient.phone or patient.phone_given, at
        )
        for patient, at in rows
    }
