"""Treatment sessions, the plans that follow them, and which session follows which plan."""

from datetime import datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Interval, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from followup.db import Base, new_id, together, words, written_after
from followup.models.people import Patient
from followup.rules.timing import StepTime
from followup.terms import Condition, Measure, OnQuiet, Overlap, Purpose, Question


class TreatmentSession(Base):
    """One sitting in which treatment was given. Due times count from its end."""

    __tablename__ = "treatment_session"
    __table_args__ = (
        UniqueConstraint("clinic_id", "external_id"),
        Index("ix_treatment_session_patient_id", "patient_id", "ended_at"),
        together("recorded_at", "recorded_by"),
        together("cancelled_at", "cancelled_by"),
        CheckConstraint("baseline_pain BETWEEN 0 AND 10", name="baseline_pain_0_10"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    external_id: Mapped[str] = mapped_column(String(200))
    content_hash: Mapped[str] = mapped_column(String(64))  #: tells a repeat from a conflict
    ended_at: Mapped[datetime]
    practitioner: Mapped[str] = mapped_column(String(200), default="")
    regions: Mapped[list[str]]
    precautions: Mapped[list[str]]
    first_treatment: Mapped[bool] = mapped_column(default=False)
    baseline_pain: Mapped[int | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(200))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(String(200))

    _after: Mapped[Patient] = written_after()


class Plan(Base):
    """One version of a clinic's recipe. A version never changes; loading a plan makes a new one."""

    __tablename__ = "plan"
    __table_args__ = (UniqueConstraint("key", "version"), together("loaded_at", "loaded_by"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    overlap: Mapped[Overlap] = mapped_column(words(Overlap))
    content_hash: Mapped[str] = mapped_column(String(64))
    loaded_at: Mapped[datetime]
    loaded_by: Mapped[str] = mapped_column(String(200))


class Step(Base):
    """One item of a plan: when it goes, on which channels, with which words, and what keeps it from going."""

    __tablename__ = "step"
    __table_args__ = (
        UniqueConstraint("plan_id", "key"),
        UniqueConstraint("plan_id", "position"),
        CheckConstraint("(after IS NULL) <> (day IS NULL)", name="after_or_day"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    position: Mapped[int]
    key: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[Purpose] = mapped_column(words(Purpose))
    after: Mapped[timedelta | None] = mapped_column(Interval)
    day: Mapped[int | None]
    at: Mapped[time] = mapped_column(default=time(10, 0))
    on_quiet: Mapped[OnQuiet] = mapped_column(words(OnQuiet))
    expires: Mapped[timedelta] = mapped_column(Interval)
    channels: Mapped[list[str]]
    wording: Mapped[str] = mapped_column(String(64))
    regions: Mapped[list[str]]  #: empty: every region
    question: Mapped[Question | None] = mapped_column(words(Question))
    when: Mapped[Condition | None] = mapped_column(words(Condition))
    unless: Mapped[list[str]]
    reminds: Mapped[str | None] = mapped_column(String(64))  #: key of the step whose question this asks once more

    @cached_property
    def time(self) -> StepTime:
        """When it goes, as the time rules read it. Kept, because a step never changes."""
        return StepTime(
            purpose=self.purpose,
            expires=self.expires,
            after=self.after,
            day=self.day,
            at=self.at,
            on_quiet=self.on_quiet,
        )

    @property
    def is_conditional(self) -> bool:
        """Whether it may well never go, so that it counts as a text only once it is sent."""
        return self.when is not None or self.reminds is not None

    @property
    def is_check_in(self) -> bool:
        """Whether it asks how the patient is, for the first time; a reminder asks again."""
        return self.question is Question.CHECK_IN and self.reminds is None


class Enrolment(Base):
    """This treatment session, followed by that plan version."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("treatment_id"),
        Index(
            "ix_enrolment_answer_by",
            "answer_by",
            postgresql_where=text("answer_by IS NOT NULL"),
            sqlite_where=text("answer_by IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatment_session.id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    created_at: Mapped[datetime]
    answer_by: Mapped[datetime | None]  #: silence of a high-risk patient is a task for staff from then on


class Outcome(Base):
    """A measured result for a patient. What was said before treatment stands in the treatment session."""

    __tablename__ = "outcome"
    __table_args__ = (
        UniqueConstraint("reply_id", "measure"),
        Index("ix_outcome_patient_id", "patient_id", "measured_at"),
        Index("ix_outcome_measured_at", "measured_at", "id"),
        together("measured_at", "measured_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    treatment_id: Mapped[UUID | None] = mapped_column(ForeignKey("treatment_session.id"))
    reply_id: Mapped[UUID | None] = mapped_column(ForeignKey("reply.id"))  #: None: noted by staff
    measure: Mapped[Measure] = mapped_column(words(Measure))
    value: Mapped[int]
    measured_at: Mapped[datetime]
    measured_by: Mapped[str] = mapped_column(String(200))
