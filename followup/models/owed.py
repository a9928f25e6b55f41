"""Owed messages with all that they are about: their addressee, clinic, step and treatment session."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from followup.db import among
from followup.models.care import Enrolment, Step, TreatmentSession
from followup.models.desk import Staff
from followup.models.people import Clinic, Patient
from followup.models.steps import steps_by_id
from followup.models.traffic import PRIORITY_LANE, Message
from followup.rules.frequency import is_capped
from followup.rules.quiet import QuietHours
from followup.terms import Channel, Origin, Status

T = TypeVar("T", Clinic, Patient, Staff, TreatmentSession)

# Written into the statement: a database uses the index of what is owed only for this very word.
IS_OWED = Message.status == literal(Status.SCHEDULED, Message.status.type, literal_execute=True)

#: A pause holds what goes to patients; alarms, invitations and letters about passwords leave through it.
IS_TO_STAFF = Message.staff_id.is_not(None)


@dataclass(frozen=True, slots=True)
class Owed:
    """A message with all that it is about. Its addressee is a patient, or staff when it is an alarm."""

    message: Message
    patient: Patient | None
    clinic: Clinic
    step: Step | None
    treatment: TreatmentSession | None
    staff: Staff | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Where the addressee lives, as far as we know."""
        return zone_of(self.patient, self.clinic)

    @property
    def quiet(self) -> QuietHours:
        """When nothing but answers and alarms may reach this patient."""
        return QuietHours(self.clinic.quiet_from, self.clinic.quiet_until)

    @property
    def goes_first(self) -> bool:
        """Whether it leaves at once, in quiet hours as well: alarms, confirmations and all answers."""
        return self.message.lane == PRIORITY_LANE

    @property
    def ignores_quiet_until(self) -> datetime | None:
        """How long an immediate step may leave in quiet hours."""
        if self.step is None or self.treatment is None:
            return None
        return self.step.time.ignores_quiet_until(self.treatment.ended_at)

    @property
    def address(self) -> str | None:
        """Where it would go now: E.164 or an email address; None if nothing there works."""
        if self.staff:
            return self.staff.phone if self.message.channel is Channel.SMS else self.staff.email
        return address_of(self.patient, self.message.channel) if self.patient else None

    @property
    def is_capped(self) -> bool:
        """Whether the frequency limit may move it: feedback and booking texts of a plan."""
        message = self.message
        if message.origin is not Origin.STEP or message.purpose is None:
            return False
        return is_capped(message.purpose, message.channel)


def address_of(patient: Patient, channel: Channel) -> str | None:
    """Where a patient can be reached on a channel: E.164 or an email address; None if nothing there works."""
    if channel is Channel.SMS:
        return None if patient.phone_failed_at else patient.phone
    return None if patient.email_failed_at else patient.email


def zone_of(patient: Patient | None, clinic: Clinic) -> ZoneInfo:
    """The patient's zone, else the clinic's; a name that no zone bears any more is like none."""
    try:
        return ZoneInfo((patient and patient.zone) or clinic.zone)
    except (KeyError, ValueError, OSError):  # all three, by what the name looks like
        return ZoneInfo(clinic.zone)


def load(db: Session, *where: ColumnElement[bool], limit: int | None = None, lock: bool = False) -> list[Owed]:
    """Messages with their addressee, clinic, step and treatment session, in the order in which they leave."""
    query = (
        select(Message, Enrolment.treatment_id)
        .outerjoin(Enrolment, Message.enrolment_id == Enrolment.id)
        .where(*where)
        .order_by(Message.lane, Message.due_at, Message.id)
        .limit(limit)
    )
    if lock:
        query = query.with_for_update(of=Message).execution_options(populate_existing=True)
    rows = db.execute(query).all()
    # Fewer than messages: joined, each would be read and decoded again for every message.
    patients = by_id(db, Patient, {message.patient_id for message, _ in rows}, anew=lock)
    treatments = by_id(db, TreatmentSession, {treatment_id for _, treatment_id in rows}, anew=lock)
    clinics = by_id(db, Clinic, {message.clinic_id for message, _ in rows}, anew=lock)
    steps = steps_by_id(db, {message.step_id for message, _ in rows})
    staff = by_id(db, Staff, {message.staff_id for message, _ in rows}, anew=lock)
    return [
        Owed(
            message,
            patients.get(message.patient_id),
            clinics[message.clinic_id],
            steps.get(message.step_id),
            treatments.get(treatment_id),
            staff.get(message.staff_id),
        )
        for message, treatment_id in rows
    ]


def by_id(db: Session, table: type[T], ids: set[UUID | None], *, anew: bool = False) -> dict[UUID | None, T]:
    """The rows of these ids. What this transaction has read or written already is not read `anew` unless asked for."""
    found: dict[UUID | None, T] = {}
    if not anew:
        found = {one: row for one in ids if one and (row := db.identity_map.get(identity_key(table, one)))}
    if wanted := ids - found.keys() - {None}:
        rows = db.scalars(
            select(table).where(among(db, table.id, wanted)), execution_options={"populate_existing": anew}
        )
        found |= {row.id: row for row in rows}
    return found
