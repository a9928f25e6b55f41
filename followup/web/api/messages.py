"""Messages: listed, told from beginning to end, and taken in hand by a person."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from followup.actions import changing, entries, places, settling
from followup.models import Message
from followup.queries import messages
from followup.queries.messages import Filter, Page, Story
from followup.runtime import Runtime
from followup.web.api import examples
from followup.web.api.asking import Caller, TheCaller, TheObject, say_once
from followup.web.api.description import answers, body
from followup.web.api.schemas import MessageQuery, Rescheduling, Settlement
from followup.web.depends import TheRuntime

router = APIRouter(prefix="/messages", tags=["messages"])


@router.get("", dependencies=[Depends(say_once)], responses=answers(422, example=examples.MESSAGES))
def list_messages(runtime: TheRuntime, caller: TheCaller, chosen: Annotated[MessageQuery, Query()]) -> Page:
    """Messages by due time, 50 to a page, each with the reason why it waits, moved or did not leave."""
    with runtime.read_db() as db:
        wanted = Filter(status=chosen.status, patient=chosen.patient, due_from=chosen.due_from, due_to=chosen.due_to)
        return messages.page(db, chosen=wanted, now=caller.now, cursor=chosen.cursor)


@router.get("/{message_id:uuid}", responses=answers(404, example=examples.STORY))
def read_a_message(runtime: TheRuntime, caller: TheCaller, message_id: UUID) -> Story:
    """One message with its attempts, receipts and reasons."""
    with runtime.read_db() as db:
        return _story(db, caller, message_id)


@router.post("/{message_id:uuid}/cancel", responses=answers(404, 409, example=examples.STORY))
def cancel_a_message(runtime: TheRuntime, caller: TheCaller, message_id: UUID) -> Story:
    """Let a scheduled message never leave."""
    return _act(
        runtime,
        caller,
        message_id,
        lambda db: changing.cancel_message(db, message_id=message_id, now=caller.now, by=caller.by),
    )


@router.post(
    "/{message_id:uuid}/reschedule",
    openapi_extra=body(Rescheduling, later=examples.LATER),
    responses=answers(400, 404, 409, 413, 415, 422, example=examples.STORY),
)
def reschedule_a_message(runtime: TheRuntime, caller: TheCaller, message_id: UUID, data: TheObject) -> Story:
    """Let a scheduled message leave at another time, in three minutes at the earliest and before it expires.

    Quiet hours and consent hold as before. A time that is over is refused; send-now lets it leave at once.
    """

    def reschedule(db: Session) -> None:
        wanted = entries.check(Rescheduling, data, place=places.of_message(db, message_id))
        changing.reschedule_message(db, message_id=message_id, due_at=wanted.due_at, now=caller.now, by=caller.by)

    return _act(runtime, caller, message_id, reschedule)


@router.post("/{message_id:uuid}/send-now", responses=answers(404, 409, example=examples.STORY))
def send_a_message_now(runtime: TheRuntime, caller: TheCaller, message_id: UUID) -> Story:
    """Let a scheduled message leave within seconds, if it may."""
    return _act(
        runtime,
        caller,
        message_id,
        lambda db: changing.send_now(db, message_id=message_id, now=caller.now, by=caller.by),
    )


@router.post(
    "/{message_id:uuid}/settle",
    openapi_extra=body(Settlement, it_went=examples.WENT),
    responses=answers(400, 404, 409, 413, 415, 422, example=examples.STORY),
)
def settle_a_message(runtime: TheRuntime, caller: TheCaller, message_id: UUID, data: TheObject) -> Story:
    """Say whether an uncertain message went. If it did not, it has failed and is not sent again by itself."""

    def settle(db: Session) -> None:
        known = entries.check(Settlement, data)
        message = db.get(Message, message_id, with_for_update=True)
        if message is None:
            raise changing.NotFound(f"there is no message {message_id}")
        settling.settle_by_hand(db, message=message, was_sent=known.sent, now=caller.now, by=caller.by)

    return _act(runtime, caller, message_id, settle)


def _act(runtime: Runtime, caller: Caller, message_id: UUID, act: Callable[[Session], object]) -> Story:
    with runtime.open_db() as db:
        act(db)
        return _story(db, caller, message_id)


def _story(db: Session, caller: Caller, message_id: UUID) -> Story:
    story = messages.story(db, message_id=message_id, now=caller.now)
    if story is None:
        raise changing.NotFound(f"there is no message {message_id}")
    return story
