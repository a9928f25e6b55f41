"""`followup doctor`: everything that could keep messages from leaving, one line each, with the mend."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import migrations
import settings as operator
from followup.cli import prudence, reaching
from followup.cli.console import misspelt, tell_list
from followup.db import connect, reader, real_time
from followup.models import Clock
from followup.queries import readiness
from followup.queries.findings import Finding, Grade
from settings import Settings, SettingsError

_CLOCKS_AGREE_TO = timedelta(seconds=1)  # an older wake-up is dropped


@dataclass(frozen=True, slots=True)
class _Line:
    """What is told of one finding."""

    grade: Grade
    check: str
    detail: str


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False) -> None:
    """Look at everything that could keep messages from leaving. Changes and sends nothing.

    One line each: ok, warn (messages leave, yet something is not right) or stop (they don't). Exit code 1 for a stop.

    Example: followup doctor
    """
    found = []
    for finding in _examine():
        found.append(finding)
        if not as_json:
            typer.echo(f"{finding.grade:<4}  {finding.check:<10}  {finding.detail}")
    if as_json:
        tell_list([_Line(one.grade, one.check, one.detail) for one in found])
    if any(finding.grade is Grade.STOP for finding in found):
        raise typer.Exit(1)


def _examine() -> Iterator[Finding]:
    yield from (Finding(Grade.WARN, "settings", line) for line in misspelt())
    try:
        settings = operator.load()
    except SettingsError as error:
        yield from (Finding(Grade.STOP, "settings", line) for line in error.problems)
        return
    yield from prudence.examine(settings)
    yield from _database(settings)
    yield reaching.broker(settings)
    yield from reaching.twilio(settings)
    yield reaching.mail(settings)


def _database(settings: Settings) -> Iterator[Finding]:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        mend = "`followup serve` makes it, and so does `followup init`"
        yield Finding(Grade.STOP, "database", f"There is no file {url.database} yet; {mend}.")
        return
    engine = connect(settings.database_url)
    try:
        yield from _tables(engine, settings)
    except DBAPIError as error:
        what, _, _ = str(error.orig).partition("\n")
        yield Finding(Grade.STOP, "database", f"It can't be used ({what}); check DATABASE_URL, and that it runs.")
    finally:
        engine.dispose()


def _tables(engine: Engine, settings: Settings) -> list[Finding]:
    with reader(engine)() as db:
        bind = db.get_bind()
        assert isinstance(bind, Engine)
        # `bind` only reads: on SQLite this must not wait for, or hold up, whoever writes.
        if not migrations.is_current(bind):
            return [
                Finding(Grade.OK, "database", "The database answers."),
                Finding(Grade.STOP, "migrations", "Its tables are of another version; run `followup migrate`."),
            ]
        ahead, clocks = _clocks(db, settings)
        return [
            Finding(Grade.OK, "database", "The database answers."),
            Finding(Grade.OK, "migrations", "Its tables are of this version."),
            *clocks,
            *readiness.examine(db, now=datetime.now(UTC) + ahead),
        ]


def _clocks(db: Session, settings: Settings) -> tuple[timedelta, list[Finding]]:
    """How far business time is ahead, and what is to be said of that and of real time."""
    clock = db.get(Clock, 1)
    ahead = clock.ahead if clock else timedelta(0)
    found = [_real_clock(db)]
    if ahead and settings.followup_live:
        what = "This database was practised on, with its clock moved: what it owes is due at made-up times"
        found.append(Finding(Grade.WARN, "clock", f"{what}; use a new one."))
    elif ahead:
        moved = timedelta(seconds=round(ahead.total_seconds()))
        found.append(Finding(Grade.OK, "clock", f"Business time is ahead by {moved}, as `followup clock` moved it."))
    return timedelta(0) if settings.followup_live else ahead, found


def _real_clock(db: Session) -> Finding:
    before = datetime.now(UTC)
    theirs = real_time(db)
    after = datetime.now(UTC)
    gap = max(theirs - after, before - theirs, timedelta(0))  # at least; asking took time too
    if gap >= _CLOCKS_AGREE_TO:
        what = f"This machine's clock and the database's differ by {gap.total_seconds():.1f} s"
        return Finding(Grade.WARN, "clock", f"{what}; wake-ups may be dropped, so keep both with NTP.")
    return Finding(Grade.OK, "clock", "This machine's clock and the database's agree.")
