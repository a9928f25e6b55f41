"""Treatment sessions: recorded, previewed, read, corrected and cancelled."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from followup.actions import changing, enrolling, entries, places
from followup.queries import treatments
from followup.queries.treatments import TreatmentView
from followup.runtime import Runtime
from followup.web.api import examples
from followup.web.api.asking import Caller, TheCaller, TheObject
from followup.web.api.description import answers, body
from followup.web.depends import TheRuntime

router = APIRouter(prefix="/treatments", tags=["treatments"])


@router.post(
    "",
    status_code=201,
    openapi_extra=body(entries.TreatmentEntry, session=examples.TREATMENT),
    responses=answers(400, 409, 413, 415, 422, example=examples.RECORDED, status=201)
    | {200: {"model": TreatmentView, "description": "It was recorded before, with the same content."}},
)
def record_a_treatment_session(
    runtime: TheRuntime, caller: TheCaller, data: TheObject, response: Response
) -> TreatmentView:
    """Record a treatment session with its patient, consent and plan, and schedule every message.

    The same content again answers 200 with what is recorded, also when two requests come at once; other content under
    the same `external_id` is a conflict. A time without an offset is local to the patient's zone, else the clinic's.
    """
    view, was_known = _record(runtime, caller, data)
    response.status_code = 200 if was_known else 201
    if not was_known:
        response.headers["Location"] = f"treatments/{view.id}"  # relative, wherever PUBLIC_URL puts us
    return view


@router.post(
    "/preview",
    openapi_extra=body(entries.TreatmentEntry, session=examples.TREATMENT),
    responses=answers(400, 409, 413, 415, 422, example=examples.RECORDED),
)
def preview_a_treatment_session(runtime: TheRuntime, caller: TheCaller, data: TheObject) -> TreatmentView:
    """What recording it would answer, with nothing written; its ids stand for nothing."""
    view, _ = _record(runtime, caller, data, is_kept=False)
    return view


@router.get("/{treatment_id:uuid}", responses=answers(404, example=examples.RECORDED))
def read_a_treatment_session(runtime: TheRuntime, caller: TheCaller, treatment_id: UUID) -> TreatmentView:
    """A treatment session as it stands now, with its patient and messages."""
    with runtime.read_db() as db:
        return _view(db, caller, treatment_id)


@router.patch(
    "/{treatment_id:uuid}",
    openapi_extra=body(entries.TreatmentChange, moved=examples.MOVED, another_number=examples.READDRESSED),
    responses=answers(400, 404, 409, 413, 415, 422, example=examples.RECORDED),
)
def correct_a_treatment_session(
    runtime: TheRuntime, caller: TheCaller, treatment_id: UUID, data: TheObject
) -> TreatmentView:
    """Move a treatment session, or correct it or its patient; what has not left is scheduled anew.

    What is left out stays. A cancelled one is a conflict.
    """
    with runtime.open_db() as db:
        change = entries.parse_change(data, place=places.of_treatment(db, treatment_id))
        changing.change_treatment(db, treatment_id=treatment_id, change=change, now=caller.now, by=caller.by)
        return _view(db, caller, treatment_id)


@router.post("/{treatment_id:uuid}/cancel", responses=answers(404, 409, example=examples.RECORDED))
def cancel_a_treatment_session(runtime: TheRuntime, caller: TheCaller, treatment_id: UUID) -> TreatmentView:
    """Let nothing more leave for a treatment session that should not have been recorded."""
    with runtime.open_db() as db:
        changing.cancel_treatment(db, treatment_id=treatment_id, now=caller.now, by=caller.by)
        return _view(db, caller, treatment_id)


def _record(
    runtime: Runtime, caller: Caller, data: dict[str, Any], *, is_kept: bool = True
) -> tuple[TreatmentView, bool]:
    try:
        return _try_to_record(runtime, caller, data, is_kept=is_kept)
    except IntegrityError:  # someone else recorded it, or its patient, in the meantime; now we see that
        return _try_to_record(runtime, caller, data, is_kept=is_kept)


def _try_to_record(
    runtime: Runtime, caller: Caller, data: dict[str, Any], *, is_kept: bool
) -> tuple[TreatmentView, bool]:
    with runtime.open_db() as db:
        entry = entries.parse_entry(data, place_of=places.of_clinics(db))
        recorded = enrolling.record_treatment(db, entry=entry, now=caller.now, by=caller.by)
        view = _view(db, caller, recorded.treatment.id)
        if not is_kept:
            db.rollback()
    return view, recorded.was_known


def _view(db: Session, caller: Caller, treatment_id: UUID) -> TreatmentView:
    view = treatments.look(db, treatment_id=treatment_id, now=caller.now)
    if view is None:
        raise changing.NotFound(f"there is no treatment session {treatment_id}")
    return view
