"""What `import` says to files that are no CSV, and to rows that nobody could take.

Half a million good rows would take minutes, because each row is judged with care: so the huge files here are one line,
or comments, or rows that are wide.
"""

import errno
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from followup.actions.csv_rows import FileError, read_lines, read_rows
from followup.actions.fields import Place
from followup.actions.importing import Line, Recorder, Result
from followup.cli.importing import Report
from followup.db import opener
from followup.models import Patient, TreatmentSession

from .conftest import MEGABYTE, SECRET, Configure, Service, at_most, count_rows, on_one_database, run, table, unchanged

HEADER = "external_id,clinic,given_name,ended_at"
ENDED = "2025-03-20T10:00"
NO_DATE = "which is no date with a time; write it like 2026-10-24T20:40 or 2026-10-24T20:40-04:00"
NO_PAIN = "write a whole number from 0 (none) to 10, or leave it empty"
NOT_UTF_8 = 'is not UTF-8 (byte 13); save the file again as "CSV UTF-8"'
HUNDRED_MEGABYTES = 100 * MEGABYTE


class Row(NamedTuple):
    given: str | bytes
    said: str


def name(text: str) -> str:
    return f"{HEADER}\nT-1,maple,{text},{ENDED}\n"


def with_column(column: str, value: str) -> str:
    return f"{HEADER},{column}\nT-1,maple,Ana,{ENDED},{value}\n"


def ended(text: str) -> str:
    return f"{HEADER}\nT-1,maple,Ana,{text}\n"


