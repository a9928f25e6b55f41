"""Treatment sessions for tests: whatever a test does not say has a likely value."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from followup.actions.enrolling import Recorded, record_treatment
from followup.actions.entries import parse_entry
from followup.actions.fields import Place
from followup.actions.setting_up import SAMPLE
from followup.models import Clinic
from followup.runtime import Runtime


def record(runtime: Runtime, fields: Mapping[str, Any], *, number: int) -> Recorded:
    """Record a session that ended just now. `fields` are those of `POST /api/v1/treatments`; `number` tells apart."""
    now = runtime.now()
    with runtime.open_db() as db:
        places = {clinic.key: Place(clinic.zone, clinic.country) for clinic in db.scalars(select(Clinic))}
        entry = parse_entry(_filled_in(fields, number, now), place_of=places.get)
        return record_treatment(db, entry=entry, now=now, by="test")


def _filled_in(fields: Mapping[str, Any], number: int, now: datetime) -> dict[str, Any]:
    patient = {
        "given_name": "Ana",
        "phone": f"+1212555{number:04}",
        "email": f"patient-{number}@patients.example",
    }
    consent = {"sms": True, "email": True, "method": "paper form"}
    return {
        "external_id": f"session-{number}",
        "clinic": SAMPLE.key,
        "ended_at": now,
        **fields,
        "patient": patient | fields.get("patient", {}),
        "consent": consent | fields.get("consent", {}),
    }
