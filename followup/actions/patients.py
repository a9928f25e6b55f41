"""Whose treatment session is this? Someone we know, with what is new about them, or someone new."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.orm import Session, make_transient_to_detached

from followup.actions import consenting
from followup.actions.entries import ConsentEntry, EntryError, PatientChange, PatientEntry, Problem, TreatmentEntry
from followup.actions.rows import Rows
from followup.db import new_id
from followup.models import Clinic, FoundBy, Patient
from followup.models.facts import Held, latest_consents
from followup.models.finding import found_by
from followup.terms import Channel, Consented

Key = tuple[str, ...]  #: what tells who it is: our id or the sender's, or an address and the name

_TELLS_ALONE = {"id", "external_id"}


class Patients:
    """Whom some entries may be about, read and locked at once until the transaction ends, with what they permit."""

    def __init__(self, db: Session, rows: Rows, clinics: Collection[Clinic], entries: Iterable[TreatmentEntry]) -> None:
        self._db, self._rows = db, rows
        self._by_key: defaultdict[tuple[UUID, Key], set[Patient]] = defaultdict(set)
        locked = _lock(db, clinics, [entry.patient for entry in entries])
        for patient in locked:
            self._note(patient)
        self.held: Held = latest_consents(db, [patient.id for patient in locked]) if locked else {}

    def recognise(self, clinic: Clinic, entry: TreatmentEntry, *, now: datetime, by: str) -> tuple[Patient, bool]:
        """Find the patient by our id, else the sender's, else by name and phone or email; add one if there is none.

        What the entry says of a known patient is newer, so it wins. The second value tells whether it is a new one.
        Raises EntryError for an id of ours that nobody at this clinic has.
        """
        known = self._find(clinic, entry.patient)
        if known is None and entry.patient.id:
            what = f"is {entry.patient.id}, which no patient of this clinic has"
            raise EntryError(Problem("patient.id", what, "leave it out to add a patient"))
        patient = known or Patient(id=new_id(), clinic_id=clinic.id, created_at=now)
        if known and known not in self._db:
            self._attach(known)
        correct(patient, entry.patient)
        patient.external_id = entry.patient.external_id or patient.external_id
        patient.next_visit_at = entry.next_visit_at or patient.next_visit_at
        self._note(patient)
        if not known:
            self._rows.add_new(patient)
            for found in found_by(patient):
                self._rows.add(FoundBy, **found)
        self._keep_consent(patient, entry.consent, now, by)
        return patient, known is None

    def _attach(self, patient: Patient) -> None:
        """Let what changes about a patient whom an earlier entry added be written, too."""
        self._rows.write()
        make_transient_to_detached(patient)
        self._db.add(patient)

    def _find(self, clinic: Clinic, given: PatientEntry) -> Patient | None:
        keys = set(_keys(given))
        meant = {patient for key in keys for patient in self._by_key.get((clinic.id, key), ())}
        # An earlier entry may have given someone another name or address: then the old one means nobody.
        still = (patient for patient in meant if not keys.isdisjoint(_keys_of(patient)))
        return min(still, key=attrgetter("id"), default=None)

    def _note(self, patient: Patient) -> None:
        for key in _keys_of(patient):
            self._by_key[patient.clinic_id, key].add(patient)

    def _keep_consent(self, patient: Patient, consent: ConsentEntry, now: datetime, by: str) -> None:
        for channel, said in ((Channel.SMS, consent.sms), (Channel.EMAIL, consent.email)):
            if said is not None:
                consenting.state_at_desk(
                    self._rows,
                    held=self.held,
                    patient=patient,
                    channel=channel,
                    says=Consented.GIVEN if said else Consented.REFUSED,
                    evidence=consent.method,
                    now=now,
                    by=by,
                )


def correct(patient: Patient, said: PatientChange) -> None:
    """Take over what is said about a patient. Another address is a new one, whatever became of the old."""
    for name in said.model_fields_set & {"given_name", "family_name", "language"}:
        setattr(patient, name, getattr(said, name))
    emptied = said.model_fields_set & said.emptied
    if said.timezone or "timezone" in emptied:
        patient.zone = said.timezone
    if said.phone.given or "phone" in emptied:
        patient.phone_failed_at = patient.phone_failed_at if said.phone.e164 == patient.phone else None
        patient.phone, patient.phone_given = said.phone.e164, said.phone.given
    if said.email.given or "email" in emptied:
        patient.email_failed_at = patient.email_failed_at if said.email.address == patient.email else None
        patient.email, patient.email_given = said.email.address, said.email.given


def _keys(given: PatientEntry) -> Iterator[Key]:
    name = (given.given_name, given.family_name)
    if given.id:
        yield "id", str(given.id)
        return
    if given.external_id:
        yield "external_id", given.external_id
        return
    if given.phone.e164:
        yield "phone", given.phone.e164, *name
    elif given.phone.given:
        yield "phone_given", given.phone.given, *name
    if given.email.address:
        yield "email", given.email.address, *name


def _keys_of(patient: Patient) -> Iterator[Key]:
    yield "id", str(patient.id)
    if patient.external_id:
        yield "external_id", patient.external_id
    for kind in ("phone", "phone_given", "email"):
        if address := getattr(patient, kind):
            yield kind, address, patient.given_name, patient.family_name


def _lock(db: Session, clinics: Collection[Clinic], given: Sequence[PatientEntry]) -> Sequence[Patient]:
    wanted: defaultdict[str, set[str | UUID]] = defaultdict(set)
    for kind, value, *_ in (key for each in given for key in _keys(each)):
        wanted[kind].add(UUID(value) if kind == "id" else value)
    if not wanted:
        return []
    here = Patient.clinic_id.in_([clinic.id for clinic in clinics])
    same_name = (
        Patient.given_name.in_({each.given_name for each in given}),
        Patient.family_name.in_({each.family_name for each in given}),
    )
    # One kind after the other, so that each takes its own index.
    ids = union(
        *(
            select(Patient.id).where(
                here, getattr(Patient, kind).in_(values), *(() if kind in _TELLS_ALONE else same_name)
            )
            for kind, values in wanted.items()
        )
    )
    return db.scalars(
        select(Patient).where(Patient.id.in_(ids)).order_by(Patient.id).with_for_update(),
        execution_options={"populate_existing": True},
    ).all()
