"""Who works here, and who is told of a clinic's alerts in which order and in which hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from followup.actions import auditing
from followup.actions.addresses import read_email, read_phone
from followup.actions.fields import LANGUAGE
from followup.db import new_id
from followup.models import Clinic, OnCall, Staff
from followup.rules.opening import parse_hours
from followup.terms import Role

_LONGEST_HOURS = 100


class BadStaff(ValueError):
    """Something said of a member of staff cannot be used; the text says what, and how to write it."""


class NotKnown(LookupError):
    """Nobody here has that email address, or no clinic that key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffEntry:
    """What is said of a member of staff. What is None stays as it is; an empty phone takes the number away."""

    email: str
    name: str | None = None
    phone: str | None = None
    role: Role | None = None
    language: str | None = None


def put_staff(db: Session, *, entry: StaffEntry, country: str | None, now: datetime, by: str) -> Staff:
    """Add a member of staff, or correct the one with this email address; who had left is back.

    The role of a new one is `desk` unless said otherwise. A phone number without a country code is read as of `country`
    (ISO 3166). Raises BadStaff.
    """
    said = _checked(db, entry, country)
    staff = db.scalars(select(Staff).where(Staff.email == said["email"]).with_for_update()).one_or_none()
    is_new = staff is None
    if staff is None:
        staff = Staff(id=new_id(), name="", language="en", role=Role.DESK, added_at=now, added_by=by)
        db.add(staff)
    said |= {"left_at": None, "left_by": None}
    changed = [name for name, value in said.items() if getattr(staff, name) != value]
    for name in changed:
        setattr(staff, name, said[name])
    db.flush()
    if changed:
        did = "add" if is_new else "change"
        auditing.note(
            db, did=did, subject="staff", subject_id=staff.id, now=now, by=by, details={"fields": sorted(changed)}
        )
    return staff


def put_on_call(db: Session, *, clinic: Clinic, staff: Staff, hours: str, now: datetime, by: str) -> None:
    """Put someone at the end of a clinic's list, or correct the hours of the place they have. Raises HoursError."""
    _check_hours(hours)
    _lock(db, clinic)
    place = db.scalars(select(OnCall).where(OnCall.clinic_id == clinic.id, OnCall.staff_id == staff.id)).one_or_none()
    if place is None:
        last = db.scalar(select(func.max(OnCall.position)).where(OnCall.clinic_id == clinic.id)) or 0
        place = OnCall(clinic_id=clinic.id, position=last + 1, staff_id=staff.id)
        db.add(place)
    place.hours = hours
    db.flush()
    _note(db, clinic, now, by)


def set_on_call(db: Session, *, clinic: Clinic, staff: Sequence[Staff], now: datetime, by: str) -> None:
    """Let a clinic's list be these people in this order. Who was on it keeps their hours; who is new has none."""
    _lock(db, clinic)
    hours = {place.staff_id: place.hours for place in _places(db, clinic)}
    db.execute(delete(OnCall).where(OnCall.clinic_id == clinic.id))
    for position, one in enumerate(dict.fromkeys(staff), start=1):
        db.add(OnCall(clinic_id=clinic.id, position=position, staff_id=one.id, hours=hours.get(one.id, "")))
    db.flush()
    _note(db, clinic, now, by)


def find_staff(db: Session, email: str) -> Staff:
    """Who has this email address, and works here. Raises NotKnown."""
    found = db.scalars(select(Staff).where(Staff.email == (read_email(email).address or email))).one_or_none()
    if found is None or found.left_at:
        raise NotKnown(f"nobody here has the address {email[:80]!r}; `followup staff list` shows who there is")
    return found


def find_clinic(db: Session, key: str = "") -> Clinic:
    """The clinic of this key, or the only one there is. Raises NotKnown."""
    clinics = db.scalars(select(Clinic).order_by(Clinic.key)).all()
    found = [clinic for clinic in clinics if key in ("", clinic.key)]
    if len(found) == 1:
        return found[0]
    keys = ", ".join(clinic.key for clinic in clinics) or "none yet; `followup init` makes one"
    raise NotKnown(
        f"there is no clinic {key[:80]!r}; there is {keys}" if key else f"which clinic is meant? There is {keys}"
    )


def _checked(db: Session, entry: StaffEntry, country: str | None) -> dict[str, str | Role | None]:
    email = read_email(entry.email)
    if email.address is None:
        raise BadStaff(f"{email.given!r} is no email address: {email.why}")
    said: dict[str, str | Role | None] = {"email": email.address}
    if entry.phone is not None:
        said["phone"] = _phone(db, entry.phone, country, email.address)
    if entry.language is not None and not LANGUAGE.fullmatch(entry.language):
        raise BadStaff(f'{entry.language[:40]!r} is no language code; write one such as "en" or "es"')
    more = {"name": entry.name, "role": entry.role, "language": entry.language}
    return said | {name: value for name, value in more.items() if value is not None}


def _phone(db: Session, given: str, country: str | None, email: str) -> str | None:
    phone = read_phone(given, country)
    if phone.given and phone.e164 is None:
        raise BadStaff(f"{phone.given!r} cannot get alarms: {phone.why}")
    if phone.e164 and (other := db.scalar(select(Staff.email).where(Staff.phone == phone.e164, Staff.email != email))):
        raise BadStaff(f"{phone.e164} is the phone of {other}; whose answer would it be? Give each their own")
    return phone.e164


def _check_hours(hours: str) -> None:
    if len(hours) > _LONGEST_HOURS:
        raise BadStaff(f"hours may have {_LONGEST_HOURS} letters at most; write them such as Mon-Fri 8-6")
    parse_hours(hours)


def _lock(db: Session, clinic: Clinic) -> None:
    db.execute(select(Clinic.id).where(Clinic.id == clinic.id).with_for_update())


def _places(db: Session, clinic: Clinic) -> Sequence[OnCall]:
    return db.scalars(select(OnCall).where(OnCall.clinic_id == clinic.id).order_by(OnCall.position)).all()


def _note(db: Session, clinic: Clinic, now: datetime, by: str) -> None:
    who = [f"{place.staff_id} {place.hours}".strip() for place in _places(db, clinic)]
    auditing.note(db, did="put on call", subject="clinic", subject_id=clinic.id, now=now, by=by, details={"staff": who})
