"""Finds patients while someone types, and lists them by name, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from followup.models import Alert, Clinic, Message, Patient, TreatmentSession
from followup.models.finding import FoundBy
from followup.models.owed import IS_OWED, address_of, zone_of
from followup.queries.cursors import BadCursor
from followup.rules import finding
from followup.rules.finding import LAST, Kept, Sought
from followup.terms import Channel

MOST_COUNTED = 1000  #: beyond it, a count says "more than"

_EVERYBODY = Sought(Kept.NAME, ("",))


@dataclass(frozen=True, slots=True)
class PatientLine:
    """One patient as a list shows them. An address is None where nothing there works."""

    id: UUID
    name: str
    clinic: str
    phone: str  #: as E.164, else as it was written
    phone_works: bool
    email: str
    email_works: bool
    language: str
    zone: ZoneInfo
    last_session_at: datetime | None = None
    next_message_at: datetime | None = None
    next_visit_at: datetime | None = None
    open_alerts: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """One page of patients, in the order of what they were found by."""

    items: Sequence[PatientLine]
    next_cursor: str | None


def page(db: Session, *, typed: str = "", cursor: str = "", limit: int = 50) -> Found:
    """Patients with all that was typed, or everybody by name where that is too little. Raises BadCursor."""
    asked = finding.sought(typed) or [_EVERYBODY]
    rows = db.execute(_matches(asked, limit + 1, _after(cursor) if cursor else None)).all()
    shown, last = rows[:limit], rows[limit - 1] if len(rows) > limit else None
    return Found(
        items=lines(db, [row.patient_id for row in shown]),
        next_cursor=f"{last.patient_id}~{last.word}" if last else None,
    )


def count(db: Session, *, typed: str = "") -> int:
    """How many there are, counted up to one more than `MOST_COUNTED`."""
    asked = finding.sought(typed) or [_EVERYBODY]
    some = _matches(asked, MOST_COUNTED + 1).subquery()
    return db.scalar(select(func.count()).select_from(some)) or 0


def lines(db: Session, patient_ids: Sequence[UUID]) -> list[PatientLine]:
    """These patients, in this order; a fixed number of queries."""
    if not patient_ids:
        return []
    rows = db.execute(
        select(Patient, Clinic).join(Clinic, Patient.clinic_id == Clinic.id).where(Patient.id.in_(patient_ids))
    )
    by_id = {patient.id: (patient, clinic) for patient, clinic in rows}
    sessions = _of_each(db, TreatmentSession, func.max(TreatmentSession.ended_at), patient_ids, _STANDS)
    owed = _of_each(db, Message, func.min(Message.due_at), patient_ids, IS_OWED)
    alerts = _of_each(db, Alert, func.count(), patient_ids, Alert.resolved_at.is_(None))
    return [
        _line(*by_id[one], sessions.get(one), owed.get(one), alerts.get(one, 0)) for one in patient_ids if one in by_id
    ]


_STANDS = TreatmentSession.cancelled_at.is_(None)


def _matches(asked: Sequence[Sought], limit: int, after: tuple[str, UUID] | None = None) -> Select[Any]:
    """The first `limit` of them by word: for each beginning the first rows of one range of an index, and no sorting."""
    first, *others = asked
    ranges = []
    for beginning in first.beginnings:
        some = select(FoundBy.patient_id, FoundBy.word).where(
            FoundBy.kind == first.kind,
            _begins(FoundBy.word, beginning),
            # Whoever has two such words, as Anna Andersson has for "an", is found once: by the first of them.
            FoundBy.word == _first_word(first),
            *(_first_word(other).is_not(None) for other in others),
        )
        if after:
            some = some.where(tuple_(FoundBy.word, FoundBy.patient_id) > after)
        ranges.append(select(some.order_by(FoundBy.word, FoundBy.patient_id).limit(limit).subquery()))
    found = union_all(*ranges).subquery()
    return select(found).order_by(found.c.word, found.c.patient_id).limit(limit)


def _first_word(asked: Sought) -> ScalarSelect[Any]:
    """The first word of a patient that begins so.

    What it begins with is a filter, or PostgreSQL may look for it in the index of words: for each patient it would read
    all words of all patients that begin so.
    """
    word = aliased(FoundBy)
    begins_so = or_(*(_begins(word.word, beginning) for beginning in asked.beginnings))
    query = select(func.min(word.word).filter(begins_so))
    return query.where(word.patient_id == FoundBy.patient_id, word.kind == asked.kind).scalar_subquery()


def _begins(word: Any, beginning: str) -> ColumnElement[bool]:
    """Said as a range: every database finds it in an index."""
    return and_(word >= beginning, word < beginning + LAST)


def _of_each(
    db: Session, table: Any, what: ColumnElement[Any], patient_ids: Sequence[UUID], *where: ColumnElement[bool]
) -> dict[UUID, Any]:
    query = select(table.patient_id, what).where(table.patient_id.in_(patient_ids), *where)
    return {row[0]: row[1] for row in db.execute(query.group_by(table.patient_id))}


def _line(
    patient: Patient, clinic: Clinic, session_at: datetime | None, owed_at: datetime | None, alerts: int
) -> PatientLine:
    return PatientLine(
        id=patient.id,
        name=f"{patient.given_name} {patient.family_name}".strip(),
        clinic=clinic.name,
        phone=patient.phone or patient.phone_given,
        phone_works=address_of(patient, Channel.SMS) is not None,
        email=patient.email or patient.email_given,
        email_works=address_of(patient, Channel.EMAIL) is not None,
        language=patient.language,
        zone=zone_of(patient, clinic),
        last_session_at=session_at,
        next_message_at=owed_at,
        next_visit_at=patient.next_visit_at,
        open_alerts=alerts,
    )


def _after(cursor: str) -> tuple[str, UUID]:
    patient_id, tilde, word = cursor.partition("~")
    try:
        return word, UUID(patient_id if tilde else "")
    except ValueError:
        raise BadCursor(f"cursor {cursor[:80]!r} is not one of ours; use next_cursor of the page before") from None
