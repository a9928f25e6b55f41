"""`followup key`: lets other software use the API, and shuts it out again."""

from typing import Annotated

import typer

from followup.actions import keys
from followup.cli.console import OPERATOR, fail, service, tell_list
from followup.queries import keys as queries
from followup.queries.keys import KeyView

app = typer.Typer(help="Keys of the API, one for each software that uses it.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and hyphens, such as booking.")]


@app.command()
def add(name: Name) -> None:
    """Make a key and print it, this once. What is done with it stands in the audit log under its name.

    Example: followup key add booking
    """
    with service() as runtime:
        now = runtime.now()
        try:
            with runtime.open_db() as db:
                key = keys.add_key(db, name=name, now=now, by=OPERATOR)
                typer.echo(key)  # if this can't be done, there is no key that nobody saw
        except keys.BadName as error:
            fail(f"{error}.")
    typer.echo("Keep it now: it is not shown again. It goes into the header `Authorization: Bearer <key>`.", err=True)


@app.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List every key there ever was: its name, how it begins, when it was last used.

    Example: followup key list
    """
    with service() as runtime, runtime.read_db() as db:
        found = queries.listing(db)
    if as_json:
        tell_list(found)
    for key in [] if as_json else found:
        typer.echo(_line(key))


@app.command()
def revoke(name: Name) -> None:
    """Shut out whoever holds a key, from the next request on. It cannot be undone; make a new key instead.

    Example: followup key revoke booking
    """
    with service() as runtime:
        now = runtime.now()
        try:
            with runtime.open_db() as db:
                changed = keys.revoke_key(db, name=name, now=now, by=OPERATOR)
        except keys.UnknownKey as error:
            fail(f"{error}.")
    typer.echo(f"{name} is revoked." if changed else f"{name} was revoked already.")


def _line(key: KeyView) -> str:
    if key.revoked_at:
        state = f"revoked {key.revoked_at:%Y-%m-%d}"
    else:
        state = f"last used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
    return f"{key.name:<20} {key.prefix}…  made {key.created_at:%Y-%m-%d}, {state}"
