"""`followup init`: the database, a clinic, an administrator and the packaged plans."""

import re
import sys
from functools import cache
from importlib import resources
from typing import Annotated

import typer
from sqlalchemy import select

from followup.actions import setting_up
from followup.actions.setting_up import ClinicEntry
from followup.cli.console import OPERATOR, assemble, fail, read_settings
from followup.cli.migrate import upgrade
from followup.messages.segments import is_gsm7
from followup.models import Clinic
from followup.runtime import Runtime

_LONGEST_TEXT_NAME = 30  # letters; longer ones push texts over two segments


def init(
    clinic: Annotated[str, typer.Option(help="The clinic's name, as patients know it.")] = "",
    phone: Annotated[str, typer.Option(help="The number that patients call.")] = "",
    timezone: Annotated[str, typer.Option(help="Where it is, such as America/New_York.")] = "",
    emergency_number: Annotated[str, typer.Option(help="911, 999, 112, 000 … No message leaves without it.")] = "",
    booking_url: Annotated[str, typer.Option(help="Where patients book.")] = "",
    address: Annotated[str, typer.Option(help="Its postal address, for the foot of emails.")] = "",
    hours: Annotated[str, typer.Option(help="When it is open, such as Mon-Fri 8-6.")] = "",
    admin: Annotated[str, typer.Option(metavar="EMAIL", help="Who administers it.")] = "",
    sample: Annotated[bool, typer.Option("--sample", help="A sample clinic, for trying out.")] = False,
) -> None:
    """Create what the first message needs, or correct a clinic of that name; asks for what is missing.

    Twice changes nothing.

    Example: followup init --clinic "Oak Physio" --phone 555-010-2000 --timezone America/Chicago
    --emergency-number 911 --booking-url https://oak.example/book --admin anna@oak.example
    """
    settings = read_settings()
    upgrade(settings)
    runtime = assemble(settings)
    if sample and settings.followup_live:
        fail("--sample makes a clinic that nobody can call; while FOLLOWUP_LIVE=true, name your own with --clinic.")
    if sample:
        with runtime.read_db() as db:
            keys = db.scalars(select(Clinic.key).order_by(Clinic.key)).all()
        set_up(runtime, sample=True)
        if keys:
            typer.echo(f"No sample clinic was added, for there is one already: {', '.join(keys)}.")
    else:
        entry = _clinic(
            name=clinic or _ask("The clinic's name", "--clinic"),
            phone=phone or _ask("The number that patients call", "--phone"),
            zone=timezone or _ask("Its time zone, such as America/New_York", "--timezone"),
            emergency=emergency_number or _ask("The emergency number there", "--emergency-number"),
            booking_url=booking_url or _ask("The web address where patients book", "--booking-url"),
            address=address,
            hours=hours,
        )
        set_up(runtime, entry=entry, admin=admin or _ask("The administrator's email address", "--admin"))
    typer.echo("Ready. `followup serve` starts it.")
    runtime.close()


def set_up(runtime: Runtime, *, entry: ClinicEntry | None = None, admin: str = "", sample: bool = False) -> None:
    """Add what is missing and correct the clinic, in one transaction."""
    now = runtime.now()
    with runtime.open_db() as db:
        setting_up.ensure_senders(db, live=runtime.settings.followup_live)
        setting_up.ensure_plans(db, now=now, by=OPERATOR)
        if sample and setting_up.ensure_sample(db, now=now):
            setting_up.staff_sample(db, now=now)
        if entry:
            setting_up.put_clinic(db, entry=entry, now=now, by=OPERATOR)
        if admin:
            setting_up.ensure_admin(db, email=admin, now=now, by=OPERATOR)


def _ask(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        fail(f"{option} is missing; give it, or run `followup init` in a terminal and answer its questions.")
    answer: str = typer.prompt(question)
    return answer


def _clinic(
    *, name: str, phone: str, zone: str, emergency: str, booking_url: str, address: str, hours: str
) -> ClinicEntry:
    if not is_gsm7(name) or len(name) > _LONGEST_TEXT_NAME:
        fail(f"--clinic {name!r} starts every text: use at most {_LONGEST_TEXT_NAME} letters, without á, í, ó, ú.")
    if zone not in _countries():
        fail(f"--timezone {zone!r} is not a time zone; write one such as America/New_York or Europe/London.")
    if not re.fullmatch(r"\d{3,6}", emergency):
        fail(f"--emergency-number {emergency!r} is not a number to call; write one such as 911, 999, 112 or 000.")
    if not re.fullmatch(r"https?://\S+", booking_url):
        fail(f"--booking-url {booking_url!r} is not a web address; write one such as https://oak.example/book.")
    if not re.fullmatch(r"\+?[\d ()./-]{5,30}", phone):
        fail(f"--phone {phone!r} is not a phone number; write it as patients would dial it.")
    return ClinicEntry(
        key=re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-"),
        name=name,
        phone=phone,
        zone=zone,
        country=_countries()[zone],
        emergency=emergency,
        booking_url=booking_url,
        address=address,
        hours=hours,
    )


@cache
def _countries() -> dict[str, str]:
    """The country of each zone, by which phone numbers without a country code are read."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="ascii")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}
