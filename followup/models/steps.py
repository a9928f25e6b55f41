"""The steps of plans: they never change, so each process reads each of them once."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models.care import Step

_READ: dict[UUID | None, Step] = {}
_OF_PLAN: dict[UUID, tuple[Step, ...]] = {}


def steps_of(db: Session, plan_id: UUID) -> tuple[Step, ...]:
    """The steps of one version of a plan, in order."""
    if plan_id not in _OF_PLAN:
        ids = db.scalars(select(Step.id).where(Step.plan_id == plan_id).order_by(Step.position)).all()
        read = steps_by_id(db, ids)
        _OF_PLAN[plan_id] = tuple(read[each] for each in ids)
    return _OF_PLAN[plan_id]


def steps_by_id(db: Session, ids: Collection[UUID | None]) -> Mapping[UUID | None, Step]:
    """The steps of these ids; None is nobody's."""
    if wanted := {each for each in ids if each} - _READ.keys():
        for step in db.scalars(select(Step).where(Step.id.in_(wanted))):
            db.expunge(step)  # else it would end with this transaction
            _READ[step.id] = step
    return {each: _READ[each] for each in ids if each in _READ}
