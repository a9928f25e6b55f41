"""Plans: from a file into numbered versions, none of which ever changes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import auditing
from followup.db import new_id
from followup.messages.plans import PlanFile
from followup.models import Plan, Step


class UnknownPlan(Exception):
    """There is no plan of that key."""


def load(db: Session, *, plan: PlanFile, now: datetime, by: str) -> Plan:
    """Make this the newest version of its plan; the newest version itself if it already says the same."""
    newest = _newest(db, plan.key)
    if newest and newest.content_hash == plan.content_hash:
        return newest
    loaded = Plan(
        id=new_id(),
        key=plan.key,
        version=newest.version + 1 if newest else 1,
        title=plan.title,
        overlap=plan.overlap,
        content_hash=plan.content_hash,
        loaded_at=now,
        loaded_by=by,
    )
    db.add(loaded)
    db.flush()
    db.add_all(
        Step(plan_id=loaded.id, position=position, **step.model_dump(mode="python"))
        for position, step in enumerate(plan.steps)
    )
    auditing.note(
        db,
        did="load",
        subject="plan",
        subject_id=loaded.id,
        now=now,
        by=by,
        details={"key": plan.key, "version": loaded.version},
    )
    return loaded


def newest(db: Session, key: str) -> Plan:
    """The version that new enrolments follow. Raises UnknownPlan."""
    plan = _newest(db, key)
    if plan is None:
        known = ", ".join(sorted(set(db.scalars(select(Plan.key))))) or "none yet"
        raise UnknownPlan(f"there is no plan {key!r}; the plans are: {known}")
    return plan


def _newest(db: Session, key: str) -> Plan | None:
    return db.scalars(select(Plan).where(Plan.key == key).order_by(Plan.version.desc()).limit(1)).one_or_none()