FILES = {
    "an Excel workbook": Row(
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "line 1: the line holds a NUL byte; save the file again"
    ),
    "an old Excel workbook": Row(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "line 1: the line holds a NUL byte"),
    "a zipped file": Row(b"\x1f\x8b\x08\x08abc", "line 1: the line is not UTF-8 (byte 2)"),
    "a PDF": Row(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", 'there is no column "%PDF-1.7"; the columns are external_id, '),
    "a page to sign in": Row(
        "<!doctype html>\n<html></html>\n", 'there is no column "<!doctype html>"; the columns are'
    ),
    "JSON": Row('[{"external_id": "T-1"}]', 'there is no column "[{"external_id": "T-1"}]"; did you mean'),
    "UTF-16 without a mark": Row(name("Ana").encode("utf-16-le"), "line 1: the line holds a NUL byte"),
    "UTF-32": Row(name("Ana").encode("utf-32"), "line 1: the line holds a NUL byte"),
    "two marks of UTF-8": Row(
        "\ufeff\ufeff" + name("Ana"), 'there is no column "\ufffdexternal_id"; did you mean external_id?'
    ),
    "lines that end in CR": Row(
        name("Ana").replace("\n", "\r"),
        'line 1: the line has other line ends within it; save the file again as "CSV UTF-8"',
    ),
    "a quote in the header that is never closed": Row(
        f'"{name("Ana")}', "line 1: the line cannot be split into fields"
    ),
    "a column without a name": Row(
        f"{HEADER},\nT-1,maple,Ana,{ENDED},\n", "the column at place 5 has no name; delete it"
    ),
    "a column that paints the screen": Row(f"{HEADER},\x1b[31m\n", 'there is no column "\ufffd[31m"; '),
    "a column that turns text around": Row(
        f"{HEADER},\u202enalp\n", 'there is no column "\ufffdnalp"; the columns are'
    ),
    "a column of 60,000 characters": Row(f"{HEADER},{'x' * 60_000}\n", f'there is no column "{"x" * 40}…"; '),
    "30,000 columns": Row(f"{HEADER}{',clinic' * 8_000}\n", "the column clinic stands twice; leave one out"),
    "a secret in place of the header": Row(f"DATABASE_PASSWORD\n{SECRET}\n", 'there is no column "DATABASE_PASSWORD"'),
}

ROWS = {
    "half a surrogate pair": Row(f"{HEADER}\nT-1,maple,An".encode() + b"\xed\xa0\xbd," + ENDED.encode(), NOT_UTF_8),
    "Latin-1": Row(f"{HEADER}\nT-1,maple,Jo\xe9,{ENDED}".encode("latin-1"), NOT_UTF_8),
    "a break of lines that only Unicode knows": Row(
        name("A\u2028na"), "given_name holds the invisible character U+2028; type it again by hand"
    ),
    "a tab within a name": Row(name("A\tna"), "given_name holds the invisible character U+0009"),
    "a name that paints the screen": Row(name("\x1b[31mAna"), "given_name holds the invisible character U+001B"),
    "a name with a control of Latin-1": Row(name("A\x85na"), "given_name holds the invisible character U+0085"),
    "a name that isolates": Row(name("A\u2067na"), "given_name holds the invisible character U+2067"),
    "a name of 60,000 characters": Row(name("x" * 60_000), "given_name is longer than 200 characters; shorten it"),
    "a name of a million characters": Row(name("x" * 1_000_000), "line 2: the line is longer than 64 KiB; look for"),
    "60,000 fields": Row(f"{HEADER}\n{',' * 60_000}x", "the line has 60001 fields where the header has 4; put quotes"),
    "a quote that is closed too early": Row(name('"An"a'), "the line cannot be split into fields; look for a quote"),
    "CR within a line": Row(name("An\ra"), "the line has other line ends within it; save the file again"),
    "a day that never was": Row(ended("2025-02-29T10:00"), f'ended_at is "2025-02-29T10:00", {NO_DATE}'),
    "a month that never was": Row(ended("2025-13-01T10:00"), f'ended_at is "2025-13-01T10:00", {NO_DATE}'),
    "an hour that never was": Row(ended("2025-03-20T25:00"), f'ended_at is "2025-03-20T25:00", {NO_DATE}'),
    "a date of nothing": Row(ended("0000-00-00T00:00"), NO_DATE),
    "a date as in Britain": Row(ended("20/03/2025 10:00"), f'ended_at is "20/03/2025 10:00", {NO_DATE}'),
    "a date as Excel counts it": Row(ended("45736.4166"), f'ended_at is "45736.4166", {NO_DATE}'),
    "a date that Excel could not show": Row(ended("########"), f'ended_at is "########", {NO_DATE}'),
    "a date in wide digits": Row(ended("\uff12025-03-20T10:00"), NO_DATE),
    "a year of five digits": Row(ended("12025-03-20T10:00"), NO_DATE),
    "an offset beyond a day": Row(ended("2025-03-20T10:00+25:00"), NO_DATE),
    "a time of 60,000 characters": Row(ended(f"{ENDED}{'0' * 60_000}"), f'"{ENDED}{"0" * 24}…", {NO_DATE}'),
    "a year before all software": Row(ended("1899-12-30T10:00"), "ended_at is in the year 1899; correct the year"),
    "a visit before the session": Row(
        with_column("next_visit_at", "2025-03-19T10:00"), "next_visit_at is not after the session's end; correct it"
    ),
    "a zone of another planet": Row(
        with_column("timezone", "Mars/Phobos"), 'timezone is "Mars/Phobos", which is no time'
    ),
    "a zone as POSIX writes it": Row(
        with_column("timezone", '"EST5EDT4,M3.2.0"'), "which is no time zone; write one such"
    ),
    "a zone of 60,000 characters": Row(with_column("timezone", "A" * 60_000), 'A…", which is no time zone; write one'),
    "pain that is no number": Row(with_column("baseline_pain", "nan"), f'baseline_pain is "nan"; {NO_PAIN}'),
    "pain without end": Row(with_column("baseline_pain", "inf"), f'baseline_pain is "inf"; {NO_PAIN}'),
    "pain below nothing": Row(with_column("baseline_pain", "-1"), f'baseline_pain is "-1"; {NO_PAIN}'),
    "pain of 60,000 digits": Row(with_column("baseline_pain", "9" * 60_000), f'9…"; {NO_PAIN}'),
    "pain in Arabic digits": Row(with_column("baseline_pain", "\u0667"), f'baseline_pain is "\u0667"; {NO_PAIN}'),
    "pain as a formula": Row(with_column("baseline_pain", "=3+4"), f'baseline_pain is "=3+4"; {NO_PAIN}'),
    "a region of 60,000 characters": Row(with_column("regions", "n" * 60_000), 'regions holds "nnnn'),
    "a language that is a path": Row(
        with_column("language", "../en"), 'language is "../en", which is no language code'
    ),
    "consent in a word that we do not know": Row(with_column("sms_consent", "si"), "sms_consent is neither yes nor no"),
}

LOOKED_UP = {
    "a clinic as a formula": Row(
        f"{HEADER}\nT-1,=maple,Ana,{ENDED}\n", 'clinic is "=maple", which we do not know; use'
    ),
    "a clinic in capitals": Row(f"{HEADER}\nT-1,MAPLE,Ana,{ENDED}\n", 'clinic is "MAPLE", which we do not know; use'),
    "a plan that would drop tables": Row(
        with_column("plan", "'; DROP TABLE patient; --"), 'there is no plan "\'; DROP TABLE patient; --"; the plans are'
    ),
}

# Odd, and none of our business: whoever has such a name, has it.
TAKEN = [
    "=1+1",
    "@SUM(A1:A9)",
    "+1-2",
    "'=HYPERLINK(0)",
    "<script>alert(1)</script>",
    "{{ name }} %s %(x)s",
    "[red]Ana[/red]",
    "Robert'); DROP TABLE patient;--",
    "אבי \u200f(ג)",
    "\u0645\u06cc\u200c\u0645",
    "\N{ADULT}\u200d\N{STAFF OF AESCULAPIUS}",
    "NULL",
    "\uffff",
    "x" * 200,
]


@pytest.fixture
def engine(configure: Configure, service: Service) -> Engine:
    """That of the database which the commands find."""
    configure(DATABASE_URL=service.url)
    return service.engine


@pytest.fixture
def huge(tmp_path: Path) -> Iterator[Path]:
    """A file that is not kept."""
    path = tmp_path / "huge.csv"
    yield path
    path.unlink()


def write(given: str | bytes, file: str = "sessions.csv") -> Path:
    path = Path(file)
    path.write_bytes(given if isinstance(given, bytes) else given.encode())
    return path


def kept(engine: Engine, column: InstrumentedAttribute[Any], external_id: str) -> list[Any]:
    """What stands in a column for the sessions of such an `external_id`, in their order."""
    found = select(column).select_from(TreatmentSession).join(Patient, TreatmentSession.patient_id == Patient.id)
    with Session(engine) as db:
        return list(
            db.scalars(found.where(TreatmentSession.external_id.like(external_id)).order_by(TreatmentSession.id))
        )


@on_one_database
@table(FILES)
def test_a_file_that_is_no_csv_of_ours_is_refused_whole(engine: Engine, row: Row) -> None:
    with unchanged(engine):
        result = run("import", write(row.given))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("sessions.csv: ")
    assert row.said in result.stderr


@on_one_database
@table(ROWS)
def test_a_row_that_cannot_be_taken_is_told_by_line_and_column(engine: Engine, row: Row) -> None:
    assert_told_by_line(engine, row)


@table(LOOKED_UP)
def test_a_row_that_names_what_the_database_does_not_know_is_told_as_well(engine: Engine, row: Row) -> None:
    assert_told_by_line(engine, row)


def assert_told_by_line(engine: Engine, row: Row) -> None:
    with unchanged(engine):
        result = run("import", write(row.given))
    assert (result.exit_code, result.stderr) == (1, "")
    told, counts = result.stdout.splitlines()
    assert told.startswith("line 2")
    assert row.said in told
    assert counts == "Rows taken: 0, known already: 0, refused: 1."


def test_odd_names_are_kept_as_they_are_written(engine: Engine) -> None:
    lines = [f'odd-{number},maple,"{each}",{ENDED}' for number, each in enumerate(TAKEN)]
    assert run("import", write("\n".join([HEADER, *lines]))).exit_code == 0
    assert kept(engine, Patient.given_name, "odd-%") == TAKEN


def test_an_address_of_30_000_characters_is_cut_to_what_staff_can_mend(engine: Engine) -> None:
    line = f"long-1,maple,Ana,{ENDED},{'5' * 30_000},{'a' * 30_000}@example.com"
    assert run("import", write(f"{HEADER},phone,email\n{line}\n")).exit_code == 0
    assert kept(engine, Patient.phone, "long-1") == kept(engine, Patient.email, "long-1") == [None]
    assert kept(engine, Patient.phone_given, "long-1") == ["5" * 60]
    assert kept(engine, Patient.email_given, "long-1") == ["a" * 300]


@pytest.mark.parametrize(
    ("written", "utc"),
    [("2025-03-09T02:30", "2025-03-09T07:30Z"), ("2025-11-02T01:30", "2025-11-02T05:30Z")],
)
def test_a_time_that_the_clocks_skipped_or_showed_twice_is_read_one_way(engine: Engine, written: str, utc: str) -> None:
    assert run("import", write(ended(written).replace("T-1,", f"{written},"))).exit_code == 0
    [at] = kept(engine, TreatmentSession.ended_at, written)
    assert at == datetime.fromisoformat(utc)


@on_one_database
@pytest.mark.parametrize(
    ("path", "exit_code", "said"),
    [
        ("/dev/zero", 1, "zero: line 1: the line is longer than 64 KiB; look for a missing line break"),
        ("/dev/null", 1, "null: there is no header; the first line names the columns: external_id,"),
        (
            "/proc/self/mem",
            1,
            "mem: line 1: can't be read (Input/output error); copy the file here, and import it again",
        ),
        ("socket", 1, "socket: can't be opened (No such device or address); name a file that can"),
        ("/", 2, "is a directory"),
        ("k" * 300, 2, "does not exist"),
    ],
)
def test_what_is_no_file_of_rows_is_not_waited_for(engine: Engine, path: str, exit_code: int, said: str) -> None:
    run("import", Path(__file__))  # what is loaded only once is not counted

    with socket.socket(socket.AF_UNIX) as listener, unchanged(engine), at_most(4 * MEGABYTE):
        listener.bind("socket")
        result = run("import", path)
    assert (result.exit_code, said in " ".join(result.output.replace("│", " ").split())) == (exit_code, True)


@on_one_database
@pytest.mark.parametrize("file", [b"\xff.csv", b"\x1b[2J.csv", "\u202evsc.csv".encode()])
def test_the_name_of_a_file_cannot_play_with_the_terminal(engine: Engine, file: bytes) -> None:
    with unchanged(engine):
        result = run("import", write("x", os.fsdecode(file)))
    assert result.exit_code == 1
    assert "\N{REPLACEMENT CHARACTER}" in result.stderr


@on_one_database
@pytest.mark.parametrize(
    ("begin", "piece", "exit_code", "said"),
    [
        ("", "x", 1, "line 1: the line is longer than 64 KiB; look for a missing line break"),
        ("", '"never closed, ', 1, "line 1: the line is longer than 64 KiB"),
        (f"{HEADER}\n", "x,", 1, "line 2: the line is longer than 64 KiB; look for a missing line break"),
        ("", f"# {'c' * 60_000}\n", 1, "there is no header; the first line names the columns"),
        (
            f"{HEADER}\n",
            f"T,maple,{'n' * 60_000},{ENDED}\n",
            1,
            "line 1601 (T): given_name is longer than 200 characters",
        ),
    ],
    ids=["a header without end", "a quote without end", "a row without end", "comments", "wide rows"],
)
def test_a_hundred_megabytes_take_no_more_memory_than_a_page(
    engine: Engine, huge: Path, begin: str, piece: str, exit_code: int, said: str
) -> None:
    block = piece.encode() * (MEGABYTE // len(piece))
    with huge.open("wb") as file:
        file.write(begin.encode())
        file.writelines(block for _ in range(HUNDRED_MEGABYTES // MEGABYTE))
    assert huge.stat().st_size > 0.95 * HUNDRED_MEGABYTES

    run("import", Path(__file__))  # what is loaded only once is not counted

    with unchanged(engine), at_most(4 * MEGABYTE):
        result = run("import", huge, most=MEGABYTE)

    assert (result.exit_code, said in result.output) == (exit_code, True)


def test_a_report_keeps_no_row_in_memory() -> None:
    report = Report(is_dry=False, as_json=True)
    problem = f"given_name is longer than 200 characters; shorten it {'x' * 100}"
    with at_most(MEGABYTE // 4):
        for number in range(5_000):
            assert report.add(Line(number, f"T-{number}", Result.REFUSED, (problem,)))
    assert '"refused": 5000' in report.end()


def test_a_file_that_breaks_halfway_is_read_as_far_as_it_goes() -> None:
    rows = read_rows(Breaking(), place_of=lambda _: Place("UTC", "US"))
    assert next(rows).entry
    with pytest.raises(
        FileError, match=r"^line 3: can't be read \(Input/output error\); copy the file here, and import"
    ):
        next(rows)


def test_what_was_read_before_a_file_breaks_off_is_recorded(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("followup.actions.importing.BATCH", 1)
    before = count_rows(engine)["treatment_session"]
    lines = Recorder(by="test").record_all(
        opener(engine), read_lines(Breaking()), place_of=lambda _: Place("UTC", "US"), now=partial(datetime.now, UTC)
    )
    assert next(lines).result is Result.TAKEN
    with pytest.raises(FileError, match=r"^line 3: can't be read"):
        next(lines)
    assert count_rows(engine)["treatment_session"] == before + 1


class Breaking(BytesIO):
    """A header, one good row, and then a disk that fails."""

    def __init__(self) -> None:
        super().__init__(ended(ENDED).replace("T-1", "breaks-off-1").encode())

    def readline(self, size: int | None = -1, /) -> bytes:
        return super().readline(size) or self._fail()

    def _fail(self) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
