"""Records the treatment session of a form, or tries it out and keeps nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from followup.actions import auditing, enrolling, entries, places
from followup.actions.enrolling import Recorded
from followup.actions.entries import EntryError, Problem, TreatmentEntry
from followup.actions.planning import UnknownPlan
from followup.queries.patients import PatientView
from followup.rules import risk
from followup.web.desk.frame import Desk
from followup.web.desk.sessions import outlook
from followup.web.desk.sessions.given import Given, beside_fields, in_order
from followup.web.desk.sessions.outlook import Outlook


@dataclass(frozen=True, slots=True)
class Saved:
    """A session that is recorded."""

    treatment_id: UUID
    patient_id: UUID
    recorded_at: datetime
    was_known: bool
    outlook: Outlook


class Unfit(Exception):
    """What was typed cannot be taken; `wrong` says why, by field."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__("; ".join(wrong.values()))
        self.wrong = wrong


def try_out(desk: Desk, given: Given, *, patient: PatientView | None, zone: ZoneInfo) -> Outlook:
    """What would leave if this were saved now. Nothing stays written. Raises Unfit or Conflict."""
    return _record(desk, given, patient, zone, for_good=False).outlook


def save(
    desk: Desk, given: Given, *, patient: PatientView | None, zone: ZoneInfo, may_confirm: Collection[str]
) -> Saved:
    """Record it, once, however often it is sent. Raises Unfit or Conflict.

    What the article that sets our words warns of must be confirmed; the audit log keeps by whom.
    """
    if risk.warnings(given.precautions) and given.fields["confirmed_by"] not in may_confirm:
        wrong = {"confirmed_by": "Say which clinician confirms that this session was right."}
        raise Unfit(in_order(_wrong(desk, given, patient, zone) | wrong))
    try:
        return _record(desk, given, patient, zone)
    except IntegrityError:  # someone else recorded it, or its patient, in the meantime; now we see that
        return _record(desk, given, patient, zone)


def _wrong(desk: Desk, given: Given, patient: PatientView | None, zone: ZoneInfo) -> dict[str, str]:
    try:
        try_out(desk, given, patient=patient, zone=zone)
    except Unfit as error:
        return dict(error.wrong)
    return {}


def _record(desk: Desk, given: Given, patient: PatientView | None, zone: ZoneInfo, *, for_good: bool = True) -> Saved:
    data, problems = given.as_entry(patient=patient, zone=zone)
    try:
        with desk.write() as db:
            entry = _read(db, data, problems)
            recorded = enrolling.record_treatment(db, entry=entry, now=desk.now, by=desk.by)
            if recorded.warnings and not recorded.was_known:
                _note_confirmation(db, desk, given, recorded)
            saved = _saved(recorded, outlook.look(db, recorded, now=desk.now, links=desk.runtime.links))
            if not for_good:
                db.rollback()
    except EntryError as error:
        raise Unfit(beside_fields([*problems, *error.problems])) from None
    except UnknownPlan:
        raise Unfit(beside_fields([Problem("plan", "is not known", "choose another")])) from None
    return saved


def _saved(recorded: Recorded, ahead: Outlook) -> Saved:
    treatment = recorded.treatment
    return Saved(treatment.id, treatment.patient_id, treatment.recorded_at, recorded.was_known, ahead)


def _read(db: Session, data: Mapping[str, Any], problems: Sequence[Problem]) -> TreatmentEntry:
    entry = entries.parse_entry(data, place_of=places.of_clinics(db))
    if problems:
        raise EntryError(*problems)
    return entry


def _note_confirmation(db: Session, desk: Desk, given: Given, recorded: Recorded) -> None:
    auditing.note(
        db,
        did="confirm",
        subject="treatment",
        subject_id=recorded.treatment.id,
        now=desk.now,
        by=desk.by,
        details={"confirmed_by": given.fields["confirmed_by"], "warnings": recorded.warnings},
    )
