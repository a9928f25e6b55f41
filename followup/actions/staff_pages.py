"""Who works here and who is on call, changed on a page: what was shown must still be true, and someone must stay.

`staffing` does the same for the command line, where nothing was shown before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from followup.actions import auditing, inviting, signing_in, versions
from followup.actions.addresses import read_email, read_phone
from followup.actions.clinic_fields import Unfit
from followup.db import new_id
from followup.messages.catalogue import languages
from followup.models import Clinic, OnCall, Staff
from followup.rules.opening import HoursError, parse_hours
from followup.terms import Role

_LONGEST_NAME, _LONGEST_HOURS = 200, 100
_LAST_ADMIN = "There must be an administrator; make someone else one first."


@dataclass(frozen=True, slots=True)
class PlaceEntry:
    """One place on a clinic's list, as typed. An empty `staff_id` takes it off."""

    staff_id: str
    hours: str


def shown(staff: Staff) -> dict[str, str]:
    """Someone as their form shows them."""
    values = {"name": staff.name, "email": staff.email, "phone": staff.phone or ""}
    return values | {"language": staff.language, "role": staff.role.value}


def add(db: Session, *, given: Mapping[str, str], now: datetime, by: str) -> Staff:
    """Add someone, and invite them by email. Who left comes back with what is typed now. Raises Unfit."""
    values = _read(db, given, None)
    staff = db.scalars(select(Staff).where(Staff.email == values["email"]).with_for_update()).one_or_none()
    if staff is None:
        staff = Staff(id=new_id(), added_at=now, added_by=by, **values)
        db.add(staff)
    for name, value in values.items():
        setattr(staff, name, value)
    staff.left_at = staff.left_by = staff.password_hash = None
    db.flush()
    auditing.note(db, did="add", subject="staff", subject_id=staff.id, now=now, by=by, details={"role": staff.role})
    inviting.invite(db, staff=staff, now=now, by=by)
    return staff


def change(db: Session, *, staff_id: UUID, given: Mapping[str, str], version: str, now: datetime, by: str) -> None:
    """Correct someone, if they still are as was shown. Raises Unfit, ChangedMeanwhile."""
    admins = _lock_admins(db)
    staff = db.get_one(Staff, staff_id, with_for_update=True)
    values = _read(db, given, staff)
    versions.check(shown(staff), version)
    if values["role"] is not Role.ADMIN and admins == [staff.id]:
        raise Unfit({"role": _LAST_ADMIN})
    changed = sorted(name for name, value in values.items() if getattr(staff, name) != value)
    for name in changed:
        setattr(staff, name, values[name])
    if changed:
        details = {"fields": changed} | ({"role": staff.role} if "role" in changed else {})
        auditing.note(db, did="change", subject="staff", subject_id=staff.id, now=now, by=by, details=details)


def let_go(db: Session, *, staff_id: UUID, now: datetime, by: str) -> None:
    """Shut someone out, and take them off every list. What they did stays under their name. Raises Unfit."""
    admins = _lock_admins(db)
    staff = db.get_one(Staff, staff_id, with_for_update=True)
    if staff.left_at:
        return
    if admins == [staff.id]:
        raise Unfit({"role": _LAST_ADMIN})
    staff.left_at, staff.left_by, staff.password_hash, staff.phone = now, by, None, None
    db.execute(delete(OnCall).where(OnCall.staff_id == staff.id))
    signing_in.end_all(db, staff_id=staff.id, now=now, by=by)
    auditing.note(db, did="let go", subject="staff", subject_id=staff.id, now=now, by=by)


def shown_list(db: Session, clinic: Clinic) -> dict[str, str]:
    """A clinic's list of who is on call, as its form shows it."""
    places = db.scalars(select(OnCall).where(OnCall.clinic_id == clinic.id).order_by(OnCall.position))
    return {f"{number:03}": f"{place.staff_id} {place.hours}" for number, place in enumerate(places, start=1)}


