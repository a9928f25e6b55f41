"""Who works here, and for which clinics they are on call."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import Clinic, OnCall, Staff
from followup.terms import Role


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One place on a clinic's list of who is told of alerts."""

    clinic: str
    position: int  #: 1 is told first
    hours: str  #: empty: at any time


@dataclass(frozen=True, slots=True)
class StaffView:
    """One member of staff."""

    email: str
    name: str
    role: Role
    phone: str | None
    language: str
    on_call: Sequence[PlaceView]


def listing(db: Session) -> Sequence[StaffView]:
    """Everybody who works here, by email address."""
    places: defaultdict[UUID, list[PlaceView]] = defaultdict(list)
    rows = db.execute(
        select(OnCall, Clinic.key).join(Clinic, OnCall.clinic_id == Clinic.id).order_by(Clinic.key, OnCall.position)
    )
    for place, clinic in rows:
        places[place.staff_id].append(PlaceView(clinic, place.position, place.hours))
    return [
        StaffView(one.email, one.name, one.role, one.phone, one.language, places[one.id])
        for one in db.scalars(select(Staff).where(Staff.left_at.is_(None)).order_by(Staff.email))
    ]
