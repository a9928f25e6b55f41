"""`followup migrate`: bring the database to the newest version."""

import typer
from sqlalchemy.exc import DBAPIError

import migrations
from followup.cli.console import fail, read_settings
from followup.db import connect, reader
from followup.models import Clock
from settings import Settings, SettingsError


def migrate() -> None:
    """Bring the database to the newest version; twice changes nothing.

    Example: DATABASE_URL=postgresql://followup@db/followup followup migrate
    """
    typer.echo(f"The database is at version {upgrade(read_settings())}.")


def upgrade(settings: Settings) -> str | None:
    """Upgrade the database of these settings and tell its version; or say in one line that it can't be reached."""
    try:
        settings.data_folder()
        migrations.upgrade(settings.database_url)
        version = migrations.current(settings.database_url)
        was_practised_on = settings.followup_live and _has_moved_clock(settings.database_url)
    except SettingsError as error:
        fail(str(error))
    except DBAPIError as error:
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
