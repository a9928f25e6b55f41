"""`followup replies`: what patients wrote, and what people corrected, as new lines for testing triage."""

import json
from typing import Annotated
from uuid import UUID

import typer

from followup.cli.console import service
from followup.cli.listing import PAGE, every, tell
from followup.queries import replies as queries
from followup.queries.replies import Filter, ReplyView

_SHOWN = 110


def replies(
    patient: Annotated[UUID | None, typer.Option(help="Only those of this patient.")] = None,
    unassigned: Annotated[bool, typer.Option("--unassigned", help="Only those of nobody knows whom.")] = False,
    relabelled: Annotated[
        bool, typer.Option("--relabelled", help="Only what people labelled anew, as lines for `followup triage`.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The API's objects.")] = False,
) -> None:
    """List replies, the newest first, with their labels. Times are UTC.

    Example: followup replies --relabelled > corrected.jsonl
    """
    chosen = Filter(patient=patient, unassigned=unassigned, relabelled=relabelled)
    with service() as runtime:
        views = every(runtime, lambda db, cursor: queries.page(db, chosen=chosen, cursor=cursor, limit=PAGE))
        tell(views, as_json=as_json, line=_test_line if relabelled else _entry)


def _test_line(view: ReplyView) -> str:
    """One line of a file that `followup triage` judges. Nothing in it tells who wrote."""
    said = ", ".join(view.labels)
    line = {"text": view.body, "label": view.relabelled, "note": f"triage said {said}" if said else ""}
    return json.dumps(line, ensure_ascii=False)


def _entry(view: ReplyView) -> str:
    """One reply in two lines that fit a terminal, whatever it holds."""
    labels = f"{view.relabelled} (was {', '.join(view.labels)})" if view.relabelled else ", ".join(view.labels)
    body = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in " ".join(view.body.split())
    )
    shown = body if len(body) <= _SHOWN else f"{body[: _SHOWN - 1]}…"
    return f"{view.received_at:%Y-%m-%d %H:%M}  {labels or 'not read':<28} {view.id}\n    {shown}"
