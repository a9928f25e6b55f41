"""`followup rehearse`: a plan tried out on a made-up patient, without writing or sending anything."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions.fields import Instant, Place, Zone
from followup.actions.rehearsing import Case, House, Rehearsed, left_out, rehearse as act
from followup.cli import recipes
from followup.cli.console import tell_list
from followup.cli.plan_sheet import WIDTH, indented
from followup.cli.recipes import Recipe
from followup.models import Clinic
from followup.rules.quiet import QuietHours, local_date
from followup.rules.slots import say
from followup.terms import Channel, Precaution, Region

_ZONE: TypeAdapter[str] = TypeAdapter(Zone)
_INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)
_LOCAL = "ISO 8601; local to --timezone without an offset."


def _channels(text: str) -> list[Channel]:
    try:
        return [Channel(name.strip()) for name in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a channel; write sms, email, or both with a comma between") from None


def rehearse(
    plan: Annotated[str, typer.Argument(metavar="KEY|FILE.toml", help="A plan, or a file that is not loaded yet.")],
    *,
    ended_at: Annotated[str, typer.Option(metavar="ISO", help=f"When the session ended. {_LOCAL}")],
    timezone: Annotated[str, typer.Option(help="Where the patient lives, such as America/New_York.")],
    recorded_at: Annotated[
        str, typer.Option(metavar="ISO", help=f"When it is recorded; else as it ends. {_LOCAL}")
    ] = "",
    region: Annotated[list[Region] | None, typer.Option(help="Where the patient was treated; may be repeated.")] = None,
    precaution: Annotated[list[Precaution] | None, typer.Option(help="May be repeated.")] = None,
    first_treatment: Annotated[bool, typer.Option("--first-treatment", help="The patient's first.")] = False,
    channels: Annotated[
        Any, typer.Option(parser=_channels, metavar="sms,email", help="What the patient permits.")
    ] = "sms,email",
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
) -> None:
    """Print what a patient who permits everything would get, when, and why then. Writes and sends nothing.

    Example: followup rehearse dry-needling --ended-at 2027-03-20T20:40 --timezone America/New_York --region neck
    """
    zone = _read(_ZONE, timezone, "--timezone")
    ended = _read(_INSTANT, ended_at, "--ended-at", zone)
    recorded = _read(_INSTANT, recorded_at, "--recorded-at", zone) if recorded_at else ended
    if recorded < ended:
        raise typer.BadParameter("--recorded-at is before --ended-at; a session is recorded when it has ended")
    case = Case(
        ended_at=ended,
        recorded_at=recorded,
        zone=ZoneInfo(zone),
        regions=region or [],
        precautions=precaution or [],
        first_treatment=first_treatment,
        channels=channels,
    )
    with recipes.database_if_any() as db:
        recipe = recipes.read_recipe(Path(plan)) if plan.endswith(".toml") else recipes.find_plan(db, plan)
        house, whose = _house(db)
    found = act(recipe.steps, case, house)
    if as_json:
        tell_list(found, plan=recipe.plan.key, version=recipe.plan.version, left_out=left_out(recipe.steps, case))
    else:
        typer.echo("\n".join(_lines(recipe, case, found, house, whose)))


def _read(adapter: TypeAdapter[Any], text: str, option: str, zone: str = "") -> Any:
    try:
        return adapter.validate_python(text, context=Place(zone, ""))
    except ValidationError as error:
        wrong = error.errors()[0]["ctx"]
        raise typer.BadParameter(f"{option} {wrong['wrong']}; {wrong['mend']}") from None


def _house(db: Session | None) -> tuple[House, str]:
    """The first clinic, and whose words and quiet hours these are."""
    clinic = db.scalars(select(Clinic).order_by(Clinic.id).limit(1)).one_or_none() if db else None
    return (House.of(clinic), clinic.name) if clinic else (House(QuietHours(), {}), "where a clinic chose no others")


def _lines(recipe: Recipe, case: Case, found: Sequence[Rehearsed], house: House, whose: str) -> Iterator[str]:
    yield f"Rehearsal of {recipe.name}. Nothing is written, nothing is sent."
    yield f"The session ended {say(case.ended_at, case.zone)} and is recorded {say(case.recorded_at, case.zone)},"
    yield f"on the clocks of {case.zone.key}, where the patient lives."
    yield from wrap(_picture(house.quiet, whose), WIDTH)
    for each in found:
        yield from ("", *_entry(each, case))
    if others := left_out(recipe.steps, case):
        yield from ("", f"Left out, for patients treated elsewhere: {', '.join(others)}.")


def _picture(quiet: QuietHours, whose: str) -> str:
    if quiet.start == quiet.end:
        return f"There are no quiet hours ({whose})."
    return (
        f"Quiet hours are {quiet.start:%H:%M} to {quiet.end:%H:%M} ({whose}): "
        f"what falls into them waits for {quiet.end:%H:%M}, unless it says otherwise below."
    )


def _entry(each: Rehearsed, case: Case) -> Iterator[str]:
    day = (local_date(each.due_at, case.zone) - local_date(case.ended_at, case.zone)).days
    mark = " (not sent)" if each.blocked else " (conditional)" if each.conditional else ""
    yield f"{say(each.due_at, case.zone):<16} day {day:<3} {each.channel:<5} {each.step}{mark}"
    for sentence in (*each.why, *each.notes, *filter(None, [each.because])):
        yield from indented(sentence)
    if not each.blocked:
        yield from indented(f"Subject: {each.subject}" if each.subject else f'"{each.text}"')