def put_list(
    db: Session, *, clinic: Clinic, places: Sequence[PlaceEntry], version: str, now: datetime, by: str
) -> None:
    """Let a clinic's list be as typed, first place first, if it still is what was shown. Raises Unfit, ChangedMeanwhile."""
    db.execute(select(Clinic.id).where(Clinic.id == clinic.id).with_for_update())
    wanted = _read_places(db, places)
    before = shown_list(db, clinic)
    versions.check(before, version)
    db.execute(delete(OnCall).where(OnCall.clinic_id == clinic.id))
    for position, (staff_id, hours) in enumerate(wanted.items(), start=1):
        db.add(OnCall(clinic_id=clinic.id, position=position, staff_id=staff_id, hours=hours))
    db.flush()
    if shown_list(db, clinic) != before:
        who = [f"{staff_id} {hours}".strip() for staff_id, hours in wanted.items()]
        auditing.note(
            db, did="put on call", subject="clinic", subject_id=clinic.id, now=now, by=by, details={"staff": who}
        )


def _read(db: Session, given: Mapping[str, str], staff: Staff | None) -> dict[str, str | Role | None]:
    values: dict[str, str | Role | None] = {"name": " ".join(given.get("name", "").split())[:_LONGEST_NAME]}
    wrong = {} if values["name"] else {"name": "Write their name; it stands beside what they do."}
    email, phone = read_email(given.get("email", "")), read_phone(given.get("phone", ""), _country(db))
    # Who left may come back, as a new person would; but nobody who is here takes over their address.
    others = select(Staff).where(Staff.id != staff.id) if staff else select(Staff).where(Staff.left_at.is_(None))
    if not email.address:
        wrong["email"] = f"That is no email address: {email.why}."
    elif db.scalar(others.where(func.lower(Staff.email) == email.address.casefold()).limit(1)):
        wrong["email"] = "Someone else here has this address."
    if phone.given and not phone.e164:
        wrong["phone"] = f"It cannot get alarms: {phone.why}."
    elif phone.e164 and db.scalar(others.where(Staff.phone == phone.e164).limit(1)):
        wrong["phone"] = "Someone else here has this number; whose answer would it be?"
    for name, known in (("role", list(Role)), ("language", list(languages()))):
        if given.get(name, "") not in known:
            wrong[name] = "Choose one of these."
    if wrong:
        raise Unfit(wrong)
    return values | {
        "email": email.address,
        "phone": phone.e164,
        "role": Role(given["role"]),
        "language": given["language"],
    }


def _read_places(db: Session, places: Sequence[PlaceEntry]) -> dict[UUID, str]:
    staff = {str(one) for one in db.scalars(select(Staff.id).where(Staff.left_at.is_(None)))}
    wanted: dict[UUID, str] = {}
    wrong: dict[str, str] = {}
    for number, place in enumerate(places, start=1):
        hours = " ".join(place.hours.split())
        try:
            parse_hours(hours)
        except HoursError as error:
            wrong[f"hours-{number}"] = f"{error}."
        if len(hours) > _LONGEST_HOURS:
            wrong[f"hours-{number}"] = f"Use {_LONGEST_HOURS} letters at most."
        if place.staff_id and place.staff_id not in staff:
            wrong[f"staff-{number}"] = "Nobody of that name works here any more."
        elif place.staff_id and UUID(place.staff_id) in wanted:
            wrong[f"staff-{number}"] = "They are on the list already; each has one place."
        elif place.staff_id:
            wanted[UUID(place.staff_id)] = hours
    if wrong:
        raise Unfit(wrong)
    return wanted


def _lock_admins(db: Session) -> list[UUID]:
    """Who may administer; locked, so that two of them cannot let each other go at once."""
    admins = select(Staff.id).where(Staff.role == Role.ADMIN, Staff.left_at.is_(None)).order_by(Staff.id)
    return list(db.scalars(admins.with_for_update()))


def _country(db: Session) -> str | None:
    return db.scalar(select(Clinic.country).order_by(Clinic.key).limit(1))
