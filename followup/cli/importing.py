"""`followup import`: records the treatment sessions of a CSV file, and reports line by line what was not taken."""

import gc
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import select

from followup.actions.csv_rows import FileError, read_lines
from followup.actions.fields import Place
from followup.actions.importing import Line, Recorder, Result
from followup.cli.console import OPERATOR, fail, service, shown_name
from followup.db import OpenDb
from followup.models import Clinic
from followup.runtime import Runtime


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
    recorder = Recorder(by=OPERATOR, dry_run=dry_run)
    report = Report(dry_run, as_json)
    console = Console(soft_wrap=True, markup=False, emoji=False, highlight=False)
    has_bar = console.is_terminal and not as_json
    tell = console.print if has_bar else typer.echo
    gc.freeze()  # what is there by now stays; else it is searched for waste again with every thousand rows
    with _open(path) as raw, Progress(console=console, transient=True, disable=not has_bar) as progress:
        file = progress.wrap_file(raw, path.stat().st_size)
        lines = recorder.record_all(runtime.open_db, read_lines(file), place_of=places.get, now=runtime.now)
        for line in lines:
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
