"""What the form of a new treatment session lets one choose from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import Clinic, Plan, Staff
from followup.models.owed import zone_of
from followup.terms import Role

NOWHERE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class ClinicOffer:
    key: str
    name: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything there is to choose, each in the order in which it is offered."""

    clinics: Sequence[ClinicOffer]
    people: Sequence[str]  #: names of who works here, clinicians first
    clinicians: Mapping[str, str]  #: who may confirm a session: names by what they sign with
    plans: Mapping[str, str]  #: titles by key

    def zone(self, clinic: str) -> ZoneInfo:
        """By which clocks a clinic tells the time."""
        return next((one.zone for one in self.clinics if one.key == clinic), NOWHERE)


def look(db: Session) -> Offers:
    """What there is now: three queries."""
    staff = db.scalars(select(Staff).where(Staff.left_at.is_(None)).order_by(Staff.name, Staff.email)).all()
    treating = [one for one in staff if one.role is not Role.DESK]
    newest_last = select(Plan.key, Plan.title).order_by(Plan.title, Plan.key, Plan.version)
    return Offers(
        clinics=[ClinicOffer(one.key, one.name, zone_of(None, one)) for one in db.scalars(_CLINICS)],
        people=[one.name for one in (*treating, *(one for one in staff if one.role is Role.DESK)) if one.name],
        clinicians={one.email: one.shown_name for one in treating},
        plans={key: title for key, title in db.execute(newest_last)},  # noqa: C416 - a row is no pair to mypy
    )


_CLINICS = select(Clinic).order_by(Clinic.name, Clinic.key)
