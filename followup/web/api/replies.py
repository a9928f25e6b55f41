"""Replies: what patients wrote, what was made of it, and what a person knows better."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from followup.actions import entries, moving, relabelling, whose
from followup.actions.changing import NotFound
from followup.actions.entries import Problem
from followup.models import Patient, Reply
from followup.queries import replies
from followup.queries.replies import Filter, ReplyPage, ReplyView
from followup.web.api import examples
from followup.web.api.asking import TheCaller, TheObject, say_once
from followup.web.api.description import answers, body
from followup.web.api.schemas import Assignment, Relabelling, ReplyQuery
from followup.web.depends import TheRuntime

router = APIRouter(prefix="/replies", tags=["replies"])


@router.get("", dependencies=[Depends(say_once)], responses=answers(422, example=examples.REPLIES))
def list_replies(runtime: TheRuntime, chosen: Annotated[ReplyQuery, Query()]) -> ReplyPage:
    """Replies, the newest first, 50 to a page; `unassigned` are those of whom nobody knows yet who wrote them."""
    with runtime.read_db() as db:
        wanted = Filter(patient=chosen.patient, unassigned=chosen.unassigned)
        return replies.page(db, chosen=wanted, cursor=chosen.cursor)


@router.post(
    "/{reply_id:uuid}/label",
    openapi_extra=body(Relabelling, worse=examples.RELABELLED),
    responses=answers(400, 404, 413, 415, 422, example=examples.REPLY),
)
def relabel_a_reply(runtime: TheRuntime, caller: TheCaller, reply_id: UUID, data: TheObject) -> ReplyView:
    """Say what a reply is about. A worse label than before raises an alert, or makes it worse; none makes it milder."""
    said = entries.check(Relabelling, data)
    with runtime.open_db() as db:
        reply = _lock(db, reply_id)
        relabelling.relabel(db, reply=reply, label=said.label, by=said.by, now=caller.now, via=caller.by)
        return replies.view(reply)


@router.post(
    "/{reply_id:uuid}/patient",
    openapi_extra=body(Assignment, known=examples.ASSIGNED, mistaken=examples.MISTAKEN),
    responses=answers(400, 404, 409, 413, 415, 422, example=examples.REPLY),
)
def assign_a_reply(runtime: TheRuntime, caller: TheCaller, reply_id: UUID, data: TheObject) -> ReplyView:
    """Say whose reply it is. It is read again within seconds, with what is known of that patient.

    A reply that was given to the wrong patient moves only with that patient's id as `instead_of`. Its scores, an alert
    that nobody has taken and an answer that has not left follow; a STOP in it holds for both.
    """
    said = entries.check(Assignment, data)
    with runtime.open_db() as db:
        patient = db.get(Patient, said.patient, with_for_update=True)
        if patient is None:
            raise entries.EntryError(Problem("patient", "is not known", "use the id of a patient"))
        reply = _lock(db, reply_id)
        assign = partial(moving.move, was=said.instead_of) if said.instead_of else whose.assign
        assign(db, reply=reply, patient=patient, by=said.by, now=caller.now, via=caller.by)
        return replies.view(reply)


def _lock(db: Session, reply_id: UUID) -> Reply:
    reply = relabelling.lock(db, reply_id)
    if reply is None:
        raise NotFound(f"there is no reply {reply_id}")
    return reply
