"""Records rows of a file, a batch at a time; one that is refused costs no other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from sqlalchemy.orm import Session

from followup.actions.csv_rows import FileError, RawLine, Row
from followup.actions.enrolling import Recorded, Refusal, recording
from followup.actions.entries import EntryError, PlaceOf, TreatmentEntry, content_hash
from followup.actions.fields import bounded
from followup.db import OpenDb

BATCH = 500  # lines in one transaction: enough to be fast, and senders on SQLite wait for a second at most
MOST_BYTES = 1_000_000  # of them


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
    """Records what one file holds, in as many batches as it takes. A dry run is undone after each, and remembers."""

    def __init__(self, *, by: str, dry_run: bool = False) -> None:
        self._by = by
        self._dry_run = dry_run
        self._undone: dict[tuple[str, str], str] = {}  # content of what a dry run took and put back

    def record_all(
        self, open_db: OpenDb, lines: Iterator[RawLine], *, place_of: PlaceOf, now: Callable[[], datetime]
    ) -> Iterator[Line]:
        """What became of each line that is not empty, told once its batch is committed.

        Raises FileError where the file breaks off, once the batches before are recorded.
        """
        ahead, breaks_off = _next(lines), None
        rows = _read(ahead, place_of)
        while ahead:
            try:
                ahead = _next(lines)  # no transaction waits for who may still be writing the file
            except FileError as error:
                ahead, breaks_off = [], error
            with open_db() as db, self._recording(db, rows=rows, now=now()) as told:
                rows = _read(ahead, place_of)  # while the database writes
            yield from told
        if breaks_off:
            raise breaks_off

    @contextmanager
    def _recording(self, db: Session, *, rows: Sequence[Row], now: datetime) -> Iterator[list[Line]]:
        """What became of each row, true once this transaction is committed; within, nothing can be asked of it."""
        fit = {row.line: row.entry for row in rows if row.entry and not self._contradicts(row.entry)}
        with recording(db, entries=[(entry, self._by) for entry in fit.values()], now=now) as recorded:
            by_line = dict(zip(fit, recorded, strict=True))
            yield [self._line(row, by_line.get(row.line)) for row in rows]
        if self._dry_run:
            db.rollback()

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


def _next(lines: Iterator[RawLine]) -> list[RawLine]:
    """The lines of one batch; fewer where they are long, so that a wide file needs no more memory than another."""
    taken, size = list[RawLine](), 0
    for line in islice(lines, BATCH):
        taken.append(line)
        size += len(line.content)
        if size > MOST_BYTES:
            break
    return taken


def _read(lines: Sequence[RawLine], place_of: PlaceOf) -> list[Row]:
    return [row for line in lines if (row := line.read(place_of))]
