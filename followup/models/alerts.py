"""What a person must look at, and which persons are told of it in which order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from followup.db import Base, new_id, together, words
from followup.terms import AlertCause, Label


class Alert(Base):
    """Something that a person must look at. It stays open until a person resolves it, with a note."""

    __tablename__ = "alert"
    __table_args__ = (
        together("taken_at", "taken_by"),
        together("resolved_at", "resolved_by", "note"),
        CheckConstraint("resolved_at IS NULL OR next_at IS NULL", name="resolved_is_quiet"),
        Index(
            "ix_alert_open",
            "patient_id",
            postgresql_where=text("resolved_at IS NULL"),
            sqlite_where=text("resolved_at IS NULL"),
        ),
        Index(
            "ix_alert_next_at",
            "next_at",
            postgresql_where=text("next_at IS NOT NULL"),
            sqlite_where=text("next_at IS NOT NULL"),
        ),
        Index("ix_alert_raised_at", "raised_at", "id"),
        Index("ix_alert_patient_id", "patient_id", "raised_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    once_key: Mapped[str] = mapped_column(String(200), unique=True)  #: no second alert for the same thing
    clinic_id: Mapped[UUID | None] = mapped_column(ForeignKey("clinic.id"))  #: None: nobody knows whose; everyone's
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))  #: None: nobody knows yet
    cause: Mapped[AlertCause] = mapped_column(words(AlertCause))
    label: Mapped[Label] = mapped_column(words(Label))  #: how bad it is; may only get worse
    must_phone: Mapped[bool] = mapped_column(default=False)  #: the patient stopped our texts, so a person must call
    raised_at: Mapped[datetime]
    answer_by: Mapped[datetime]  #: it should be taken by then
    told: Mapped[int] = mapped_column(default=0)  #: how many rounds of notices there were
    next_at: Mapped[datetime | None]  #: when the next round is due, unless someone takes it
    released_at: Mapped[datetime | None]  #: the patient says it is gone: it holds no prompts any more
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[str | None] = mapped_column(String(200))
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)


class OnCall(Base):
    """One place on a clinic's list of who is told of alarms, and in which hours."""

    __tablename__ = "on_call"
    __table_args__ = (UniqueConstraint("clinic_id", "position"), UniqueConstraint("clinic_id", "staff_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    position: Mapped[int]  #: the first is told first
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    hours: Mapped[str] = mapped_column(String(100), default="")  #: as `rules.opening` reads them; empty: at any time
