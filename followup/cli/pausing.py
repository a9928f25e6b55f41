"""`followup pause`, `resume` and `restored`: hold everything but alarms, let it go again, and begin anew from a back-up."""

from typing import Annotated

import typer

from followup.actions import pausing, restoring
from followup.cli.console import OPERATOR, service


def pause(why: Annotated[str, typer.Option(help="What staff should know.")] = "") -> None:
    """Stop all sending but alarms. Nothing is lost; what expires meanwhile is skipped, with its reason.

    Example: followup pause --why "wrong phone number in the texts"
    """
    with service() as runtime:
        now = runtime.now()
        with runtime.open_db() as db:
            changed = pausing.pause(db, why=why, now=now, by=OPERATOR)
    typer.echo("Paused: nothing leaves but alarms." if changed else "It is paused already.")


def resume() -> None:
    """Let everything leave again, also what stopped by itself because a gateway refused our account.

    Example: followup resume
    """
    with service() as runtime:
        now = runtime.now()
        with runtime.open_db() as db:
            changed = pausing.resume(db, now=now, by=OPERATOR)
    typer.echo("Resumed." if changed else "Nothing was paused.")


def restored() -> None:
    """After restoring a back-up: pause, and cancel what was due by now, for it may have left already.

    Run it before anything is started; `followup resume` lets the rest leave.

    Example: followup restored
    """
    with service() as runtime:
        now = runtime.now()
        with runtime.open_db() as db:
            count = restoring.forget_what_may_have_left(db, now=now, by=OPERATOR)
    typer.echo(f"Paused. Messages cancelled, for they may have left since the back-up: {count}.")
