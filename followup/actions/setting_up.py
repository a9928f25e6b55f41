"""What a new service needs before the first message: senders, a clinic, the packaged plans."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from followup.actions import auditing, planning, staffing
from followup.actions.staffing import StaffEntry
from followup.db import new_id
from followup.messages.plans import packaged_plans
from followup.models import Clinic, Sender, Staff
from followup.terms import Channel, Role

# What carriers allow a US long code when nothing else is agreed (messaging.md §1.6).
LONG_CODE_RATE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicEntry:
    """What staff say of their clinic. `zone` is an IANA name, `country` ISO 3166, phones are as patients read them."""

    key: str
    name: str
    text_name: str = ""  #: when texts call it otherwise
    phone: str
    zone: str
    country: str
    emergency: str = ""
    booking_url: str = ""
    after_hours: str = ""
    address: str = ""
    hours: str = ""


SAMPLE = ClinicEntry(
    key="maple",
    name="Maple Clinic",
    phone="212-555-0100",
    zone="America/New_York",
    country="US",
    emergency="911",
    booking_url="https://maple.example/b",
    after_hours="212-555-0199",
    address="1 Maple Street, New York",
    hours="Mon-Fri 8-6",
)

SAMPLE_ADMIN = StaffEntry(email="admin@maple.example", name="Administrator", role=Role.ADMIN)
SAMPLE_ON_CALL = StaffEntry(email="desk@maple.example", name="Front desk", phone="+12125550150", role=Role.DESK)


def ensure_senders(db: Session, *, live: bool) -> None:
    """A sender for each channel. Texts are paced from the first live start on; a rate set by hand stays."""
    for channel in Channel:
        if db.get(Sender, channel) is None:
            db.add(Sender(channel=channel))
    db.flush()
    texts = db.get_one(Sender, Channel.SMS)
    if live and texts.segments_per_second is None:
        texts.segments_per_second = LONG_CODE_RATE


def ensure_plans(db: Session, *, now: datetime, by: str) -> None:
    """The packaged plans, where the clinic has none of that key."""
    for plan in packaged_plans():
        try:
            planning.newest(db, plan.key)
        except planning.UnknownPlan:
            planning.load(db, plan=plan, now=now, by=by)


def put_clinic(db: Session, *, entry: ClinicEntry, now: datetime, by: str) -> Clinic:
    """A clinic as described: a new one, or the one of that key, corrected."""
    clinic = db.scalars(select(Clinic).where(Clinic.key == entry.key).with_for_update()).one_or_none()
    is_new = clinic is None
    if clinic is None:
        clinic = Clinic(id=new_id(), key=entry.key)
        db.add(clinic)
    said = asdict(entry) | {"text_name": entry.text_name or entry.name}
    changed = [name for name, value in said.items() if getattr(clinic, name) != value]
    for name in changed:
        setattr(clinic, name, said[name])
    db.flush()
    if changed:
        auditing.note(
            db,
            did="add" if is_new else "change",
            subject="clinic",
            subject_id=clinic.id,
            now=now,
            by=by,
            details={"fields": changed},
        )
    return clinic


def ensure_admin(db: Session, *, email: str, now: datetime, by: str) -> None:
    """An administrator of this email address."""
    if db.scalar(select(Staff.id).where(Staff.email == email)) is None:
        admin = Staff(id=new_id(), email=email, role=Role.ADMIN, added_at=now, added_by=by)
        db.add(admin)
        auditing.note(db, did="add", subject="staff", subject_id=admin.id, now=now, by=by)


def ensure_sample(db: Session, *, now: datetime) -> bool:
    """The sample clinic, for trying out; False when there is a clinic already."""
    if db.scalar(select(func.count()).select_from(Clinic)):
        return False
    put_clinic(db, entry=SAMPLE, now=now, by="sample")
    return True


def staff_sample(db: Session, *, now: datetime) -> None:
    """An administrator of the sample clinic, and a front desk that is on call at any time."""
    clinic = staffing.find_clinic(db, SAMPLE.key)
    for entry in (SAMPLE_ADMIN, SAMPLE_ON_CALL):
        staff = staffing.put_staff(db, entry=entry, country=clinic.country, now=now, by="sample")
    staffing.put_on_call(db, clinic=clinic, staff=staff, hours="", now=now, by="sample")
