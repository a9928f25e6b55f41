"""`followup import`: records the treatment sessions of a CSV file, and reports line by line what was not taken."""

import gc
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions.enrolling import Recorded, Refusal, record_treatments
from followup.actions.entries import EntryError, TreatmentEntry, content_hash
from followup.actions.fields import Place, bounded
from followup.cli.console import OPERATOR, fail, service, shown_name
from followup.cli.csv_rows import FileError, Row, read_rows
from followup.db import OpenDb
from followup.models import Clinic
from followup.runtime import Runtime

BATCH = 200  # rows in one transaction: enough to be fast, and senders on SQLite wait for a second at most


class Result(StrEnum):
    TAKEN = "taken"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one line: why it was refused, or what staff should hear about what was taken."""

    line: int
    external_id: str
    result: Result
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        name = f" ({self.external_id})" if self.external_id else ""
        return f"line {self.line}{name}: {'. '.join(self.problems) or ' '.join(('taken.', *self.warnings))}"


class Recorder:
    """Records rows in batches; one that is refused costs no other."""

    def __init__(self, open_db: OpenDb, now: Callable[[], datetime], *, dry_run: bool = False) -> None:
        self._open_db = open_db
        self._now = now
        self._dry_run = dry_run
        self._undone: dict[tuple[str, str], str] = {}  # content of what a dry run took and put back

    def record(self, rows: Iterable[Row]) -> Iterator[Line]:
        """What became of each row; told once its batch is committed. A dry run is undone batch by batch."""
        waiting = iter(rows)
        while batch := list(islice(waiting, BATCH)):
            now = self._now()
            with self._open_db() as db:
                lines = self._lines(db, batch, now)
                if self._dry_run:
                    db.rollback()
            yield from lines

    def _lines(self, db: Session, batch: Sequence[Row], now: datetime) -> list[Line]:
        fit = {row.line: row.entry for row in batch if row.entry and not self._contradicts(row.entry)}
        recorded = record_treatments(db, entries=[(entry, OPERATOR) for entry in fit.values()], now=now)
        by_line = dict(zip(fit, recorded, strict=True))
        return [self._line(row, by_line.get(row.line)) for row in batch]

    def _contradicts(self, entry: TreatmentEntry) -> bool:
        """Whether an earlier line that a dry run took back says something else of the same session."""
        undone = self._undone.get((entry.clinic, entry.external_id))
        return undone is not None and undone != content_hash(entry)

    def _line(self, row: Row, recorded: Recorded | Refusal | None) -> Line:
        external_id = bounded(row.external_id)
        match recorded:
            case Recorded(was_known=was_known):
                assert row.entry is not None
                key, is_known = (row.entry.clinic, row.entry.external_id), was_known
                if self._dry_run:
                    is_known = is_known or key in self._undone
                    self._undone[key] = content_hash(row.entry)
                result, warnings = (Result.KNOWN, ()) if is_known else (Result.TAKEN, tuple(recorded.warnings))
                return Line(row.line, external_id, result, warnings=warnings)
            case EntryError():
                problems = tuple(map(str, recorded.problems))
            case None if row.entry:
                problems = (f'external_id "{external_id}" stands on an earlier line with other content',)
            case None:
                problems = tuple(map(str, row.problems))
            case _:
                problems = (str(recorded),)
        return Line(row.line, external_id, Result.REFUSED, problems)


@dataclass(slots=True)
class Report:
    """How many rows were taken, known already or refused. Nothing else is kept: a file may have any number of rows."""

    is_dry: bool
    as_json: bool
    counts: Counter[Result] = field(default_factory=Counter)
    has_told: bool = False

    def add(self, line: Line) -> str:
        """Count a row; what to tell of it, if it was refused or staff should hear about it."""
        self.counts[line.result] += 1
        if not (line.problems or line.warnings):
            return ""
        if not self.as_json:
            return str(line)
        before, self.has_told = "," if self.has_told else '{"items": [', True
        return before + json.dumps(asdict(line), ensure_ascii=False)

    def end(self) -> str:
        """The counts; as JSON, the rest of the object whose pieces `add` told."""
        if self.as_json:
            counts = {str(result): self.counts[result] for result in Result}
            rest = json.dumps({"dry_run": self.is_dry, **counts, "next_cursor": None})
            return ("]" if self.has_told else '{"items": []') + f", {rest[1:]}"
        taken, known, refused = (self.counts[result] for result in Result)
        begin = "Nothing was recorded. Rows that would be" if self.is_dry else "Rows"
        return f"{begin} taken: {taken}, known already: {known}, refused: {refused}."


def import_treatments(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, readable=True)],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, and record nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Record the treatment sessions of a CSV file. Running it twice changes nothing.

    Rows that can't be taken are told by line and reason and keep no other row from being recorded; then the exit code
    is 1. Mend them in the file and import it again.

    Example: followup import examples/treatments.csv --dry-run
    """
    with service() as runtime:
        try:
            _import(runtime, file, dry_run=dry_run, as_json=as_json)
        except FileError as error:
            fail(f"{shown_name(file)}: {error}")


def register(app: typer.Typer) -> None:
    """Add the command `import`."""
    app.command("import")(import_treatments)


def _import(runtime: Runtime, path: Path, *, dry_run: bool, as_json: bool) -> None:
    places = _places(runtime.read_db)
    recorder = Recorder(runtime.open_db, runtime.now, dry_run=dry_run)
    report = Report(dry_run, as_json)
    console = Console(soft_wrap=True, markup=False, emoji=False, highlight=False)
    has_bar = console.is_terminal and not as_json
    tell = console.print if has_bar else typer.echo
    gc.freeze()  # what is there by now stays; else it is searched for waste again with every thousand rows
    with _open(path) as raw, Progress(console=console, transient=True, disable=not has_bar) as progress:
        file = progress.wrap_file(raw, path.stat().st_size)
        for line in recorder.record(read_rows(file, place_of=places.get)):
            if told := report.add(line):
                tell(told)
    typer.echo(report.end())
    if report.counts[Result.REFUSED]:
        raise typer.Exit(1)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise FileError(f"can't be opened ({error.strerror}); name a file that can") from None


def _places(read_db: OpenDb) -> dict[str, Place]:
    """How each clinic reads local times and national phone numbers, by its key."""
    with read_db() as db:
        clinics = db.scalars(select(Clinic)).all()
    if not clinics:
        fail("There is no clinic yet; make one with `followup init`.")
    return {clinic.key: Place(clinic.zone, clinic.country) for clinic in clinics}
