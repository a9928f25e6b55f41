"""Clinics, their patients, and what each patient has agreed to."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from followup.db import Base, new_id, together, words
from followup.terms import Channel, Consented, ConsentSource, Purpose, StopScope

USUAL_HOURS = "Mon-Fri 9-5"


class Clinic(Base):
    """A location. Without an emergency number nothing leaves in its name.

    How long an alert may wait for a person is the clinic's to shorten, and only so far to lengthen (clinical.md §1.3).
    """

    __tablename__ = "clinic"
    __table_args__ = (
        CheckConstraint("emergency_minutes BETWEEN 1 AND 15", name="emergency_minutes"),
        CheckConstraint("urgent_minutes BETWEEN 1 AND 60", name="urgent_minutes"),
        CheckConstraint("worry_minutes BETWEEN 1 AND 240", name="worry_minutes"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(64), unique=True)  #: what a booking system calls it
    name: Mapped[str] = mapped_column(String(200))
    text_name: Mapped[str] = mapped_column(String(40))  #: starts every text; GSM-7 only
    phone: Mapped[str] = mapped_column(String(40))
    after_hours: Mapped[str] = mapped_column(String(40), default="")
    emergency: Mapped[str] = mapped_column(String(20), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    hours: Mapped[str] = mapped_column(String(100), default=USUAL_HOURS)  #: as `rules.opening` reads them
    booking_url: Mapped[str] = mapped_column(String(500), default="")
    zone: Mapped[str] = mapped_column(String(64))
    country: Mapped[str] = mapped_column(String(2))  #: how phone numbers without a country code are read
    quiet_from: Mapped[time] = mapped_column(default=time(20, 0))
    quiet_until: Mapped[time] = mapped_column(default=time(9, 0))
    stop_scope: Mapped[StopScope] = mapped_column(words(StopScope), default=StopScope.CHANNEL)
    emergency_minutes: Mapped[int] = mapped_column(default=5)
    urgent_minutes: Mapped[int] = mapped_column(default=15)
    worry_minutes: Mapped[int] = mapped_column(default=60)  #: nerve and infection


class Patient(Base):
    """A person we follow up. Addresses that cannot be used are kept as given and block, not refuse."""

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint("clinic_id", "external_id"),
        Index("ix_patient_phone", "phone"),
        Index("ix_patient_email", "email"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"))
    external_id: Mapped[str | None] = mapped_column(String(200))
    given_name: Mapped[str] = mapped_column(String(200))
    family_name: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str | None] = mapped_column(String(20))  #: E.164; None when it cannot get texts
    phone_given: Mapped[str] = mapped_column(String(60), default="")  #: as staff wrote it
    phone_failed_at: Mapped[datetime | None]  #: a gateway said that this number is no good
    email: Mapped[str | None] = mapped_column(String(254))
    email_given: Mapped[str] = mapped_column(String(300), default="")
    email_failed_at: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(String(8), default="en")
    zone: Mapped[str | None] = mapped_column(String(64))  #: None: the clinic's
    minimal: Mapped[bool] = mapped_column(default=False)  #: texts and emails say no more than our name and a link
    next_visit_at: Mapped[datetime | None]  #: the next booking, if known
    created_at: Mapped[datetime]


class Consent(Base):
    """One line of the ledger; never changed. What holds now is the latest line of its channel and purpose."""

    __tablename__ = "consent"
    __table_args__ = (
        Index("ix_consent_patient_id", "patient_id", "channel", "purpose", "id"),
        together("recorded_at", "recorded_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    channel: Mapped[Channel] = mapped_column(words(Channel))
    purpose: Mapped[Purpose] = mapped_column(words(Purpose))
    says: Mapped[Consented] = mapped_column(words(Consented))
    source: Mapped[ConsentSource] = mapped_column(words(ConsentSource))
    evidence: Mapped[str] = mapped_column(Text, default="")  #: how it was given: form, spoken, the reply's id
    wording_version: Mapped[str] = mapped_column(String(32), default="")  #: of the words that the patient was shown
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(200))
