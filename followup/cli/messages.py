"""`followup messages` and `followup message`: what left, what will leave, and why then or why not."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from followup.actions import settling
from followup.cli.console import OPERATOR, fail, service, tell_json
from followup.cli.listing import PAGE, every, tell
from followup.models import Message
from followup.queries import messages as queries
from followup.queries.messages import Filter, MessageView, Story
from followup.runtime import Runtime
from followup.terms import Status

AsJson = Annotated[bool, typer.Option("--json", help="The API's objects.")]


_DID = {"write": "Written", "reschedule": "Moved", "cancel": "Cancelled", "restore": "Put back", "settle": "Settled"}


class Settled(StrEnum):
    """What a person knows about an uncertain message."""

    SENT = "sent"
    NOT_SENT = "not-sent"


def messages(
    status: Annotated[Status | None, typer.Option(help="Only those with this status.")] = None,
    patient: Annotated[UUID | None, typer.Option(help="Only those of this patient.")] = None,
    due_from: Annotated[datetime | None, typer.Option(help="Only those due from then on, in UTC.")] = None,
    due_to: Annotated[datetime | None, typer.Option(help="Only those due before then, in UTC.")] = None,
    as_json: AsJson = False,
) -> None:
    """List messages by due time, in the patient's local time.

    Example: followup messages --status scheduled
    """
    chosen = Filter(status=status, patient=patient, due_from=_utc(due_from), due_to=_utc(due_to))
    with service() as runtime:
        now = runtime.now()
        views = every(runtime, lambda db, cursor: queries.page(db, chosen=chosen, now=now, cursor=cursor, limit=PAGE))
        tell(views, as_json=as_json, line=_entry)


def message(
    message_id: Annotated[UUID, typer.Argument(metavar="ID")],
    settle: Annotated[Settled | None, typer.Option(help="What you know of an uncertain message.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell one message's whole story: its time rule by rule, its attempts, its receipts.

    Example: followup message 01a20762-0d7f-7290-9e2b-bcc615ffd251
    """
    with service() as runtime:
        if settle:
            _settle(runtime, message_id, was_sent=settle is Settled.SENT)
        with runtime.read_db() as db:
            story = queries.story(db, message_id=message_id, now=runtime.now())
    if story is None:
        fail(f"There is no message {message_id}; followup messages lists them.")
    if as_json:
        tell_json(asdict(story))
    else:
        typer.echo("\n".join(_lines(story)))


def _settle(runtime: Runtime, message_id: UUID, *, was_sent: bool) -> None:
    now = runtime.now()
    try:
        with runtime.open_db() as db:
            if found := db.get(Message, message_id, with_for_update=True):
                settling.settle_by_hand(db, message=found, was_sent=was_sent, now=now, by=OPERATOR)
    except settling.CannotSettle as error:
        fail(f"{error}.")


def _entry(view: MessageView) -> str:
    """One message in two lines that fit a terminal, and can be searched with grep."""
    status = "blocked" if view.blocked else view.status
    first = f"{view.due_local[:16].replace('T', ' ')}  {view.step or view.wording:<19} {view.channel:<5} {status:<11} {view.id}"
    why = view.because or " ".join(view.why)
    return f"{first}\n    {why}" if why else first


def _lines(story: Story) -> Iterator[str]:
    yield f"{story.step or story.wording} by {story.channel}: {story.status}"
    yield f"  due {_at(datetime.fromisoformat(story.due_local))}, not after {_at(story.expires_at)}"
    yield f"  {story.reckoned}"
    yield from (f"  {sentence}" for sentence in story.why or ["At the time of its plan; no rule moved it."])
    if story.because:
        yield f"  {'Blocked' if story.blocked else 'Not sent'}: {story.because}"
    if story.left_at:
        segments = f", segments: {story.segments}" if story.segments else ""
        yield f"  left {_at(story.left_at)}, wording {story.wording_version}{segments}"
    yield from (f"{_DID[act.did]} by {act.did_by}, {_at(act.did_at)}" for act in story.acts)
    for attempt in story.attempts:
        ended = f"{attempt.outcome} {attempt.code}".strip() if attempt.outcome else "not answered yet"
        yield f"Attempt {attempt.number}, {_at(attempt.begun_at)}: {ended} {attempt.reference or ''}".rstrip()
    for receipt in story.receipts:
        yield f"Receipt, {_at(receipt.received_at)}: {receipt.said} {receipt.code}".rstrip()


def _at(moment: datetime) -> str:
    return moment.isoformat(" ", "seconds")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
