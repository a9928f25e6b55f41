"""Plans as clinics read them: their versions, and each step as sentences."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from followup.messages.plans import PlanFile
from followup.models import Plan, Step
from followup.models.steps import steps_of
from followup.rules.depending import conditions
from followup.rules.timing import IMMEDIATE_FOR
from followup.terms import Channel, Condition, OnQuiet, Overlap, Purpose, Question, Region, Unless

_ON_QUIET = {
    OnQuiet.LATER: (),
    OnQuiet.EARLIER: ("What would come in quiet hours comes shortly before them, if there is time.",),
    OnQuiet.IMMEDIATE: (
        f"Comes in quiet hours too, until {IMMEDIATE_FOR // timedelta(minutes=1)} min after the session's end.",
    ),
}
_QUESTIONS = {
    Question.CHECK_IN: "Asks how the patient is: A, B, C, D or own words.",
    Question.STILL_OR_GONE: "Asks for STILL or GONE.",
    Question.PAIN_0_10: "Asks for a pain score, 0 to 10.",
    Question.CHANGE_1_7: "Asks how much has changed, 1 to 7.",
}


@dataclass(frozen=True, slots=True)
class PlanView:
    """One version of a plan. A plan that is not loaded yet has no version."""

    key: str
    version: int | None
    title: str
    overlap: Overlap
    steps: int
    loaded_at: datetime | None
    loaded_by: str | None

    @classmethod
    def of_file(cls, plan: PlanFile) -> Self:
        """A plan as its file says, before it is loaded."""
        return cls(plan.key, None, plan.title, plan.overlap, len(plan.steps), None, None)


@dataclass(frozen=True, slots=True)
class StepView:
    """One step, with the fields of a plan file, and as sentences: `timing`, and what else `notes` say of it."""

    key: str
    purpose: Purpose
    after: str | None  #: such as `18h`
    day: int | None
    at: str
    on_quiet: OnQuiet
    expires: str
    channels: Sequence[Channel]
    wording: str
    regions: Sequence[Region]
    question: Question | None
    when: Condition | None
    unless: Sequence[Unless]
    reminds: str | None
    timing: str
    notes: Sequence[str]


def versions(db: Session) -> list[PlanView]:
    """Every version of every plan, the newest of each plan first."""
    counted = (
        select(Plan, func.count(Step.id))
        .outerjoin(Step, Step.plan_id == Plan.id)
        .group_by(Plan.id)
        .order_by(Plan.key, Plan.version.desc())
    )
    return [_view(plan, steps) for plan, steps in db.execute(counted)]


def newest(db: Session, *, after: str = "", limit: int) -> list[PlanView]:
    """The newest version of each plan whose key comes after this one, by key."""
    last = select(Plan.key, func.max(Plan.version).label("version")).where(Plan.key > after).group_by(Plan.key)
    these = last.order_by(Plan.key).limit(limit).subquery()
    steps = select(func.count(Step.id)).where(Step.plan_id == Plan.id).scalar_subquery()
    query = select(Plan, steps).join(these, and_(these.c.key == Plan.key, these.c.version == Plan.version))
    return [_view(plan, count) for plan, count in db.execute(query.order_by(Plan.key))]


def history(db: Session, *, key: str, limit: int) -> list[PlanView]:
    """The versions of one plan, the newest first."""
    steps = select(func.count(Step.id)).where(Step.plan_id == Plan.id).scalar_subquery()
    query = select(Plan, steps).where(Plan.key == key).order_by(Plan.version.desc()).limit(limit)
    return [_view(plan, count) for plan, count in db.execute(query)]


def find(db: Session, *, key: str, version: int | None = None) -> tuple[PlanView, Sequence[Step]] | None:
    """One version of a plan, else its newest, with its steps in order; None if there is no such plan."""
    query = select(Plan).where(Plan.key == key).order_by(Plan.version.desc()).limit(1)
    plan = db.scalars(query if version is None else query.where(Plan.version == version)).one_or_none()
    if plan is None:
        return None
    steps = steps_of(db, plan.id)
    return _view(plan, len(steps)), steps


def describe(step: Step, *, called: Callable[[str], str] = str) -> StepView:
    """One step in words. `called` tells how sentences call another step, by its key."""
    return StepView(
        key=step.key,
        purpose=step.purpose,
        after=None if step.after is None else _written(step.after),
        day=step.day,
        at=f"{step.at:%H:%M}",
        on_quiet=step.on_quiet,
        expires=_written(step.expires),
        channels=[Channel(channel) for channel in step.channels],
        wording=step.wording,
        regions=[Region(region) for region in step.regions],
        question=step.question,
        when=step.when,
        unless=[Unless(reason) for reason in step.unless],
        reminds=step.reminds,
        timing=_timing(step),
        notes=list(notes(step, called=called)),
    )


def notes(step: Step, *, called: Callable[[str], str] = str) -> Iterator[str]:
    """For whom a step is, what it asks, and what it depends on, one sentence each."""
    if step.regions:
        yield f"Only after treatment of: {', '.join(step.regions).replace('_', ' ')}."
    if step.question and not step.reminds:
        yield _QUESTIONS[step.question]
    reminds = called(step.reminds) if step.reminds else None
    yield from conditions(purpose=step.purpose, reminds=reminds, when=step.when, unless=step.unless)
    yield from _ON_QUIET[step.on_quiet]


def say(duration: timedelta) -> str:
    """A duration in its largest whole unit: "90 min", "18 h", "7 d"."""
    for unit, size in (("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if duration and not duration % size:
            return f"{duration // size} {unit}"
    return f"{duration // timedelta(minutes=1)} min"


def _written(duration: timedelta) -> str:
    """A duration as a plan file has it."""
    return say(duration).replace(" min", "m").replace(" ", "")


def _timing(step: Step) -> str:
    if step.after is None:
        return f"day {step.day}, {step.at:%H:%M}"
    if step.reminds:
        at = "" if step.after % timedelta(days=1) else f", {step.at:%H:%M}"
        return f"{say(step.after)} after asking{at}"
    return f"{say(step.after)} after the end" if step.after else "at once"


def _view(plan: Plan, steps: int) -> PlanView:
    return PlanView(plan.key, plan.version, plan.title, plan.overlap, steps, plan.loaded_at, plan.loaded_by)
