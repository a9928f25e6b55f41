"""What is owed, what was tried, what gateways said later, and what patients wrote back.

Instants are business time, except those of leases, retries, pacing and checks, which are the database's real time.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, defer, mapped_column

from followup.db import Base, new_id, together, words
from followup.terms import AttemptOutcome, Channel, Label, Origin, Purpose, Reason, ReceiptKind, Status

PRIORITY_LANE, ORDINARY_LANE = 0, 1


class Sender(Base):
    """The way out for one channel: how fast it may go, and whether it may go at all."""

    __tablename__ = "sender"
    __table_args__ = (together("stopped_at", "stopped_because"),)

    channel: Mapped[Channel] = mapped_column(words(Channel), primary_key=True)
    segments_per_second: Mapped[float | None]  #: None: as fast as it will go
    free_at: Mapped[datetime | None]  #: real time from which the next segment may be spoken
    stopped_at: Mapped[datetime | None]  #: the account or its settings need a person
    stopped_because: Mapped[str | None] = mapped_column(String(200))


class Message(Base):
    """One text or email owed to one addressee."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("status <> 'skipped' OR reason IS NOT NULL", name="skipped_has_reason"),
        CheckConstraint("(lease_token IS NULL) = (leased_until IS NULL)", name="lease_is_whole"),
        CheckConstraint("lane IN (0, 1)", name="lane"),
        CheckConstraint("(patient_id IS NULL) <> (staff_id IS NULL)", name="one_addressee"),
        together("cancelled_at", "cancelled_by"),
        Index(
            "ix_message_owed",
            "channel",
            "lane",
            "due_at",
            "id",
            postgresql_where=text("status = 'scheduled'"),
            sqlite_where=text("status = 'scheduled'"),
        ),
        Index(
            "ix_message_check_at",
            "check_at",
            postgresql_where=text("check_at IS NOT NULL"),
            sqlite_where=text("check_at IS NOT NULL"),
        ),
        Index(
            "ix_message_lease_token",
            "lease_token",
            postgresql_where=text("lease_token IS NOT NULL"),
            sqlite_where=text("lease_token IS NOT NULL"),
        ),
        Index(
            "ix_message_uncertain",
            "due_at",
            "id",
            postgresql_where=text("status = 'uncertain'"),
            sqlite_where=text("status = 'uncertain'"),
        ),
        Index("ix_message_patient_id", "patient_id", "due_at"),
        Index("ix_message_enrolment_id", "enrolment_id"),
        Index(
            "ix_message_alert_id",
            "alert_id",
            postgresql_where=text("alert_id IS NOT NULL"),
            sqlite_where=text("alert_id IS NOT NULL"),
        ),
        Index(
            "ix_message_staff_id",
            "staff_id",
            "due_at",
            postgresql_where=text("staff_id IS NOT NULL"),
            sqlite_where=text("staff_id IS NOT NULL"),
        ),
        Index("ix_message_due_at", "due_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    once_key: Mapped[str] = mapped_column(String(200), unique=True)  #: no second row for the same thing owed
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))  #: the addressee of an alarm
    alert_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert.id"))  #: what an alarm or an answer is about
    enrolment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrolment.id"))
    step_id: Mapped[UUID | None] = mapped_column(ForeignKey("step.id"))
    origin: Mapped[Origin] = mapped_column(words(Origin))
    purpose: Mapped[Purpose | None] = mapped_column(words(Purpose))
    wording: Mapped[str] = mapped_column(String(64))
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)  #: for its words, beside what patient and clinic say
    channel: Mapped[Channel] = mapped_column(ForeignKey("sender.channel"))
    lane: Mapped[int]
    status: Mapped[Status] = mapped_column(words(Status), default=Status.SCHEDULED)
    reason: Mapped[Reason | None] = mapped_column(words(Reason))
    nominal_at: Mapped[datetime]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    why: Mapped[list[Any]]  #: every shift, with its rule, from and to
    replaced_by: Mapped[UUID | None] = mapped_column(ForeignKey("treatment_session.id"))

    lease_token: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]  #: real time
    next_try_at: Mapped[datetime | None]  #: real time: not before, after an unavailable gateway
    tries: Mapped[int] = mapped_column(default=0)  #: attempts made so far
    check_at: Mapped[datetime | None]  #: real time at which the reconciler looks at it

    body: Mapped[str | None] = mapped_column(Text)  #: what was said, word for word
    wording_version: Mapped[str | None] = mapped_column(String(32))
    segments: Mapped[int | None]
    left_at: Mapped[datetime | None]  #: business time of the attempt that was, or may have been, taken
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]


