"""`followup staff`: who works here, and who is told of alerts in which order."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from followup.actions import auditing, inviting, staffing
from followup.actions.staffing import BadStaff, NotKnown, StaffEntry
from followup.cli.console import OPERATOR, fail, service, tell_list
from followup.queries import staff as queries
from followup.queries.staff import StaffView
from followup.rules.opening import HoursError
from followup.terms import Role

app = typer.Typer(help="Who works here, and who is told of alerts.", no_args_is_help=True)

ALWAYS = "always"


@app.command()
def add(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    name: Annotated[str | None, typer.Option(help="As it stands beside what they do.")] = None,
    phone: Annotated[str | None, typer.Option(help="Where alarms go by text; an empty one takes it away.")] = None,
    role: Annotated[Role | None, typer.Option(help="What they may do; desk if they are new.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the notices that they get, such as en or es.")] = None,
    on_call: Annotated[
        str | None, typer.Option(metavar="HOURS", help='When they are told of alerts: "Mon-Fri 8-6", or always.')
    ] = None,
    clinic: Annotated[str, typer.Option(metavar="KEY", help="Where; may be left out if there is one clinic.")] = "",
) -> None:
    """Add someone, or correct what is given of who has this address. --on-call puts them last on the clinic's list.

    Example: followup staff add kim@oak.example --name "Kim Osei" --phone 212-555-0160 --on-call "Mon-Fri 8-6"
    """
    with service() as runtime, _refusals():
        now = runtime.now()
        with runtime.open_db() as db:
            is_national = bool(phone) and not str(phone).startswith("+")  # read as people write it in that country
            needs_place = clinic or is_national or on_call is not None
            place = staffing.find_clinic(db, clinic) if needs_place else None
            entry = StaffEntry(email=email, name=name, phone=phone, role=role, language=language)
            country = place.country if place else None
            staff = staffing.put_staff(db, entry=entry, country=country, now=now, by=OPERATOR)
            if place and on_call is not None:
                hours = "" if on_call.strip().lower() == ALWAYS else on_call.strip()
                staffing.put_on_call(db, clinic=place, staff=staff, hours=hours, now=now, by=OPERATOR)
        with runtime.read_db() as db:
            [told] = [one for one in queries.listing(db) if one.email == staff.email]
    typer.echo(_line(told))


@app.command("list")
def list_staff(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List everybody: role, phone, and the place they have on a clinic's list.

    Example: followup staff list
    """
    with service() as runtime, runtime.read_db() as db:
        found = queries.listing(db)
    if as_json:
        tell_list(found)
    for one in [] if as_json else found:
        typer.echo(_line(one))


@app.command("on-call")
def on_call(
    clinic: Annotated[str, typer.Argument(metavar="CLINIC", help="The key of a clinic.")],
    emails: Annotated[list[str], typer.Argument(metavar="EMAIL...", help="Who is told first, second, and so on.")],
) -> None:
    """Let these people, in this order, be told of a clinic's alerts, and nobody else. Hours that they have stay.

    `followup staff add EMAIL --on-call "Mon-Fri 8-6"` changes the hours of one.

    Example: followup staff on-call oak kim@oak.example lee@oak.example
    """
    with service() as runtime, _refusals():
        now = runtime.now()
        with runtime.open_db() as db:
            staff = [staffing.find_staff(db, email) for email in emails]
            place = staffing.find_clinic(db, clinic)
            staffing.set_on_call(db, clinic=place, staff=staff, now=now, by=OPERATOR)
        with runtime.read_db() as db:
            places = {
                each.position: (one, each.hours)
                for one in queries.listing(db)
                for each in one.on_call
                if each.clinic == clinic
            }
    for position, (one, hours) in sorted(places.items()):
        typer.echo(f"{position}. {one.email}, {hours or 'at any time'}{'' if one.phone else ', by email alone'}")


@app.command()
def invite(email: Annotated[str, typer.Argument(metavar="EMAIL")]) -> None:
    """Print the link with which someone chooses a password: it works once, for 7 days. Whoever has it can become them.

    The first administrator starts with it; later invitations go by email, from the settings.

    Example: followup staff invite kim@oak.example
    """
    with service() as runtime, _refusals():
        now = runtime.now()
        with runtime.open_db() as db:
            staff = staffing.find_staff(db, email)
            auditing.note(db, did="invite", subject="staff", subject_id=staff.id, now=now, by=OPERATOR)
        typer.echo(inviting.link(runtime.links, staff=staff, now=now))


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (BadStaff, NotKnown, HoursError) as error:
        fail(f"{error}.")


def _line(one: StaffView) -> str:
    places = "; ".join(f"{each.clinic} {each.position}, {each.hours or 'at any time'}" for each in one.on_call)
    return f"{one.email:<28} {one.role:<9} {one.phone or '-':<13} {one.name}{f'  on call: {places}' if places else ''}"
