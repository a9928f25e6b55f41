"""Who the patient is and how they are reached, to be corrected; what is owed follows."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from fastapi import HTTPException
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from followup.actions import clinic_fields, patient_pages, versions
from followup.messages.catalogue import languages
from followup.models import Clinic, Patient
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk.frame import TheDesk
from followup.web.desk.patient import words
from followup.web.desk.settings.forms import Clash, save

router = StaffRouter()

NAMES = {
    "given_name": "First name",
    "family_name": "Family name",
    "phone": "Phone",
    "email": "Email",
    "language": "Language",
    "zone": "Time zone",
    "minimal": "Private",
}


@router.page("/patients/{patient_id}/about")
def show(patient_id: UUID, desk: TheDesk) -> HTMLResponse:
    """The form, filled with what we know."""
    with desk.read() as db:
        patient, clinic = _find(db, patient_id)
    given = patient_pages.shown(patient)
    page = _draw(desk, patient, clinic, given=given, version=versions.version_of(given))
    desk.saw("patient", patient_id)
    return page


@router.act("/patients/{patient_id}/about")
def change(patient_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Correct it, unless someone else has meanwhile."""
    with desk.read() as db:
        patient, clinic = _find(db, patient_id)
    changed = list[str]()

    def act(db: Session, given: Mapping[str, str], version: str) -> None:
        changed.extend(
            patient_pages.change(db, patient_id=patient_id, given=given, version=version, now=desk.now, by=desk.by)
        )

    draw = partial(_draw, desk, patient, clinic)
    again = save(desk, form, names=NAMES, subject="patient", subject_id=patient_id, act=act, draw=draw)
    said = "Saved. What has not left yet follows." if changed else "Nothing is different."
    return again or desk.go(f"/patients/{patient_id}", said)


def _find(db: Session, patient_id: UUID) -> tuple[Patient, Clinic]:
    patient = db.get(Patient, patient_id)
    if patient is None:
        raise HTTPException(404)
    return patient, db.get_one(Clinic, patient.clinic_id)


def _draw(
    desk: TheDesk,
    patient: Patient,
    clinic: Clinic,
    *,
    given: Mapping[str, str],
    version: str,
    wrong: Mapping[str, str] | None = None,
    clash: Clash | None = None,
    status: int = 200,
) -> HTMLResponse:
    phone, email = patient_pages.addresses(patient, clinic)
    spoken = {tag: words.language(tag) for tag in (*languages(), patient.language)}
    return desk.draw(
        "desk/patient/about.html",
        here="patients",
        status=status,
        patient=patient,
        clinic=clinic,
        given=given,
        wrong=wrong or {},
        clash=clash,
        version=version,
        words=NAMES,
        phone=phone,
        email=email,
        languages=list(spoken.items()),
        zones=sorted(zone for zone in clinic_fields.zones() if "/" in zone and not zone.startswith("Etc/")),
    )
