"""Records a treatment session and, in the same transaction, writes down every message that is owed after it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import entries, owing, planning
from followup.actions.entries import EntryError, TreatmentEntry
from followup.actions.patients import Patients
from followup.actions.planning import UnknownPlan
from followup.actions.rows import Rows
from followup.db import new_id
from followup.models import AuditEntry, Clinic, Enrolment, Message, Patient, Plan, TreatmentSession
from followup.models.steps import steps_of
from followup.rules import risk

_SENT_TOGETHER = 50  # entries: little enough for the database to begin soon, enough to be fast


class UnknownClinic(Exception):
    """There is no clinic of that key."""


class Conflict(Exception):
    """This `external_id` already stands for a treatment session with other content: the one of `treatment_id`."""

    def __init__(self, external_id: str, treatment_id: UUID) -> None:
        super().__init__(
            f"external_id {external_id!r} is already recorded with other content, as treatment session {treatment_id}; "
            "correct that one (by PATCH, or on its page), or use a new external_id"
        )
        self.treatment_id = treatment_id


Refusal = EntryError | UnknownClinic | UnknownPlan | Conflict


@dataclass(frozen=True, slots=True)
class Recorded:
    """A treatment session, with everything that is owed after it in the order of due times (only of one by itself)."""

    treatment: TreatmentSession
    was_known: bool
    messages: Sequence[Message] = ()

    @property
    def warnings(self) -> list[str]:
        """What the article that sets our words says against this treatment, as sentences for staff."""
        return risk.warnings(self.treatment.precautions)


def record_treatment(db: Session, *, entry: TreatmentEntry, now: datetime, by: str) -> Recorded:
    """Record a treatment session, enrol it in its plan and schedule every message.

    The same entry again changes nothing. What cannot go (no consent, no working address, no emergency number) is
    written all the same, and shows why it waits. Raises EntryError, UnknownClinic, UnknownPlan or Conflict.
    """
    [recorded] = record_treatments(db, entries=[(entry, by)], now=now)
    if not isinstance(recorded, Recorded):
        raise recorded
    return replace(recorded, messages=owing.messages_of(db, recorded.treatment))


def record_treatments(
    db: Session, *, entries: Sequence[tuple[TreatmentEntry, str]], now: datetime
) -> list[Recorded | Refusal]:
    """Record many, each with who hands it in, as if one after the other; what they share is looked up and written once.

    Refusals are told in place of what they refuse, and leave no trace. The messages are written, not read.
    """
    with recording(db, entries=entries, now=now) as recorded:
        return recorded


@contextmanager
def recording(
    db: Session, *, entries: Sequence[tuple[TreatmentEntry, str]], now: datetime
) -> Iterator[list[Recorded | Refusal]]:
    """The same; within, the database may still be writing, and nothing can be asked of it."""
    with Rows(db) as rows:
        desk, recorded = _Desk(db, rows, [entry for entry, _ in entries], now), list[Recorded | Refusal]()
        for first in range(0, len(entries), _SENT_TOGETHER):
            recorded += [desk.record(entry, by) for entry, by in entries[first : first + _SENT_TOGETHER]]
            rows.send()
        yield recorded


class _Desk:
    """What some entries have in common, and where each of them is recorded."""

    def __init__(self, db: Session, rows: Rows, entries: Sequence[TreatmentEntry], now: datetime) -> None:
        self._db, self._rows, self._now = db, rows, now
        self._clinics = _lock_clinics(db, entries)
        self._patients = Patients(db, self._rows, self._clinics.values(), entries)
        self._sessions = _known(db, self._clinics, entries)
        self._plans: dict[str, Plan] = {}

    def record(self, entry: TreatmentEntry, by: str) -> Recorded | Refusal:
        try:
            return self._known_already(entry) or self._record(entry, self._plan(entry.plan), by)
        except (EntryError, UnknownClinic, UnknownPlan, Conflict) as refusal:  # nothing is written yet
            return refusal

    def _known_already(self, entry: TreatmentEntry) -> Recorded | None:
        entries.check_ended(entry.ended_at, self._now)
        if entry.clinic not in self._clinics:
            raise UnknownClinic(f"clinic {entry.clinic!r} is not known; use the key of a clinic")
        known = self._sessions.get((self._clinics[entry.clinic].id, entry.external_id))
        if known is None:
            return None
        if known.content_hash != entries.content_hash(entry):
            raise Conflict(entry.external_id, known.id)
        return Recorded(known, was_known=True)

    def _plan(self, key: str) -> Plan:
        if key not in self._plans:
            self._rows.write()
            self._plans[key] = planning.newest(self._db, key)
            steps_of(self._db, self._plans[key].id)
        return self._plans[key]

    def _record(self, entry: TreatmentEntry, plan: Plan, by: str) -> Recorded:
        db, now, clinic = self._db, self._now, self._clinics[entry.clinic]
        patient, is_new = self._patients.recognise(clinic, entry, now=now, by=by)
        treatment, enrolment_id = _treatment(clinic, patient, entry, now, by), new_id()
        self._rows.add_new(treatment)
        self._rows.add(Enrolment, id=enrolment_id, treatment_id=treatment.id, plan_id=plan.id, created_at=now)
        self._sessions[clinic.id, entry.external_id] = treatment
        self._rows.add(
            AuditEntry,
            did_at=now,
            did_by=by,
            did="record",
            subject="treatment",
            subject_id=str(treatment.id),
            details={"warnings": risk.warnings(treatment.precautions)},
        )
        if not is_new:
            self._rows.write()  # what is looked up for a known patient may be among them
        owing.owe(
            db,
            self._rows,
            clinic=clinic,
            patient=patient,
            treatment=treatment,
            enrolment_id=enrolment_id,
            plan=plan,
            held=self._patients.held,
            is_first=is_new,
            now=now,
            by=by,
        )
        return Recorded(treatment, was_known=False)


def _lock_clinics(db: Session, entries: Sequence[TreatmentEntry]) -> dict[str, Clinic]:
    # One at a time in a clinic, so that two requests at once cannot both find a session, or its patient, unknown.
    clinics = db.scalars(
        select(Clinic)
        .where(Clinic.key.in_({entry.clinic for entry in entries}))
        .order_by(Clinic.id)
        .with_for_update(key_share=True)
    )
    return {clinic.key: clinic for clinic in clinics}


def _known(
    db: Session, clinics: dict[str, Clinic], entries: Sequence[TreatmentEntry]
) -> dict[tuple[UUID, str], TreatmentSession]:
    sessions = db.scalars(
        select(TreatmentSession).where(
            TreatmentSession.clinic_id.in_([clinic.id for clinic in clinics.values()]),
            TreatmentSession.external_id.in_([entry.external_id for entry in entries]),
        )
    )
    return {(session.clinic_id, session.external_id): session for session in sessions}


def _treatment(clinic: Clinic, patient: Patient, entry: TreatmentEntry, now: datetime, by: str) -> TreatmentSession:
    return TreatmentSession(
        id=new_id(),
        clinic_id=clinic.id,
        patient_id=patient.id,
        external_id=entry.external_id,
        content_hash=entries.content_hash(entry),
        ended_at=entry.ended_at,
        practitioner=entry.practitioner,
        regions=list(entry.regions),
        precautions=list(entry.precautions),
        first_treatment=entry.first_treatment,
        baseline_pain=entry.baseline_pain,
        recorded_at=now,
        recorded_by=by,
    )
