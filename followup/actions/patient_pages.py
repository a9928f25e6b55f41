"""What staff correct on a patient's page, only while it is what they were shown: the second of two people is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from followup.actions import auditing, changing, consenting, entries, patients, versions
from followup.actions.addresses import Email, Phone, read_email, read_phone
from followup.actions.changing import NotFound
from followup.actions.clinic_fields import Unfit
from followup.actions.entries import EntryError, PatientChange, TreatmentChange
from followup.actions.fields import Place
from followup.actions.rows import Rows
from followup.models import Clinic, Patient
from followup.models.facts import Held, latest_consents
from followup.models.owed import zone_of
from followup.terms import Channel, Consented, Purpose

YES, NO = "yes", "no"
MOST_SAID = 500  #: characters of what the evidence of a consent says
_TYPED = ("given_name", "family_name", "phone", "email", "language", "zone", "minimal")
_ENTRY_NAMES = {"timezone": "zone"}


def shown(patient: Patient) -> dict[str, str]:
    """A patient as the form shows them."""
    given = {
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "phone": patient.phone_given or patient.phone or "",
        "email": patient.email_given or patient.email or "",
        "language": patient.language,
        "zone": patient.zone or "",
    }
    return given | {"minimal": YES if patient.minimal else ""}


def addresses(patient: Patient, clinic: Clinic) -> tuple[Phone, Email]:
    """The phone and the email address as they were given, with what is wrong with them."""
    given = shown(patient)
    return read_phone(given["phone"], clinic.country), read_email(given["email"])


def change(
    db: Session, *, patient_id: UUID, given: Mapping[str, str], version: str, now: datetime, by: str
) -> list[str]:
    """Correct a patient as typed, and what is owed with them; the names of what is different now.

    An address that was emptied is gone. Raises NotFound, Unfit, ChangedMeanwhile.
    """
    patient, clinic = _lock(db, patient_id)
    before = shown(patient)
    versions.check(before, version)
    typed = {name: " ".join(given.get(name, "").split()) for name in _TYPED}
    said = _read(typed, clinic)
    patients.correct(patient, said)
    patient.family_name = said.family_name
    patient.minimal = typed["minimal"] == YES
    changed = [name for name, value in shown(patient).items() if value != before[name]]
    if changed:
        _follow(db, patient, "change", {"fields": changed}, now, by)
    return changed


def shown_next_visit(patient: Patient, clinic: Clinic) -> str:
    """The next visit as a form shows it, in the patient's time: `2026-11-24T10:00`, or nothing."""
    if patient.next_visit_at is None:
        return ""
    return f"{patient.next_visit_at.astimezone(zone_of(patient, clinic)):%Y-%m-%dT%H:%M}"


def set_next_visit(db: Session, *, patient_id: UUID, given: str, version: str, now: datetime, by: str) -> Patient:
    """Keep when they come next, or that nothing is booked. Raises NotFound, Unfit, ChangedMeanwhile."""
    patient, clinic = _lock(db, patient_id)
    versions.check({"next_visit_at": shown_next_visit(patient, clinic)}, version)
    patient.next_visit_at = read_moment(given, zone_of(patient, clinic), "next_visit_at") if given.strip() else None
    if patient.next_visit_at and patient.next_visit_at <= now:
        raise Unfit({"next_visit_at": "This is over already; choose a time to come."})
    _follow(db, patient, "change", {"fields": ["next_visit_at"]}, now, by)
    return patient


def read_moment(given: str, zone: ZoneInfo, name: str) -> datetime:
    """A local time as a form sends it. Raises Unfit, which names the field."""
    try:
        read = entries.check(TreatmentChange, {"ended_at": given}, place=Place(str(zone), "ZZ")).ended_at
    except EntryError as error:
        raise Unfit({name: "Choose a day and a time."}) from error
    if read is None:
        raise Unfit({name: "Choose a day and a time."})
    return read


def shown_consents(held: Held, patient: Patient) -> dict[str, str]:
    """What holds now for each channel and purpose, by the field's name."""
    return {
        name_of(channel, purpose): held.get((patient.id, channel, purpose), "")
        for channel in Channel
        for purpose in Purpose
    }


def name_of(channel: Channel, purpose: Purpose) -> str:
    """The field in which is said whether we may write."""
    return f"{channel}_{purpose}"


def hear_consent(
    db: Session, *, patient_id: UUID, given: Mapping[str, str], method: str, version: str, now: datetime, by: str
) -> int:
    """Add what a patient said at the desk to the ledger; how many lines. What they stopped themselves stays stopped.

    Raises NotFound, Unfit, ChangedMeanwhile.
    """
    patient, _ = _lock(db, patient_id)
    held = latest_consents(db, [patient.id])
    versions.check(shown_consents(held, patient), version)
    rows, lines, method = Rows(db), 0, " ".join(method.split())[:MOST_SAID]
    for channel in Channel:
        for answer, says in ((YES, Consented.GIVEN), (NO, Consented.REFUSED)):
            wanted = [purpose for purpose in Purpose if given.get(name_of(channel, purpose)) == answer]
            lines += len(
                consenting.state_at_desk(
                    rows,
                    held=held,
                    patient=patient,
                    channel=channel,
                    says=says,
                    evidence=method,
                    now=now,
                    by=by,
                    purposes=wanted,
                )
            )
    if not method and lines:
        raise Unfit({"method": "Say how you know: spoken at the desk, on the phone, on a form."})
    rows.write()
    if lines:
        _follow(db, patient, "consent", {"lines": lines}, now, by)
    return lines


def _lock(db: Session, patient_id: UUID) -> tuple[Patient, Clinic]:
    patient = db.get(Patient, patient_id, with_for_update=True, populate_existing=True)
    if patient is None:
        raise NotFound(f"there is no patient {patient_id}")
    return patient, db.get_one(Clinic, patient.clinic_id)


def _read(typed: Mapping[str, str], clinic: Clinic) -> PatientChange:
    data = {name: value for name, value in typed.items() if name not in ("zone", "minimal")}
    try:
        said = entries.check(
            PatientChange, data | {"timezone": typed["zone"]}, place=Place(clinic.zone, clinic.country)
        )
    except EntryError as error:
        wrong = {_ENTRY_NAMES.get(one.field, one.field): f"This {one.wrong}; {one.mend}." for one in error.problems}
        raise Unfit(wrong) from error
    if not said.given_name:
        raise Unfit({"given_name": "Write the name by which you know them."})
    return said


def _follow(db: Session, patient: Patient, did: str, details: dict[str, Any], now: datetime, by: str) -> None:
    db.flush()
    changing.follow_patient(db, patient=patient, now=now, by=by)
    auditing.note(db, did=did, subject="patient", subject_id=patient.id, now=now, by=by, details=details)
