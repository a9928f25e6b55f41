"""`followup alerts` and `followup alert`: what needs a person, taken and resolved by people who sign."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from followup.actions import alerting
from followup.cli.console import OPERATOR, fail, service, tell_json
from followup.cli.listing import PAGE, every, tell
from followup.models import Alert
from followup.queries import alerts as queries
from followup.queries.alerts import AlertStatus, AlertView
from followup.runtime import Runtime

AsJson = Annotated[bool, typer.Option("--json", help="The API's objects.")]


def alerts(
    status: Annotated[AlertStatus, typer.Option(help="How far people have come with them.")] = AlertStatus.OPEN,
    as_json: AsJson = False,
) -> None:
    """List alerts, the worst and most pressing first. Times are UTC.

    Example: followup alerts --status taken
    """
    with service() as runtime:
        now = runtime.now()
        views = every(runtime, lambda db, cursor: queries.page(db, status=status, now=now, cursor=cursor, limit=PAGE))
        tell(views, as_json=as_json, line=_entry)


def alert(
    alert_id: Annotated[UUID, typer.Argument(metavar="ID")],
    take: Annotated[bool, typer.Option("--take", help="Look after it; nobody else is told any more.")] = False,
    resolve: Annotated[bool, typer.Option("--resolve", help="Close it for good.")] = False,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who does.")] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="What was done.")] = "",
    as_json: AsJson = False,
) -> None:
    """Tell one alert's story; take it, or resolve it.

    Example: followup alert 01957a9b-8c10-7d55-b0f6-4a1e2d3c5b60 --resolve --by "Kim Osei" --note "Phoned; better."
    """
    if take and resolve:
        raise typer.BadParameter("choose one of --take and --resolve; who resolves an alert has taken it")
    if (by or note) and not (take or resolve):
        raise typer.BadParameter("--by and --note go with --take or --resolve; without these it is only shown")
    if take and note:
        raise typer.BadParameter("--note goes with --resolve; who takes an alert leaves none")
    if (take or resolve) and not by.strip():
        raise typer.BadParameter("--by is missing; say who takes or resolves it")
    if resolve and not note.strip():
        raise typer.BadParameter("--note is missing; say what was done")
    with service() as runtime:
        if take or resolve:
            _act(runtime, alert_id, by=by, note=note if resolve else None)
        with runtime.read_db() as db:
            view = queries.look(db, alert_id=alert_id, now=runtime.now())
    if view is None:
        fail(f"There is no alert {alert_id}; followup alerts lists them.")
    if as_json:
        tell_json(asdict(view))
    else:
        typer.echo("\n".join(_lines(view)))


def _act(runtime: Runtime, alert_id: UUID, *, by: str, note: str | None) -> None:
    now = runtime.now()
    try:
        with runtime.open_db() as db:
            if found := db.get(Alert, alert_id):
                if note is None:
                    alerting.take(db, alert=found, by=by, now=now, via=OPERATOR)
                else:
                    alerting.resolve(db, alert=found, by=by, note=note, now=now, via=OPERATOR)
    except alerting.AlreadyTaken as error:
        fail(f"{error}.")


def _entry(view: AlertView) -> str:
    """One alert in a line that fits a terminal, and can be searched with grep."""
    state = "OVERDUE" if view.is_overdue else view.taken_by or f"answer by {_at(view.answer_by)}"
    return f"{_at(view.raised_at)}  {view.label:<10} {view.cause:<9} {view.clinic or '?':<10} {view.id}  {state}"


def _lines(view: AlertView) -> Iterator[str]:
    yield f"{view.label} ({view.cause}), {view.clinic or 'nobody knows of which clinic'}: {view.status}"
    yield f"  raised {_at(view.raised_at)} UTC, to be taken by {_at(view.answer_by)} UTC"
    if view.is_overdue:
        yield f"  OVERDUE: nobody has taken it for {view.minutes} minutes"
    if view.must_phone:
        yield "  The patient stopped our texts: phone them."
    yield f"  patient {view.patient or 'not known'}; replies {', '.join(map(str, view.replies)) or 'none'}"
    then = f"next at {_at(view.next_at)} UTC" if view.next_at else "no more will be"
    yield f"  rounds of notices: {view.told}, {then}"
    for did, at, who in (
        ("the patient said that it is gone", view.released_at, None),
        ("taken", view.taken_at, view.taken_by),
        ("resolved", view.resolved_at, view.resolved_by),
    ):
        if at:
            yield f"  {did}{f' by {who}' if who else ''}, {_at(at)} UTC"
    if view.note:
        yield f"  note: {view.note}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
