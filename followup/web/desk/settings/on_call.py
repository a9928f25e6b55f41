"""Who is told of a clinic's alerts, in which order and in which hours."""

from collections.abc import Mapping, Sequence

from fastapi import HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from followup.actions import staff_pages, versions
from followup.actions.clinic_fields import Unfit
from followup.actions.staff_pages import PlaceEntry
from followup.actions.versions import ChangedMeanwhile
from followup.models import Clinic, Staff
from followup.queries import audit
from followup.terms import Role
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk.frame import TheDesk
from followup.web.desk.settings.forms import VERSION, Clash
from followup.web.forms import Form

router = StaffRouter()

_MOST_PLACES = 30


@router.page("/settings/on-call", needs=Role.ADMIN)
def listing(desk: TheDesk) -> Response:
    """The list of the only clinic, or the clinics to choose from."""
    with desk.read() as db:
        keys = db.scalars(select(Clinic.key).order_by(Clinic.name)).all()
    if not keys:
        return desk.go("/settings/clinics/new", "There is no clinic yet; add one first.")
    return desk.door.to(f"/settings/on-call/{keys[0]}")


@router.page("/settings/on-call/{key}", needs=Role.ADMIN)
def show(key: str, desk: TheDesk) -> HTMLResponse:
    """One clinic's list."""
    with desk.read() as db:
        clinic = _find(db, key)
        shown = staff_pages.shown_list(db, clinic)
    return _draw(desk, clinic, places=_places(shown), version=versions.version_of(shown))


@router.act("/settings/on-call/{key}", needs=Role.ADMIN)
def change(key: str, desk: TheDesk, form: TheForm) -> Response:
    """Let it be as typed, unless someone else changed it meanwhile."""
    places, version = _typed(form), form.first(VERSION, most=64)
    with desk.read() as db:
        clinic = _find(db, key)
    try:
        with desk.write() as db:
            staff_pages.put_list(db, clinic=clinic, places=places, version=version, now=desk.now, by=desk.by)
    except Unfit as error:
        return _draw(desk, clinic, places=places, wrong=error.wrong, version=version, status=422)
    except ChangedMeanwhile as error:
        with desk.read() as db:
            last = audit.latest(db, subject="clinic", subject_id=clinic.id)
            names = {str(staff.id): staff.shown_name for staff in db.scalars(select(Staff))}
        now_says = [
            (f"{number}.", f"{names.get(place.staff_id, place.staff_id)} {place.hours}")
            for number, place in enumerate(_places(error.shown), start=1)
        ]
        faster = Clash(last.did_by if last else "Someone", last.did_at if last else desk.now, now_says)
        new_version = versions.version_of(error.shown)
        return _draw(desk, clinic, places=places, clash=faster, version=new_version, status=409)
    return desk.go(f"/settings/on-call/{key}", "Saved.")


def _typed(form: Form) -> list[PlaceEntry]:
    """The places in the order of their numbers; one without a number stays where it stands."""
    rows = []
    for number in range(1, _MOST_PLACES + 1):
        staff_id = form.first(f"staff-{number}", most=40)
        place = form.first(f"place-{number}", most=3)
        if staff_id:
            at = int(place) if place.isascii() and place.isdecimal() else number
            rows.append((at, number, PlaceEntry(staff_id, form.first(f"hours-{number}", most=200))))
    return [entry for *_, entry in sorted(rows, key=lambda row: row[:2])]


def _places(shown: Mapping[str, str]) -> list[PlaceEntry]:
    return [PlaceEntry(*shown[number].split(" ", 1)) for number in sorted(shown)]


def _find(db: Session, key: str) -> Clinic:
    clinic = db.scalars(select(Clinic).where(Clinic.key == key)).one_or_none()
    if clinic is None:
        raise HTTPException(404)
    return clinic


def _draw(
    desk: TheDesk,
    clinic: Clinic,
    *,
    places: Sequence[PlaceEntry],
    version: str,
    wrong: Mapping[str, str] | None = None,
    clash: Clash | None = None,
    status: int = 200,
) -> HTMLResponse:
    with desk.read() as db:
        clinics = db.scalars(select(Clinic).order_by(Clinic.name)).all()
        staff = db.scalars(select(Staff).where(Staff.left_at.is_(None)).order_by(Staff.name, Staff.email)).all()
    given: dict[str, str] = {}
    for number, place in enumerate([*places, PlaceEntry("", "")], start=1):
        given |= {f"place-{number}": str(number), f"staff-{number}": place.staff_id, f"hours-{number}": place.hours}
    return desk.draw(
        "desk/settings/on-call.html",
        here="settings",
        status=status,
        clinic=clinic,
        clinics=clinics,
        people=[("", "nobody"), *((str(one.id), _called(one)) for one in staff)],
        rows=range(1, len(places) + 2),
        given=given,
        wrong=wrong or {},
        clash=clash,
        version=version,
    )


def _called(staff: Staff) -> str:
    return staff.shown_name if staff.phone else f"{staff.shown_name} (email alone, no phone)"
