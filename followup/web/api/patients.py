"""Patients: who they are, everything between them and their clinic, and what they agree to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from followup.actions import changing, consenting, entries
from followup.actions.changing import NotFound
from followup.models import Patient
from followup.queries import patients, timeline
from followup.queries.patients import PatientView
from followup.queries.timeline import Timeline
from followup.web.api import examples
from followup.web.api.asking import TheCaller, TheObject, say_once
from followup.web.api.description import answers, body
from followup.web.api.schemas import ConsentStatement, TimelineQuery
from followup.web.depends import TheRuntime

router = APIRouter(prefix="/patients", tags=["patients"])


@router.get("/{patient_id:uuid}", responses=answers(404, example=examples.PATIENT))
def read_a_patient(runtime: TheRuntime, patient_id: UUID) -> PatientView:
    """A patient, with the consent that holds now."""
    with runtime.read_db() as db:
        return _view(db, patient_id)


@router.get(
    "/{patient_id:uuid}/timeline",
    dependencies=[Depends(say_once)],
    responses=answers(404, 422, example=examples.TIMELINE),
)
def read_a_timeline(
    runtime: TheRuntime, caller: TheCaller, patient_id: UUID, which: Annotated[TimelineQuery, Query()]
) -> Timeline:
    """Treatment sessions, messages, receipts, replies, alerts, outcomes and consents, oldest first, 50 to a page."""
    with runtime.read_db() as db:
        found = timeline.page(db, patient_id=patient_id, now=caller.now, cursor=which.cursor)
    if found is None:
        raise _unknown(patient_id)
    return found


@router.post(
    "/{patient_id:uuid}/consents",
    openapi_extra=body(ConsentStatement, texts_wanted=examples.TEXTS_WANTED, texts_stopped=examples.TEXTS_STOPPED),
    responses=answers(400, 404, 409, 413, 415, 422, example=examples.PATIENT),
)
def record_consent(runtime: TheRuntime, caller: TheCaller, patient_id: UUID, data: TheObject) -> PatientView:
    """Add what a patient said to the ledger, and answer with what holds then. No line is ever changed.

    What the patient has stopped (`withdrawn`) stays stopped, whatever was said at the clinic; only the patient starts
    it again. To say `given` of it is answered with 409, and nothing is recorded.
    """
    said = entries.check(ConsentStatement, data)
    with runtime.open_db() as db:
        patient = db.get(Patient, patient_id, with_for_update=True)
        if patient is None:
            raise _unknown(patient_id)
        consenting.hear(
            db,
            patient=patient,
            channel=said.channel,
            says=said.says,
            evidence=said.method,
            now=caller.now,
            by=caller.by,
            purposes=said.purposes,
            wording_version=said.wording_version,
        )
        changing.follow_patient(db, patient=patient, now=caller.now, by=caller.by)
        return _view(db, patient_id)


def _view(db: Session, patient_id: UUID) -> PatientView:
    view = patients.look(db, patient_id=patient_id)
    if view is None:
        raise _unknown(patient_id)
    return view


def _unknown(patient_id: UUID) -> NotFound:
    return NotFound(f"there is no patient {patient_id}")
