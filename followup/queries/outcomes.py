"""Outcomes as a clinic's other software reads them: each beside what was said before treatment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Select, String, cast, select, tuple_
from sqlalchemy.orm import Session

from followup.models import Outcome, TreatmentSession
from followup.queries import cursors
from followup.terms import Measure, Region


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """One measured result, without anything that names its patient."""

    id: UUID
    patient: UUID
    treatment: Annotated[UUID | None, Field(description="The treatment session that it is about.")]
    external_id: Annotated[str | None, Field(description="What the booking system calls that session.")]
    measure: Measure
    value: int
    baseline: Annotated[int | None, Field(description="The same before treatment, where that was asked: pain alone.")]
    measured_at: datetime
    measured_by: str
    reply: Annotated[UUID | None, Field(description="The reply that says so; null if it was not a text.")]
    ended_at: Annotated[datetime | None, Field(description="When the treatment session ended.")]
    practitioner: str
    regions: Sequence[Region]


@dataclass(frozen=True, slots=True)
class OutcomePage:
    items: Sequence[OutcomeView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which outcomes; a field that is None does not choose."""

    since: datetime | None = None
    until: datetime | None = None
    region: Region | None = None
    practitioner: str | None = None


def page(db: Session, *, chosen: Filter, cursor: str | None = None, limit: int = 50) -> OutcomePage:
    """Outcomes in the order in which they were measured. Raises BadCursor."""
    where = list(_where(chosen))
    if cursor:
        where.append(tuple_(Outcome.measured_at, Outcome.id) > cursors.after(cursor))
    rows = db.execute(_query().where(*where).limit(limit + 1)).all()
    last = rows[limit - 1][0] if len(rows) > limit else None
    return OutcomePage(
        items=[_view(outcome, treatment) for outcome, treatment in rows[:limit]],
        next_cursor=cursors.cursor(last.measured_at, last.id) if last else None,
    )


def views(db: Session, ids: Sequence[UUID]) -> list[OutcomeView]:
    """These outcomes in the order in which they were measured."""
    return [_view(outcome, treatment) for outcome, treatment in db.execute(_query().where(Outcome.id.in_(ids)))]


def _query() -> Select[Outcome, TreatmentSession]:
    return (
        select(Outcome, TreatmentSession)
        .outerjoin(TreatmentSession, Outcome.treatment_id == TreatmentSession.id)
        .order_by(Outcome.measured_at, Outcome.id)
    )


def _where(chosen: Filter) -> Iterator[ColumnElement[bool]]:
    if chosen.since is not None:
        yield Outcome.measured_at >= chosen.since
    if chosen.until is not None:
        yield Outcome.measured_at < chosen.until
    if chosen.region is not None:
        yield cast(TreatmentSession.regions, String).contains(f'"{chosen.region}"', autoescape=True)
    if chosen.practitioner is not None:
        yield TreatmentSession.practitioner == chosen.practitioner


def _view(outcome: Outcome, treatment: TreatmentSession | None) -> OutcomeView:
    return OutcomeView(
        id=outcome.id,
        patient=outcome.patient_id,
        treatment=outcome.treatment_id,
        external_id=treatment.external_id if treatment else None,
        measure=outcome.measure,
        value=outcome.value,
        baseline=treatment.baseline_pain if treatment and outcome.measure is Measure.PAIN else None,
        measured_at=outcome.measured_at,
        measured_by=outcome.measured_by,
        reply=outcome.reply_id,
        ended_at=treatment.ended_at if treatment else None,
        practitioner=treatment.practitioner if treatment else "",
        regions=[Region(region) for region in treatment.regions] if treatment else [],
    )
