"""`followup plan`: the recipes that enrolments follow."""

from pathlib import Path
from typing import Annotated

import typer

from followup.actions import planning
from followup.cli import plan_sheet, recipes
from followup.cli.console import OPERATOR, fail, service, tell_json, tell_list
from followup.messages.catalogue import DEFAULT_LANGUAGE, catalogue, languages
from followup.messages.plans import PlanError
from followup.messages.proofs import prove
from followup.queries.plans import describe

app = typer.Typer(help="The plans that enrolments follow.", no_args_is_help=True)

PlanPath = Annotated[Path, typer.Argument(metavar="FILE.toml", exists=True, dir_okay=False, readable=True)]
AsJson = Annotated[bool, typer.Option("--json", help="The same as JSON.")]


@app.callback()
def plans() -> None:
    """The plans that enrolments follow."""


@app.command("list")
def list_plans(*, as_json: AsJson = False) -> None:
    """List every version of every plan, the newest of each first: new enrolments follow that one.

    Example: followup plan list
    """
    with recipes.database_if_any() as db:
        found = recipes.list_plans(db)
    if as_json:
        tell_list(found)
    else:
        for plan in found:
            typer.echo("\n".join(plan_sheet.entry(plan)))


def _language(text: str) -> str:
    if catalogue(text).language not in text.lower():
        raise typer.BadParameter(f"there are no wordings in {text!r}; use {' or '.join(languages())}")
    return text


@app.command()
def show(
    key: str,
    *,
    version: Annotated[int | None, typer.Option(help="An older version; else the newest.")] = None,
    language: Annotated[
        str, typer.Option(callback=_language, help="Of the wordings.", metavar="|".join(languages()))
    ] = DEFAULT_LANGUAGE,
    sources: Annotated[bool, typer.Option("--sources", help="Where each sentence comes from.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the steps of a plan, and every word that patients may read, with values of ordinary length.

    Example: followup plan show dry-needling --language es --sources
    """
    with recipes.database_if_any() as db:
        recipe = recipes.find_plan(db, key, version=version)
    steps = [describe(step) for step in recipe.steps]
    sheets = [prove(wording, language=language) for wording in dict.fromkeys(step.wording for step in steps)]
    if as_json:
        tell_json(plan_sheet.as_json(recipe.plan, steps, sheets, language))
    else:
        typer.echo("\n".join(plan_sheet.lines(recipe, steps, sheets, language, with_sources=sources)))


@app.command()
def check(file: PlanPath) -> None:
    """Check a plan file against the rules and the wordings, and load nothing. Tells every problem, one line each.

    Example: followup plan check plans/after-acupuncture.toml
    """
    try:
        plan = recipes.read_plan(file)
    except PlanError as error:
        typer.echo(str(error))
        raise typer.Exit(1) from None
    typer.echo(f"OK: {plan.key}, {plan_sheet.count(len(plan.steps), 'step')}.")


@app.command()
def load(file: PlanPath) -> None:
    """Make a new version of a plan; sessions recorded from now on follow it. The same file again changes nothing.

    Example: followup plan load plans/after-acupuncture.toml
    """
    try:
        plan = recipes.read_plan(file)
    except PlanError as error:
        fail(str(error))
    with service() as runtime:
        now = runtime.now()
        with runtime.open_db() as db:
            version = planning.load(db, plan=plan, now=now, by=OPERATOR).version
    typer.echo(f"{plan.key} is at version {version}.")
