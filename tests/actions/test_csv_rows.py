import tracemalloc
from collections.abc import Sequence
from io import BytesIO
from itertools import chain, repeat

import pytest

from followup.actions.csv_rows import COLUMNS, LONGEST_LINE, FileError, Row, read_rows
from followup.actions.entries import parse_entry
from followup.actions.fields import Place
from followup.terms import Precaution, Region

PLACES = {"maple": Place("America/New_York", "US")}
HEADER = "external_id,clinic,given_name,ended_at"
GOOD = "T-1,maple,Ana,2027-03-19T20:40"


def rows(*lines: str | bytes, end: bytes = b"\n") -> Sequence[Row]:
    text = end.join(line.encode() if isinstance(line, str) else line for line in lines) + end
    return list(read_rows(BytesIO(text), place_of=PLACES.get))


def problems(*lines: str | bytes) -> list[tuple[int, str]]:
    return [(row.line, str(problem)) for row in rows(*lines) for problem in row.problems]


def test_the_columns_are_those_that_the_design_fixes() -> None:
    assert ",".join(COLUMNS) == (
        "external_id,patient_external_id,clinic,given_name,family_name,phone,email,language,timezone,ended_at,"
        "practitioner,regions,precautions,first_treatment,baseline_pain,plan,sms_consent,email_consent,consent_method,"
        "next_visit_at"
    )


def test_a_whole_line_says_what_the_body_of_the_api_says() -> None:
    line = (
        'T-1,P-7,maple,Ana,"Silva, e Costa",(212) 555-0123,ana@example.com,es,America/Denver,2027-03-19T20:40,'
        "R. Mehta,neck; upper_back,blood_thinner,yes,7,dry-needling,yes,no,signed form,2027-04-02T09:00"
    )
    body = {
        "external_id": "T-1",
        "clinic": "maple",
        "patient": {
            "external_id": "P-7",
            "given_name": "Ana",
            "family_name": "Silva, e Costa",
            "phone": "(212) 555-0123",
            "email": "ana@example.com",
            "language": "es",
            "timezone": "America/Denver",
        },
        "consent": {"sms": True, "email": False, "method": "signed form"},
        "ended_at": "2027-03-19T20:40-06:00",
        "practitioner": "R. Mehta",
        "regions": [Region.NECK, Region.UPPER_BACK],
        "precautions": [Precaution.BLOOD_THINNER],
        "first_treatment": True,
        "baseline_pain": 7,
        "plan": "dry-needling",
        "next_visit_at": "2027-04-02T09:00-06:00",
    }

    assert rows(",".join(COLUMNS), line) == [Row(2, "T-1", parse_entry(body, place_of=PLACES.get))]


def test_columns_with_a_default_may_be_missing_and_stand_in_any_order() -> None:
    first, second = rows("ended_at,given_name,clinic,external_id", "2027-03-19T20:40,Ana,maple,T-1", GOOD)

    assert first.entry == rows(HEADER, GOOD)[0].entry
    assert second.problems


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_of_every_spreadsheet_are_read(mark: bytes, end: bytes) -> None:
    [row] = rows(mark + HEADER.encode(), GOOD, ",,,", "", end=end)

    assert row.entry
    assert row.entry.patient.given_name == "Ana"


def test_comments_stand_before_the_header_and_lines_keep_their_numbers() -> None:
    found = rows("\ufeff# a week at the clinic, with “quotes", '"# as a spreadsheet, keeps it",,', "", HEADER, "", GOOD)

    assert [(row.line, row.external_id) for row in found] == [(6, "T-1")]


def test_after_the_header_a_number_sign_is_data() -> None:
    assert rows(HEADER, "#1,maple,Ana,2027-03-19T20:40")[0].external_id == "#1"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([f"{HEADER},regoins"], 'there is no column "regoins"; did you mean regions?'),
        ([f"{HEADER},Phone"], 'there is no column "Phone"; did you mean phone?'),
        ([f"{HEADER},colour"], 'there is no column "colour"; the columns are external_id, '),
        ([f"{HEADER},clinic"], "the column clinic stands twice; leave one out"),
        (["external_id,clinic,given_name"], "the column ended_at is missing; every session needs it"),
        ([HEADER.replace(",", ";")], "not separated by commas"),
        ([HEADER.replace(",", "\t")], "not separated by commas"),
        ([HEADER.encode("utf-16")], 'line 1: the line holds a NUL byte; save the file again as "CSV UTF-8"'),
        (["# x", b"\xff" + HEADER.encode()], "line 2: the line is not UTF-8 (byte 1)"),
        ([b"x" * 70_000], "line 1: the line is longer than 64 KiB"),
        (["a\rb"], 'line 1: the line has other line ends within it; save the file again as "CSV UTF-8"'),
    ],
)
def test_a_file_without_a_proper_header_is_refused_whole(lines: list[str | bytes], why: str) -> None:
    with pytest.raises(FileError) as refused:
        rows(*lines, GOOD)

    assert why in str(refused.value)


@pytest.mark.parametrize("lines", [[], ["", ",,,"], ["# only a comment"]])
def test_an_empty_file_is_told_which_columns_it_needs(lines: list[str]) -> None:
    with pytest.raises(FileError, match="there is no header; the first line names the columns: external_id,"):
        rows(*lines)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("T-9,maple,Ana", "the line has 3 fields where the header has 4; put quotes around a field that holds a comma"),
        (f"{GOOD},neck", "the line has 5 fields where the header has 4"),
        (
            'T-9,maple,"Ana,2027-03-19T20:40',
            "the line cannot be split into fields; look for a quote that is not closed",
        ),
        (b"T-9,maple,Jos\xe9,2027-03-19T20:40", 'the line is not UTF-8 (byte 14); save the file again as "CSV UTF-8"'),
        ("T-9,maple,A\0na,2027-03-19T20:40", "the line holds a NUL byte"),
        ("T-9,maple," + "x" * 70_000, "the line is longer than 64 KiB; look for a missing line break"),
        (",maple,Ana,2027-03-19T20:40", "external_id is missing; fill it in"),
        ("T-9,maple,,2027-03-19T20:40", "given_name is missing; fill it in"),
        ("T-9,mapel,Ana,2027-03-19T20:40", 'clinic is "mapel", which we do not know'),
    ],
)
def test_a_bad_line_costs_no_other_line(line: str | bytes, problem: str) -> None:
    before, bad, after = rows(HEADER, GOOD, line, GOOD)

    assert before.entry == after.entry is not None
    assert (bad.line, bad.entry) == (3, None)
    assert str(bad.problems[0]).startswith(problem)


def test_problems_name_columns_not_fields() -> None:
    header = f"{HEADER},patient_external_id,timezone,sms_consent,regions,baseline_pain"
    line = f"{GOOD},{'x' * 201},Mars,perhaps,neck;shin,11"

    assert [problem.split()[0] for _, problem in problems(header, line)] == [
        "timezone",
        "patient_external_id",
        "sms_consent",
        "regions",
        "baseline_pain",
    ]


def test_memory_does_not_grow_with_the_file() -> None:
    tracemalloc.start()
    try:
        read = [row.line for row in read_rows(Huge(), place_of=PLACES.get)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(read) == 2_000
    assert peak < 2_000_000


class Huge(BytesIO):
    """A file made as it is read: a header, lines that cannot be split, and one of 65 MB."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces = chain([f"{HEADER}\n".encode()], repeat(b'"\n', 1_999), repeat(b"x" * 65_537, 1_000))

    def readline(self, size: int | None = -1, /) -> bytes:
        assert size == LONGEST_LINE + 1
        return next(self._pieces, b"")
