"""`followup clock`: watch weeks go by in minutes, on the real engine. There is no such clock while live."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from followup.actions.shifting import CannotTurnBack
from followup.cli.broker import broker_in
from followup.cli.console import fail, service
from followup.practice import walking
from followup.practice.walking import Stuck
from followup.runtime import Runtime

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})([mhdw])", text.strip())
    if not found:
        raise typer.BadParameter(f"{text!r} is not a duration; write 30m, 6h, 1d or 2w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time; write 2027-03-26T21:00:00Z") from None
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no offset; add Z for UTC, or one such as -05:00")
    return moment.astimezone(UTC)


def clock(
    skip: Annotated[
        timedelta | None, typer.Option(parser=_duration, metavar="1d", help="Go on, stopping at each due time.")
    ] = None,
    to: Annotated[
        datetime | None, typer.Option(parser=_instant, metavar="ISO", help="The same, to an instant.")
    ] = None,
    to_next: Annotated[bool, typer.Option("--to-next", help="Go to the next due time.")] = False,
    jump: Annotated[
        timedelta | None, typer.Option(parser=_duration, metavar="1d", help="Leap over due times, as an outage would.")
    ] = None,
) -> None:
    """Tell business time, or move it while not live.

    Example: followup clock --to 2027-03-26T21:00:00Z, then followup clock --skip 2w
    """
    if sum(choice not in (None, False) for choice in (skip, to, to_next, jump)) > 1:
        raise typer.BadParameter("choose one of --skip, --to, --to-next and --jump")
    with service() as runtime:
        if runtime.settings.followup_live and (skip or to or to_next or jump):
            fail("The clock can't be moved while FOLLOWUP_LIVE=true: patients live in real time.")
        now = runtime.now()
        try:
            if jump:
                walking.move(runtime, now + jump)
            elif to and to < now:
                walking.move(runtime, to)
            elif skip or to or to_next:
                target = to or (now + skip if skip else _next(runtime))
                for moment in walking.walk(runtime, target, wake=walking.waker(_broker_url(runtime))):
                    typer.echo(f"{moment:%a %Y-%m-%d %H:%M} UTC")
        except (CannotTurnBack, Stuck) as error:
            fail(f"{error}.")
        typer.echo(f"Business time is {runtime.now():%a %Y-%m-%d %H:%M:%S} UTC.")


def _next(runtime: Runtime) -> datetime:
    moment = walking.next_due(runtime)
    if moment is None:
        fail("Nothing is owed any more, so there is no next due time; import treatment sessions first.")
    return moment


def _broker_url(runtime: Runtime) -> str:
    return runtime.settings.redis_url or broker_in(runtime.settings.followup_data_dir).url
