"""Who is on call where, and which daily tests of the way to them are due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from followup.models.alerts import OnCall
from followup.models.desk import Staff
from followup.models.owed import zone_of
from followup.models.people import Clinic, Patient
from followup.models.traffic import Message
from followup.rules.escalation import Place, next_proof_at, proof_at
from followup.rules.quiet import local_date
from followup.terms import Channel, Role


@dataclass(frozen=True, slots=True)
class Duty:
    """One person who is told of a clinic's alerts."""

    clinic: Clinic
    staff: Staff
    hours: str = ""

    @property
    def place(self) -> Place:
        """As the rules of escalation read it."""
        return Place(self.staff.id, self.hours, zone_of(None, self.clinic))

    @property
    def channels(self) -> Sequence[Channel]:
        """Every way to reach this person."""
        return [Channel.SMS, Channel.EMAIL] if self.staff.phone else [Channel.EMAIL]


def on_duty(db: Session, *, clinic_id: UUID | None) -> list[Duty]:
    """The list of a clinic, or of all clinics together (None), first place first, nobody twice.

    Where the list is empty the administrators stand in, so that an alert is never told to nobody.
    """
    duties = listed(db) if clinic_id is None else listed(db, OnCall.clinic_id == clinic_id)
    return list({duty.staff.id: duty for duty in reversed(duties)}.values())[::-1] or _stand_ins(db, clinic_id)


def listed(db: Session, *where: ColumnElement[bool]) -> list[Duty]:
    """The places on every clinic's list, or those of some, first places first. Who has left is on none."""
    query = (
        select(Clinic, Staff, OnCall.hours)
        .join(Clinic, OnCall.clinic_id == Clinic.id)
        .join(Staff, OnCall.staff_id == Staff.id)
        .where(Staff.left_at.is_(None), *where)
        .order_by(OnCall.position, Clinic.key)
    )
    return [Duty(clinic, staff, hours) for clinic, staff, hours in db.execute(query)]


def unproven(db: Session, *, now: datetime) -> list[tuple[Duty, Channel, str]]:
    """The tests of today that are due and not made: to whom, on which channel, and the `once_key` of each."""
    due = [
        (duty, channel, proof_key(duty.clinic, channel, now))
        for duty in _first_places(db)
        if proof_at(now, opens=duty.clinic.quiet_until, zone=zone_of(None, duty.clinic)) <= now
        for channel in duty.channels
    ]
    made = (
        set(db.scalars(select(Message.once_key).where(Message.once_key.in_([key for *_, key in due])))) if due else ()
    )
    return [each for each in due if each[-1] not in made]


def next_proof(db: Session, *, after: datetime) -> datetime | None:
    """When the next daily test is due; None while nobody is on call, or for nobody's sake."""
    return min(
        (
            next_proof_at(after, opens=duty.clinic.quiet_until, zone=zone_of(None, duty.clinic))
            for duty in _first_places(db)
        ),
        default=None,
    )


def proof_key(clinic: Clinic, channel: Channel, at: datetime) -> str:
    """The `once_key` of the test on the clinic's local day of a moment."""
    return f"heartbeat:{clinic.id}:{local_date(at, zone_of(None, clinic))}:{channel}"


def _first_places(db: Session) -> list[Duty]:
    """The first of each list. A clinic that has no patient yet has nothing to be alarmed of."""
    # Not EXISTS: that PostgreSQL answers for all clinics at once, from every patient there is. This is one look into an
    # index for each place.
    patients = select(Patient.id).where(Patient.clinic_id == OnCall.clinic_id).order_by(Patient.external_id)
    has_patients = patients.limit(1).scalar_subquery().is_not(None)
    return list({duty.clinic.id: duty for duty in reversed(listed(db, has_patients))}.values())


def _stand_ins(db: Session, clinic_id: UUID | None) -> list[Duty]:
    clinics = select(Clinic).order_by(Clinic.key).limit(1)
    clinic = db.scalars(clinics if clinic_id is None else clinics.where(Clinic.id == clinic_id)).one_or_none()
    admins = db.scalars(select(Staff).where(Staff.role == Role.ADMIN, Staff.left_at.is_(None)).order_by(Staff.id))
    return [Duty(clinic, staff) for staff in admins] if clinic else []
