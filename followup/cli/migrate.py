"""`followup migrate`: bring the database to the newest version."""

import typer
from sqlalchemy.exc import OperationalError

import migrations
from followup.cli.console import fail, read_settings
from followup.db import connect, reader
from followup.models import Clock
from settings import Settings


def migrate() -> None:
    """Bring the database to the newest version; twice changes nothing.

    Example: DATABASE_URL=postgresql://followup@db/followup followup migrate
    """
    typer.echo(f"The database is at version {upgrade(read_settings())}.")


def upgrade(settings: Settings) -> str | None:
    """Upgrade the database of these settings and tell its version; or say in one line that it can't be reached."""
    settings.followup_data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        migrations.upgrade(settings.database_url)
        version = migrations.current(settings.database_url)
        was_practised_on = settings.followup_live and _has_moved_clock(settings.database_url)
    except OperationalError as error:
        fail(f"Can't open the database ({str(error.orig).splitlines()[0]}); check DATABASE_URL, and that it runs.")
    if was_practised_on:
        fail("This database was practised on: its clock was moved. To go live, use an empty one.")
    return version


def _has_moved_clock(url: str) -> bool:
    engine = connect(url)
    with reader(engine)() as db:
        clock = db.get(Clock, 1)
    engine.dispose()
    return clock is not None
