"""Who works here: invite, correct, let go."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from fastapi import HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from followup.actions import inviting, staff_pages, versions
from followup.actions.clinic_fields import Unfit
from followup.messages.catalogue import languages
from followup.models import Staff
from followup.terms import Role
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk.frame import TheDesk
from followup.web.desk.settings.forms import Clash, save, typed

router = StaffRouter()

NAMES = {"name": "Name", "email": "Email", "phone": "Phone for alarms", "role": "Role", "language": "Language"}
ROLES = (
    (Role.DESK.value, "Front desk"),
    (Role.CLINICIAN.value, "Clinician"),
    (Role.ADMIN.value, "Administrator"),
)
_LANGUAGES = {"en": "English", "es": "Spanish"}
_NEW = {"role": Role.DESK.value, "language": "en"}


@router.page("/settings/staff", needs=Role.ADMIN)
def listing(desk: TheDesk) -> HTMLResponse:
    """Everybody, and a form to invite one more."""
    return _draw_all(desk, given=_NEW)


@router.act("/settings/staff", needs=Role.ADMIN)
def invite(desk: TheDesk, form: TheForm) -> Response:
    """Add someone, and let them choose a password by email."""
    given = typed(form, NAMES)
    try:
        with desk.write() as db:
            staff = staff_pages.add(db, given=given, now=desk.now, by=desk.by)
    except Unfit as error:
        return _draw_all(desk, given=given, wrong=error.wrong, status=422)
    return desk.go("/settings/staff", f"{staff.shown_name} is invited by email.")


@router.page("/settings/staff/{staff_id}", needs=Role.ADMIN)
def show(staff_id: UUID, desk: TheDesk) -> HTMLResponse:
    """One of them, to be corrected."""
    with desk.read() as db:
        staff = _find(db, staff_id)
    shown = staff_pages.shown(staff)
    return _draw(desk, staff, given=shown, version=versions.version_of(shown))


@router.act("/settings/staff/{staff_id}", needs=Role.ADMIN)
def change(staff_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Correct it, unless someone else has meanwhile."""
    with desk.read() as db:
        staff = _find(db, staff_id)

    def act(db: Session, given: Mapping[str, str], version: str) -> None:
        staff_pages.change(db, staff_id=staff_id, given=given, version=version, now=desk.now, by=desk.by)

    draw = partial(_draw, desk, staff)
    again = save(desk, form, names=NAMES, subject="staff", subject_id=staff_id, act=act, draw=draw)
    return again or desk.go("/settings/staff", "Saved.")


@router.act("/settings/staff/{staff_id}/invite", needs=Role.ADMIN)
def invite_again(staff_id: UUID, desk: TheDesk) -> Response:
    """Send the link once more."""
    with desk.write() as db:
        staff = _find(db, staff_id)
        inviting.invite(db, staff=staff, now=desk.now, by=desk.by)
    return desk.go("/settings/staff", f"{staff.shown_name} is invited by email.")


@router.act("/settings/staff/{staff_id}/let-go", needs=Role.ADMIN)
def let_go(staff_id: UUID, desk: TheDesk) -> Response:
    """Shut them out, at once and everywhere."""
    with desk.read() as db:
        staff = _find(db, staff_id)
    try:
        with desk.write() as db:
            staff_pages.let_go(db, staff_id=staff_id, now=desk.now, by=desk.by)
    except Unfit as error:
        shown = staff_pages.shown(staff)
        return _draw(desk, staff, given=shown, wrong=error.wrong, version=versions.version_of(shown), status=422)
    return desk.go("/settings/staff", f"{staff.shown_name} can sign in no more.")


def _find(db: Session, staff_id: UUID) -> Staff:
    staff = db.get(Staff, staff_id)
    if staff is None or staff.left_at:
        raise HTTPException(404)
    return staff


def _draw_all(
    desk: TheDesk, *, given: Mapping[str, str], wrong: Mapping[str, str] | None = None, status: int = 200
) -> HTMLResponse:
    with desk.read() as db:
        found = db.scalars(select(Staff).where(Staff.left_at.is_(None)).order_by(Staff.name, Staff.email)).all()
    return desk.draw("desk/settings/staff.html", here="settings", status=status, staff=found, **_form(given, wrong))


def _draw(
    desk: TheDesk,
    staff: Staff,
    *,
    given: Mapping[str, str],
    version: str,
    wrong: Mapping[str, str] | None = None,
    clash: Clash | None = None,
    status: int = 200,
) -> HTMLResponse:
    values = _form(given, wrong) | {"staff": staff, "clash": clash, "version": version}
    return desk.draw("desk/settings/person.html", here="settings", status=status, **values)


def _form(given: Mapping[str, str], wrong: Mapping[str, str] | None) -> dict[str, object]:
    spoken = [(tag, _LANGUAGES.get(tag, tag)) for tag in languages()]
    return {"given": given, "wrong": wrong or {}, "words": NAMES, "roles": ROLES, "languages": spoken}
