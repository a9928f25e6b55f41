"""Reads treatment sessions from a CSV file, one line at a time, so that a file of any size fits.

One line is one row: no field needs a line break, and so a quote that is never closed spoils its own line only.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import count
from typing import Any, BinaryIO

from followup.actions.entries import EntryError, PlaceOf, Problem, TreatmentEntry, parse_entry
from followup.actions.fields import bounded

LONGEST_LINE = 64 * 1024  # bytes; every field at its longest takes less

# Column: where its value stands in an entry.
COLUMNS = {
    "external_id": "external_id",
    "patient_external_id": "patient.external_id",
    "clinic": "clinic",
    "given_name": "patient.given_name",
    "family_name": "patient.family_name",
    "phone": "patient.phone",
    "email": "patient.email",
    "language": "patient.language",
    "timezone": "patient.timezone",
    "ended_at": "ended_at",
    "practitioner": "practitioner",
    "regions": "regions",
    "precautions": "precautions",
    "first_treatment": "first_treatment",
    "baseline_pain": "baseline_pain",
    "plan": "plan",
    "sms_consent": "consent.sms",
    "email_consent": "consent.email",
    "consent_method": "consent.method",
    "next_visit_at": "next_visit_at",
}
REQUIRED = ("external_id", "clinic", "given_name", "ended_at")
LISTS = frozenset({"regions", "precautions"})  # their words are separated by semicolons

_COLUMN_OF = {field: column for column, field in COLUMNS.items()}


class FileError(Exception):
    """The file as a whole is not what `import` takes, or breaks while it is read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the entry it holds, or the problems that keep it from being one."""

    line: int
    external_id: str
    entry: TreatmentEntry | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line below the header, as it came."""

    number: int
    columns: Sequence[str]
    content: bytes

    def read(self, place_of: PlaceOf) -> Row | None:
        """What it holds; None if it is empty."""
        values: dict[str, str] = {}
        try:
            values = _values(self.columns, _cells(self.content))
            return Row(self.number, values.get("external_id", ""), entry=_entry(values, place_of)) if values else None
        except EntryError as error:
            return Row(self.number, values.get("external_id", ""), problems=tuple(map(_by_column, error.problems)))


def read_rows(file: BinaryIO, *, place_of: PlaceOf) -> Iterator[Row]:
    """Every row below the header; empty lines are left out. Raises FileError."""
    return (row for line in read_lines(file) if (row := line.read(place_of)))


def read_lines(file: BinaryIO) -> Iterator[RawLine]:
    """Every line below the header. Raises FileError."""
    lines = _lines(file)
    columns = _header(lines)
    return (RawLine(number, columns, content) for number, content in lines)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers; of one that is too long only the beginning."""
    for number in count(1):
        raw = piece = _piece(file, number)
        if not raw:
            return
        yield number, raw  # before its end is looked for: a header without end is refused at once
        while len(piece) > LONGEST_LINE and not piece.endswith(b"\n"):
            piece = _piece(file, number)


def _piece(file: BinaryIO, line: int) -> bytes:
    try:
        return file.readline(LONGEST_LINE + 1)
    except OSError as error:
        raise FileError(
            f"line {line}: can't be read ({error.strerror}); copy the file here, and import it again"
        ) from None


def _cells(raw: bytes) -> list[str]:
    if len(raw) > LONGEST_LINE:
        raise _spoilt(f"is longer than {LONGEST_LINE // 1024} KiB", "look for a missing line break")
    if b"\0" in raw:
        raise _spoilt("holds a NUL byte", 'save the file again as "CSV UTF-8"')
    try:
        text = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise _spoilt(f"is not UTF-8 (byte {error.start + 1})", 'save the file again as "CSV UTF-8"') from None
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        if "\r" in text:
            raise _spoilt("has other line ends within it", 'save the file again as "CSV UTF-8"') from None
        raise _spoilt("cannot be split into fields", "look for a quote that is not closed") from None


def _spoilt(what: str, mend: str) -> EntryError:
    return EntryError(Problem("the line", what, mend))


def _header(lines: Iterator[tuple[int, bytes]]) -> list[str]:
    for number, raw in lines:
        text = raw.removeprefix(b"\xef\xbb\xbf")
        if text.strip(b'", \r\n') and not text.lstrip(b'" ').startswith(b"#"):
            try:
                columns = [cell.strip() for cell in _cells(text)]
            except EntryError as error:
                raise FileError(f"line {number}: {error}") from None
            _check_columns(columns)
            return columns
    raise FileError(f"there is no header; the first line names the columns: {','.join(COLUMNS)}")


def _check_columns(columns: list[str]) -> None:
    if len(columns) == 1 and set(columns[0]) & {";", "\t"}:
        raise FileError("the columns are not separated by commas; save the file again with commas")
    for number, column in enumerate(columns, 1):
        if not column:
            raise FileError(f"the column at place {number} has no name; delete it, or name it")
        if column not in COLUMNS:
            near = get_close_matches(column.lower(), COLUMNS, 1)
            mend = f"did you mean {near[0]}?" if near else f"the columns are {', '.join(COLUMNS)}"
            raise FileError(f'there is no column "{bounded(column)}"; {mend}')
        if columns.count(column) > 1:
            raise FileError(f"the column {column} stands twice; leave one out")
    for column in REQUIRED:
        if column not in columns:
            raise FileError(f"the column {column} is missing; every session needs it")


def _values(columns: Sequence[str], cells: list[str]) -> dict[str, str]:
    """What the line holds, by column; nothing for an empty line."""
    if not any(cell.strip() for cell in cells):
        return {}
    if len(cells) != len(columns):
        what = f"has {len(cells)} fields where the header has {len(columns)}"
        raise _spoilt(what, "put quotes around a field that holds a comma, or add what is missing")
    return dict(zip(columns, cells, strict=True))


def _entry(values: dict[str, str], place_of: PlaceOf) -> TreatmentEntry:
    data: dict[str, Any] = {"patient": {}, "consent": {}}
    for column, value in values.items():
        group, _, field = COLUMNS[column].rpartition(".")
        told = [word for word in value.split(";") if word.strip()] if column in LISTS else value
        (data[group] if group else data)[field] = told
    return parse_entry(data, place_of=place_of)


def _by_column(problem: Problem) -> Problem:
    return Problem(_COLUMN_OF.get(problem.field, problem.field), problem.wrong, problem.mend)