#: Its words and its why are most of a message, and nothing that a gateway tells is about them.
UNTOLD = (defer(Message.body), defer(Message.why), defer(Message.values))


class Attempt(Base):
    """One try to hand a message to a gateway: committed before a word is spoken. Times are real."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("message_id", "number"),
        UniqueConstraint("channel", "reference"),
        together("answered_at", "outcome"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    number: Mapped[int]
    channel: Mapped[Channel] = mapped_column(words(Channel))
    to: Mapped[str] = mapped_column(String(254))
    begun_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    outcome: Mapped[AttemptOutcome | None] = mapped_column(words(AttemptOutcome))
    reference: Mapped[str | None] = mapped_column(String(320))  #: Twilio's SID, or our Message-ID
    code: Mapped[str] = mapped_column(String(100), default="")
    missing_since: Mapped[datetime | None]  #: first complete list of the gateway without it


class Receipt(Base):
    """What a gateway said later; append-only, each saying kept once."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("channel", "reference", "said"),
        Index("ix_receipt_message_id", "message_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[Channel] = mapped_column(words(Channel))
    reference: Mapped[str] = mapped_column(String(320))
    said: Mapped[str] = mapped_column(String(40))  #: the gateway's own word
    kind: Mapped[ReceiptKind] = mapped_column(words(ReceiptKind))
    code: Mapped[str] = mapped_column(String(100), default="")
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    attempt_id: Mapped[UUID | None] = mapped_column(ForeignKey("attempt.id"))
    received_at: Mapped[datetime]


class Reply(Base):
    """What came back, stored raw before anything is understood. What we make of it is added once it is read."""

    __tablename__ = "reply"
    __table_args__ = (
        UniqueConstraint("channel", "reference"),
        Index("ix_reply_sent_from", "sent_from", "received_at"),
        Index("ix_reply_patient_id", "patient_id", "received_at"),
        Index("ix_reply_received_at", "received_at", "id"),
        Index(
            "ix_reply_unassigned",
            "received_at",
            "id",
            postgresql_where=text("patient_id IS NULL"),
            sqlite_where=text("patient_id IS NULL"),
        ),
        Index(
            "ix_reply_unread",
            "received_at",
            "id",
            postgresql_where=text("read_at IS NULL"),
            sqlite_where=text("read_at IS NULL"),
        ),
        Index(
            "ix_reply_alert_id",
            "alert_id",
            postgresql_where=text("alert_id IS NOT NULL"),
            sqlite_where=text("alert_id IS NOT NULL"),
        ),
        Index(
            "ix_reply_unseen",
            "received_at",
            "id",
            postgresql_where=text("seen_at IS NULL"),
            sqlite_where=text("seen_at IS NULL"),
        ),
        together("relabelled_at", "relabelled_by", "relabelled"),
        together("seen_at", "seen_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[Channel] = mapped_column(words(Channel))
    reference: Mapped[str] = mapped_column(String(320))
    sent_from: Mapped[str] = mapped_column(String(254))
    sent_to: Mapped[str] = mapped_column(String(254))
    body: Mapped[str] = mapped_column(Text)
    raw: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]

    read_at: Mapped[datetime | None]  #: None: the tick has not understood it yet
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))  #: None: nobody knows yet, or staff
    labels: Mapped[list[str]] = mapped_column(default=list)  #: the worst first
    matched: Mapped[list[Any]] = mapped_column(default=list)  #: which words said so: label, start, end
    answers_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))  #: the question that it answers
    alert_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert.id"))
    relabelled: Mapped[Label | None] = mapped_column(words(Label))  #: what a person says it is about
    relabelled_at: Mapped[datetime | None]
    relabelled_by: Mapped[str | None] = mapped_column(String(200))
    seen_at: Mapped[datetime | None]  #: when the first person read it
    seen_by: Mapped[str | None] = mapped_column(String(200))
