"""What every command does alike: read the settings, and say in one line why it can't go on."""

import difflib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import typer
from dotenv import dotenv_values
from sqlalchemy.exc import DBAPIError

import migrations
import settings
from followup.runtime import Runtime, build
from settings import Settings, SettingsError

OPERATOR = "command line"  #: who did it, in the audit log


def fail(line: str) -> NoReturn:
    """Say on standard error why it can't be done, and end with exit code 1."""
    typer.echo(line, err=True)
    raise typer.Exit(1)


def shown_name(path: Path) -> str:
    """The name of a file, which may have come by email: without what is not text, or plays with the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in path.name)


def tell_json(value: Any) -> None:
    """Print one object; times as ISO 8601, ids as text."""
    typer.echo(json.dumps(value, default=_plain, ensure_ascii=False))


def tell_list(items: Iterable[Any], **more: Any) -> None:
    """Print dataclasses as the API's pages do: all of them at once, so no cursor follows."""
    tell_json({"items": [asdict(item) for item in items], "next_cursor": None, **more})


def read_settings() -> Settings:
    """The settings; or one line for each that is wrong or missing, and exit code 1."""
    for line in misspelt():
        typer.echo(line, err=True)
    try:
        return settings.load()
    except SettingsError as error:
        fail(str(error))


def assemble(settings: Settings) -> Runtime:
    """The service of these settings; or one line for what keeps it from being wired, and exit code 1."""
    try:
        return build(settings)
    except SettingsError as error:
        fail(str(error))


@contextmanager
def service() -> Iterator[Runtime]:
    """The service of these settings; or one line saying why its database can't be used, and exit code 1."""
    runtime = assemble(read_settings())
    try:
        if not migrations.is_current(runtime.engine):
            fail("The database is not at this version; run `followup migrate`, or `followup serve`, which does it.")
        yield runtime
    except DBAPIError as error:
        what, _, _ = str(error.orig).partition("\n")
        fail(f"The database can't do it ({what}); check DATABASE_URL, and that it runs.")
    finally:
        runtime.close()


def misspelt() -> list[str]:
    """One line for each name in the environment or `.env` that is nearly one of ours."""
    ours = {name.upper() + ending for name in Settings.model_fields for ending in ("", "_FILE")}
    try:
        written = dotenv_values(settings.ENV_FILE)
    except (OSError, UnicodeDecodeError):
        written = {}  # `settings.load` tells of it
    lines = []
    for name in sorted({*os.environ, *written} - ours):
        near = difflib.get_close_matches(name, ours, n=1, cutoff=0.8)
        if near and name.startswith(("FOLLOWUP_", "TWILIO_")):
            lines.append(f"{name} is not a setting and does nothing; did you mean {near[0]}?")
    return lines


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
