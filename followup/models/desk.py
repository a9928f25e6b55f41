"""Who works here and what they did, the switches they may throw, the clock that practice may shift, signs of life."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Interval, String
from sqlalchemy.orm import Mapped, mapped_column

from followup.db import Base, new_id, together, words
from followup.terms import Role

SENDING = "sending"  #: the switch that pauses everything but alarms
TOUR = "tour"  #: the switch that hides the tour of practice
TICK, RECONCILE = "tick", "reconcile"  #: the tasks that beat wakes


class Staff(Base):
    """Someone who works at the clinic, may sign in, and may be on call."""

    __tablename__ = "staff"
    __table_args__ = (together("added_at", "added_by"), together("left_at", "left_by"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), unique=True)
    phone: Mapped[str | None] = mapped_column(String(20), unique=True)  #: E.164: where alarms go by text
    language: Mapped[str] = mapped_column(String(8), default="en")
    role: Mapped[Role] = mapped_column(words(Role))
    password_hash: Mapped[str | None] = mapped_column(String(200))  #: argon2id; None: has not chosen one yet
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(200))
    left_at: Mapped[datetime | None]  #: works here no longer: cannot sign in, and is told of nothing
    left_by: Mapped[str | None] = mapped_column(String(200))

    @property
    def shown_name(self) -> str:
        """What pages call this person."""
        return self.name or self.email

    @property
    def password_mark(self) -> str:
        """Changes with the password and the address, so that a link made before opens nothing afterwards."""
        return sha256(f"{self.email}\n{self.password_hash}\n{self.left_at}".encode()).hexdigest()


class AuditEntry(Base):
    """Who did what. No foreign keys, so that the log never stands in the way of live data."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject_id", "subject_id", "id"),
        Index("ix_audit_entry_did_by", "did_by", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    did_at: Mapped[datetime]
    did_by: Mapped[str] = mapped_column(String(200))
    did: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]]


class Switch(Base):
    """Something that a person turned off for the whole service; the row exists while it is off."""

    __tablename__ = "switch"
    __table_args__ = (together("off_at", "off_by"),)

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    off_at: Mapped[datetime]
    off_by: Mapped[str] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(String(300), default="")


class Clock(Base):
    """How far business time is ahead of real time. Always zero, and never read, while live."""

    __tablename__ = "clock"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    ahead: Mapped[timedelta] = mapped_column(Interval, default=timedelta(0))
    moved_at: Mapped[datetime | None]  #: real time; waiting before it was no waiting


class Heartbeat(Base):
    """When a task that beat wakes last did its work, give or take ten seconds."""

    __tablename__ = "heartbeat"

    task: Mapped[str] = mapped_column(String(40), primary_key=True)
    beat_at: Mapped[datetime]  #: real time
