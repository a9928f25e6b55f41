"""`followup plan`: the recipes that enrolments follow."""

from pathlib import Path
from typing import Annotated

import typer

from followup.actions import planning
from followup.cli.console import OPERATOR, fail, service
from followup.messages.plans import PlanError, parse_plan

app = typer.Typer(help="The plans that enrolments follow.", no_args_is_help=True)


@app.callback()
def plans() -> None:
    """The plans that enrolments follow."""


@app.command()
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", exists=True, dir_okay=False, readable=True)],
) -> None:
    """Make a new version of a plan; sessions recorded from now on follow it. The same file again changes nothing.

    Example: followup plan load plans/after-acupuncture.toml
    """
    try:
        plan = parse_plan(file.read_text(encoding="utf-8"), file.name)
    except UnicodeDecodeError:
        fail(f"{file.name} is not text in UTF-8; save it as such.")
    except PlanError as error:
        fail(str(error))
    with service() as runtime:
        now = runtime.now()
        with runtime.open_db() as db:
            version = planning.load(db, plan=plan, now=now, by=OPERATOR).version
    typer.echo(f"{plan.key} is at version {version}.")
