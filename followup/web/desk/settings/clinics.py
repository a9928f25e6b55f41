"""A clinic's own page: how patients reach it, when it is open and quiet, how long an alert may wait."""

from collections.abc import Mapping
from datetime import time
from functools import partial

from fastapi import HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from followup.actions import clinic_fields, clinics, versions
from followup.actions.clinic_fields import Unfit
from followup.models import Clinic
from followup.models.people import USUAL_HOURS
from followup.terms import Role, StopScope
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk.frame import TheDesk
from followup.web.desk.settings.forms import Clash, save, typed

router = StaffRouter()

NAMES = {
    "name": "Name",
    "text_name": "Name in texts",
    "phone": "Phone",
    "after_hours": "Phone out of hours",
    "emergency": "Emergency number",
    "address": "Postal address",
    "zone": "Time zone",
    "country": "Country",
    "hours": "Open",
    "quiet_from": "Quiet from",
    "quiet_until": "Quiet until",
    "booking_url": "Booking link",
    "stop_scope": "What STOP ends",
    "emergency_minutes": "Emergency",
    "urgent_minutes": "Urgent",
    "worry_minutes": "Nerve, infection",
}
STOP_SCOPES = (
    (StopScope.CHANNEL.value, "All texts"),
    (StopScope.PURPOSE.value, "Texts of the kind that was answered"),
)
_USUAL = {
    "hours": USUAL_HOURS,
    "quiet_from": f"{time(20):%H:%M}",
    "quiet_until": f"{time(9):%H:%M}",
    "stop_scope": StopScope.CHANNEL.value,
    "emergency_minutes": "5",
    "urgent_minutes": "15",
    "worry_minutes": "60",
}


@router.page("/settings/clinics", needs=Role.ADMIN)
def listing(desk: TheDesk) -> HTMLResponse:
    """Every clinic."""
    with desk.read() as db:
        found = db.scalars(select(Clinic).order_by(Clinic.name)).all()
    return desk.draw("desk/settings/clinics.html", here="settings", clinics=found)


@router.page("/settings/clinics/new", needs=Role.ADMIN)
def ask(desk: TheDesk) -> HTMLResponse:
    """An empty form."""
    return _draw(desk, None, given=_USUAL)


@router.act("/settings/clinics/new", needs=Role.ADMIN)
def add(desk: TheDesk, form: TheForm) -> Response:
    """One more clinic."""
    given = typed(form, NAMES)
    try:
        with desk.write() as db:
            clinic = clinics.add(db, given=given, now=desk.now, by=desk.by)
    except Unfit as error:
        return _draw(desk, None, given=given, wrong=error.wrong, status=422)
    return desk.go(f"/settings/clinics/{clinic.key}", "Added. Say who is on call for it next.")


@router.page("/settings/clinics/{key}", needs=Role.ADMIN)
def show(key: str, desk: TheDesk) -> HTMLResponse:
    """One clinic, to be corrected."""
    with desk.read() as db:
        clinic = _find(db, key)
    shown = clinic_fields.shown(clinic)
    return _draw(desk, clinic, given=shown, version=versions.version_of(shown))


@router.act("/settings/clinics/{key}", needs=Role.ADMIN)
def change(key: str, desk: TheDesk, form: TheForm) -> Response:
    """Correct it, unless someone else has meanwhile."""
    with desk.read() as db:
        clinic = _find(db, key)

    def act(db: Session, given: Mapping[str, str], version: str) -> None:
        clinics.change(db, clinic_id=clinic.id, given=given, version=version, now=desk.now, by=desk.by)

    draw = partial(_draw, desk, clinic)
    again = save(desk, form, names=NAMES, subject="clinic", subject_id=clinic.id, act=act, draw=draw)
    return again or desk.go(f"/settings/clinics/{key}", "Saved.")


def _find(db: Session, key: str) -> Clinic:
    clinic = db.scalars(select(Clinic).where(Clinic.key == key)).one_or_none()
    if clinic is None:
        raise HTTPException(404)
    return clinic


def _draw(
    desk: TheDesk,
    clinic: Clinic | None,
    *,
    given: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    clash: Clash | None = None,
    version: str = "",
    status: int = 200,
) -> HTMLResponse:
    return desk.draw(
        "desk/settings/clinic.html",
        here="settings",
        status=status,
        clinic=clinic,
        given=given,
        wrong=wrong or {},
        clash=clash,
        version=version,
        words=NAMES,
        limits=clinic_fields.MINUTES,
        stop_scopes=STOP_SCOPES,
        zones=sorted(zone for zone in clinic_fields.zones() if "/" in zone and not zone.startswith("Etc/")),
    )
