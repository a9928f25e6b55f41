"""Treatment sessions: recorded, previewed, read, corrected and cancelled."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from followup.actions import changing, entries, places
from followup.actions.enrolling import Refusal
from followup.queries import treatments
from followup.queries.treatments import TreatmentView
from followup.web.api import examples, recording
from followup.web.api.asking import Caller, TheCaller, TheObject
from followup.web.api.description import answers, body
from followup.web.api.recording import Kept, Posted, TheRecordings
from followup.web.depends import TheRuntime

router = APIRouter(prefix="/treatments", tags=["treatments"])


@router.post(
    "",
    status_code=201,
    openapi_extra=body(entries.TreatmentEntry, session=examples.TREATMENT),
    responses=answers(400, 409, 413, 415, 422, example=examples.RECORDED, status=201)
    | {200: {"model": TreatmentView, "description": "It was recorded before, with the same content."}},
)
async def record_a_treatment_session(
    recordings: TheRecordings, caller: TheCaller, data: TheObject, response: Response
) -> TreatmentView:
    """Record a treatment session with its patient, consent and plan, and schedule every message.

    The same content again answers 200 with what is recorded, also when two requests come at once; other content under
    the same `external_id` is a conflict. `Location` leads to what is recorded. A time without an offset is local to the
    patient's zone, else the clinic's.
    """
    kept = _taken(await recordings.do(Posted(data, caller)))
    response.headers["Location"] = f"treatments/{kept.view.id}"  # relative, wherever PUBLIC_URL puts us
    if kept.was_known:
        response.status_code = 200
    return kept.view


@router.post(
    "/preview",
    openapi_extra=body(entries.TreatmentEntry, session=examples.TREATMENT),
    responses=answers(400, 409, 413, 415, 422, example=examples.RECORDED),
)
def preview_a_treatment_session(runtime: TheRuntime, caller: TheCaller, data: TheObject) -> TreatmentView:
    """What recording it would answer, with nothing written; its ids stand for nothing."""
    [answer] = recording.record(runtime, [Posted(data, caller)], for_good=False)
    return _taken(answer).view


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

    What is left out stays. An empty (`""` or null) `patient.phone`, `patient.email`, `patient.timezone`,
    `next_visit_at` or `baseline_pain` takes away what was recorded. A cancelled session is a conflict.
    """
    with runtime.open_db() as db:
        change = entries.parse_change(data, place=places.of_treatment(db, treatment_id))
        changing.change_treatment(db, treatment_id=treatment_id, change=change, now=caller.now, by=caller.by)
        return _view(db, caller, treatment_id)


@router.post("/{treatment_id:uuid}/cancel", responses=answers(404, 409, example=examples.RECORDED))
def cancel_a_treatment_session(runtime: TheRuntime, caller: TheCaller, treatment_id: UUID) -> TreatmentView:
    """Let nothing more leave for a treatment session that should not have been recorded.

    The same key may say so twice; once cancelled by anyone else, it is a conflict.
    """
    with runtime.open_db() as db:
        changing.cancel_treatment(db, treatment_id=treatment_id, now=caller.now, by=caller.by)
        return _view(db, caller, treatment_id)


def _taken(answer: Kept | Refusal) -> Kept:
    if not isinstance(answer, Kept):
        raise answer
    return answer


def _view(db: Session, caller: Caller, treatment_id: UUID) -> TreatmentView:
    view = treatments.look(db, treatment_id=treatment_id, now=caller.now)
    if view is None:
        raise changing.NotFound(f"there is no treatment session {treatment_id}")
    return view
