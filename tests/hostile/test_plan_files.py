"""What `plan check` and `plan load` say to files that are no plans, or plans that nobody could follow."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine

from .conftest import MEGABYTE, SECRET, Configure, at_most, run, table, unchanged

STEP = """
[[step]]
key = "hello"
purpose = "care"
after = "2h"
expires = "18h"
channels = ["sms"]
wording = "check-in"
"""
PLAN = f'key = "ours"\ntitle = "Our plan"\n{STEP}'
DEEP = 5_000
TOO_LONG = "is longer than 32,768 characters, and no plan is; name the file of one"
NO_PLAN_NEEDS = (
    "holds lists in lists in lists, or a number of thousands of digits, and no plan needs either; take it out"
)
NO_DURATION = 'is not a duration; write minutes, hours or days, such as "30m", "18h" or "3d"'


class Row(NamedTuple):
    given: str | bytes
    said: str


def step(this: str, that: str) -> str:
    """The plan with something else in its step."""
    assert this in STEP
    return PLAN.replace(this, that)


def titled(title: str) -> str:
    return PLAN.replace("Our plan", title)


FILES = {
    "nothing": Row("", 'key: is missing; add key = "check-in"'),
    "a ZIP file": Row(b"PK\x03\x04\x14\x00\x08\x08\x08\x00\xb5\xee", "is not text in UTF-8; save it as such"),
    "a PDF file": Row(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is not text in UTF-8"),
    "UTF-16": Row(PLAN.encode("utf-16"), "is not text in UTF-8"),
    "UTF-16 without a mark": Row(PLAN.encode("utf-16-le"), "not valid TOML: "),
    "half a surrogate pair in bytes": Row(PLAN.encode() + b'# \xed\xa0\x80"', "is not text in UTF-8"),
    "half a surrogate pair escaped": Row(titled("\\ud800"), "Escaped character is not a Unicode scalar value"),
    "a raw NUL": Row(titled("Our\0 plan"), "not valid TOML: Illegal character '\\x00' (at line 2, "),
    "a web page": Row("<html><body>Sign in</body></html>", "not valid TOML: Invalid statement (at line 1"),
    "a string that is never closed": Row(PLAN + 'when = "', "not valid TOML: Unterminated string"),
    "10 MB of comments": Row(PLAN + "# 🦜\n" * 2_000_000, TOO_LONG),
    "one line of 10 MB": Row("#" * 10_000_000, TOO_LONG),
    "a key of a million parts": Row(f"{'a.' * 1_000_000}a = 1", TOO_LONG),
    "a tower of lists": Row(f"{PLAN}when = {'[' * DEEP}{']' * DEEP}", NO_PLAN_NEEDS),
    "a tower of tables": Row(f"{PLAN}when = {'{a=' * DEEP}1{'}' * DEEP}", NO_PLAN_NEEDS),
    "a tower of dotted keys": Row(
        f"{PLAN}when{'.a' * DEEP} = 1", "holds 'when.a.a.a.a.a.a.a.a.', and no plan needs so"
    ),
    "a tower of quoted keys": Row("[" + '"a" . ' * DEEP + "a]", "and no plan needs so many dots; take it out"),
    "a number of 5,000 digits": Row(step('after = "2h"', f"day = {'9' * 5_000}"), NO_PLAN_NEEDS),
    "a number of 20,000 hex digits": Row(
        step('after = "2h"', f"day = 0x{'f' * 20_000}"), "day: a number of thousands of digits does not fit"
    ),
    "a field twice": Row(PLAN + 'key = "hi"', "not valid TOML: Cannot overwrite a value"),
    "a table twice": Row("[a]\n[a]\n", "not valid TOML: Cannot declare ('a',) twice"),
    "steps that are one table": Row(PLAN.replace("[[step]]", "[step]"), "step: {'after': '2h', 'channels': ['sms'], "),
    "a step that is text": Row('step = ["hello"]', "step number 1: 'hello' does not fit; write, for example, [[step]]"),
}

FIELDS = {
    "a key of 30,000 characters": Row(step("hello", "h" * 30_000), "h...hhhh"),
    "a title of 30,000 characters": Row(titled("T" * 30_000), "title: is longer than 200 characters; shorten it"),
    "a title with a NUL": Row(titled("Our\\u0000 plan"), "title: holds the invisible character U+0000; type it again"),
    "a title that turns text around": Row(titled("\u202enalp"), "title: holds the invisible character U+202E"),
    "a title that paints the screen": Row(titled("\\u001b[31mred"), "title: holds the invisible character U+001B"),
    "a field that paints the screen": Row(
        PLAN + '"\\u001b[2J\\n" = 1', r"step 'hello': '\x1b[2J\n': is not a known field"
    ),
    "a field of 30,000 characters": Row(PLAN + f"{'f' * 30_000} = 1", "ff': is not a known field; take it out"),
    "a word that paints the screen": Row(
        step('"care"', '"\\u001b[31m"'), r"purpose: '\x1b[31m' is unknown; use 'care'"
    ),
    "a word of 30,000 characters": Row(step('"care"', f'"{"c" * 30_000}"'), "' is unknown; use 'care', 'feedback' or"),
    "a duration below nothing": Row(step('"2h"', '"-2h"'), f"after: '-2h' {NO_DURATION}"),
    "a duration without a unit": Row(step('"2h"', "7200"), f"after: 7200 {NO_DURATION}"),
    "a duration of 273 years": Row(step('"2h"', '"99999d"'), "after: '99999d' is longer than 730 days; shorten it"),
    "a duration beyond all time": Row(step('"2h"', f'"{"9" * 9_999}d"'), NO_DURATION),
    "an expiry of 273 years": Row(step('"18h"', '"99999d"'), "expires: '99999d' is longer than 730 days; shorten it"),
    "an expiry of infinity": Row(step('"18h"', "inf"), f"expires: inf {NO_DURATION}"),
    "a day that is no number": Row(step('after = "2h"', "day = nan"), "day: nan does not fit; write, for example, day"),
    "a day of yes": Row(step('after = "2h"', "day = true"), "day: True does not fit"),
    "a day in two years and a bit": Row(step('after = "2h"', "day = 731"), "day: 731 does not fit"),
    "a date that is none": Row(step('"2h"', "2027-02-30"), "not valid TOML: Invalid date or datetime"),
    "a date in place of a duration": Row(
        step('"2h"', "2027-02-28"), f"after: datetime.date(2027, 2, 28) {NO_DURATION}"
    ),
    "an unknown wording": Row(
        step("check-in", "chek-in"), "wording: 'chek-in' is no wording of a step in en.toml; use"
    ),
    "a wording that is a path": Row(step("check-in", "../en"), "wording: '../en' is not a key; use at most 55 of"),
    "a step twice": Row(PLAN + STEP, "step 'hello': key: stands there 2 times"),
    "a reminder of itself": Row(PLAN + 'reminds = "hello"', "reminds: is not a known field; did you mean 'reminder'?"),
    "a reminder named as another step": Row(
        f'{PLAN}question = "check_in"\nreminder = "3d"\n{STEP.replace("hello", "hello-reminder")}',
        "step 'hello-reminder': key: stands there 2 times (a reminder's key ends in -reminder); rename one",
    ),
    "a reminder of a reminder": Row(
        f'{step("check-in", "pain-score-reminder")}question = "pain_0_10"\nreminder = "3d"\n',
        "wording: 'pain-score-reminder-reminder' is no wording of a step in en.toml",
    ),
    "a secret in a plan": Row(PLAN + f'token = "{SECRET}"', "step 'hello': token: is not a known field; take it out"),
}


def write(given: str | bytes, name: str = "ours.toml") -> Path:
    path = Path(name)
    path.write_bytes(given if isinstance(given, bytes) else given.encode())
    return path


@table(FILES | FIELDS)
def test_a_plan_that_cannot_be_followed_is_refused_with_the_mend(configure: Configure, row: Row) -> None:
    configure()
    path = write(row.given)

    with at_most(4 * MEGABYTE):
        result = run("plan", "check", path)

    assert result.exit_code == 1
    assert row.said in result.output
    assert all(line.startswith("ours.toml: ") for line in result.output.splitlines())


def test_no_plan_that_was_refused_leaves_a_trace(configure: Configure, database_url: str, engine: Engine) -> None:
    configure(DATABASE_URL=database_url)
    with unchanged(engine):
        for row in (FILES | FIELDS).values():
            assert run("plan", "load", write(row.given)).exit_code == 1


@pytest.mark.parametrize("given", ["\ufeff" + PLAN, PLAN.replace("\n", "\r\n"), PLAN.replace("\n", "\r")])
def test_a_plan_of_any_editor_is_read(configure: Configure, given: str) -> None:
    configure()
    assert run("plan", "check", write(given)).output == "OK: ours, 1 step.\n"


@pytest.mark.parametrize(
    "title", ["אחרי טיפול \u200f(1)", "<b>{{ clinic }}</b>", "=1+1", "After \N{ADULT}\u200d\N{STAFF OF AESCULAPIUS}"]
)
def test_a_title_of_any_script_is_kept_as_it_is_written(
    configure: Configure, database_url: str, engine: Engine, title: str
) -> None:
    configure(DATABASE_URL=database_url)
    assert run("plan", "load", write(titled(title))).exit_code == 0
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT title FROM plan").scalars().all() == [title]


@pytest.mark.parametrize(
    ("path", "exit_code", "said"),
    [
        ("/dev/zero", 1, f"zero: {TOO_LONG}"),
        ("/proc/self/mem", 1, "mem: can't be read (Input/output error); name a file that can"),
        ("/", 2, "is a directory"),
        ("nowhere.toml", 2, "does not exist"),
    ],
)
def test_what_is_no_file_of_words_is_not_waited_for(configure: Configure, path: str, exit_code: int, said: str) -> None:
    configure()
    with at_most(4 * MEGABYTE):
        result = run("plan", "check", path)
    assert (result.exit_code, said in " ".join(result.output.replace("│", " ").split())) == (exit_code, True)


@pytest.mark.parametrize("name", [b"\xff.toml", b"\x1b[2J.toml", "\u202eours.toml".encode()])
def test_the_name_of_a_file_cannot_play_with_the_terminal(configure: Configure, name: bytes) -> None:
    configure()
    result = run("plan", "check", write("key = 1", os.fsdecode(name)))
    assert result.exit_code == 1
    assert "\N{REPLACEMENT CHARACTER}" in result.output


def test_a_terminal_that_cannot_show_a_letter_still_gets_the_problem(configure: Configure) -> None:
    configure()
    command = [sys.executable, "-m", "followup.cli", "plan", "check", str(write('"李" = 1'))]
    told = subprocess.run(command, env={**os.environ, "PYTHONIOENCODING": "latin-1"}, capture_output=True, check=False)
    assert (told.returncode, told.stderr) == (1, b"")
    assert b"ours.toml: '\\u674e': is not a known field" in told.stdout
