import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from followup.actions import setting_up, shifting
from followup.cli import importing
from followup.db import OpenDb
from followup.models import Message, Patient, TreatmentSession

EXAMPLE = Path(__file__).parents[2] / "examples" / "treatments.csv"
STARTS_AT = datetime(2027, 3, 20, 22, 30, tzinfo=UTC)
HEADER = "external_id,clinic,given_name,ended_at"
LIKE_THIS = "write it like 2026-10-24T20:40 or 2026-10-24T20:40-04:00"

Import = Callable[..., Result]


@pytest.fixture
def run_import(configure: Callable[..., None], database_url: str, open_db: OpenDb) -> Import:
    """`followup import`, with the sample clinic, at the example's instant."""
    configure(DATABASE_URL=database_url)
    now = datetime.now(UTC)
    with open_db() as db:
        setting_up.ensure_senders(db, live=False)
        setting_up.ensure_plans(db, now=now, by="test")
        setting_up.ensure_sample(db, now=now)
        shifting.move_clock(db, to=STARTS_AT, now=now)
    app = typer.Typer()
    importing.register(app)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str) -> Path:
        path = tmp_path / "sessions.csv"
        path.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
        return path

    return write


def count(open_db: OpenDb, table: type) -> int:
    with open_db() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def test_the_example_week_is_taken_and_what_is_wrong_is_told_by_line(run_import: Import, open_db: OpenDb) -> None:
    result = run_import(EXAMPLE)
    told = result.stdout.splitlines()

    assert told[-1] == "Rows taken: 61, known already: 3, refused: 15."
    warned, refused = told[:4], told[4:-1]
    assert all(line.endswith("A clinician should confirm that this session was right.") for line in warned)
    assert [int(line.split()[1].strip(":")) for line in refused] == list(range(72, 87))
    assert refused[0].startswith(
        'line 72 (T-901): ended_at is "2027-02-30T10:00", which is no date with a time; write it'
    )
    assert refused[5].startswith("line 77 (T-114): external_id")
    assert refused[6].startswith("line 78 (T-907): ended_at is 2027-03-22 13:00 UTC: the session has not ended yet;")
    assert refused[8].startswith("line 80 (T-909): there is no plan")
    assert result.exit_code == 1
    assert (count(open_db, TreatmentSession), count(open_db, Patient)) == (61, 58)


def test_twice_changes_nothing(run_import: Import, open_db: OpenDb) -> None:
    run_import(EXAMPLE)
    before = count(open_db, Message)

    result = run_import(EXAMPLE)

    assert result.stdout.splitlines()[-1] == "Rows taken: 0, known already: 64, refused: 15."
    assert count(open_db, Message) == before > 0


def test_a_dry_run_tells_the_same_and_records_nothing(
    run_import: Import, open_db: OpenDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that repeats stand in other batches than what they repeat.
    monkeypatch.setattr("followup.actions.importing.BATCH", 7)

    rehearsed, recorded = run_import(EXAMPLE, "--dry-run"), count(open_db, TreatmentSession)
    done = run_import(EXAMPLE)

    assert recorded == 0
    assert rehearsed.exit_code == done.exit_code == 1
    *lines, last = rehearsed.stdout.splitlines()
    assert last == "Nothing was recorded. Rows that would be taken: 61, known already: 3, refused: 15."
    assert [line.split(":")[0] for line in lines] == [line.split(":")[0] for line in done.stdout.splitlines()[:-1]]


def test_a_whole_file_of_good_rows_ends_with_exit_code_0(run_import: Import, write: Callable[..., Path]) -> None:
    result = run_import(write("T-1,maple,Ana,2027-03-20T10:00", "T-2,maple,Ben,2027-03-20T11:00"))

    assert result.exit_code == 0
    assert result.stdout == "Rows taken: 2, known already: 0, refused: 0.\n"


def test_json_tells_the_counts_and_every_refused_row(run_import: Import, write: Callable[..., Path]) -> None:
    result = run_import(write("T-1,maple,Ana,2027-03-20T10:00", "T-2,maple,,soon"), "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "dry_run": False,
        "taken": 1,
        "known": 0,
        "refused": 1,
        "items": [
            {
                "line": 3,
                "external_id": "T-2",
                "result": "refused",
                "problems": [
                    "given_name is missing; fill it in",
                    'ended_at is "soon", which is no date with a time; ' + LIKE_THIS,
                ],
                "warnings": [],
            }
        ],
        "next_cursor": None,
    }


def test_a_row_that_is_refused_halfway_leaves_nothing_behind(
    run_import: Import, open_db: OpenDb, tmp_path: Path
) -> None:
    path = tmp_path / "sessions.csv"
    path.write_text(
        f"{HEADER},plan\nT-1,maple,Ana,2027-03-20T10:00,none-such\nT-2,maple,Ben,2027-03-20T11:00,\n", encoding="utf-8"
    )

    result = run_import(path)

    assert result.stdout.splitlines()[-1] == "Rows taken: 1, known already: 0, refused: 1."
    assert (count(open_db, TreatmentSession), count(open_db, Patient)) == (1, 1)


def test_a_file_with_a_column_that_we_do_not_know_is_not_begun(
    run_import: Import, open_db: OpenDb, tmp_path: Path
) -> None:
    path = tmp_path / "sessions.csv"
    path.write_text(f"{HEADER},regoins\nT-1,maple,Ana,2027-03-20T10:00,neck\n", encoding="utf-8")

    result = run_import(path)

    assert result.exit_code == 1
    assert result.stderr == 'sessions.csv: there is no column "regoins"; did you mean regions?\n'
    assert count(open_db, TreatmentSession) == 0


def test_what_a_file_holds_cannot_play_with_the_terminal(run_import: Import, write: Callable[..., Path]) -> None:
    result = run_import(write("[red]:smile:\x1b[2J,maple,,2027-03-20T10:00"))

    assert "([red]:smile:\ufffd[2J)" in result.stdout
    assert "\x1b" not in result.stdout


def test_without_a_file_the_use_is_wrong(run_import: Import, tmp_path: Path) -> None:
    assert run_import(tmp_path / "none.csv").exit_code == 2


def test_without_a_clinic_the_mend_is_told(
    configure: Callable[..., None], sqlite_url: str, write: Callable[..., Path]
) -> None:
    configure(DATABASE_URL=sqlite_url)
    app = typer.Typer()
    importing.register(app)

    result = CliRunner().invoke(app, [str(write())])

    assert (result.exit_code, result.stderr) == (1, "There is no clinic yet; make one with `followup init`.\n")


def test_without_a_database_that_is_told_in_one_line(
    configure: Callable[..., None], blank_sqlite_url: str, write: Callable[..., Path]
) -> None:
    configure(DATABASE_URL=blank_sqlite_url)
    app = typer.Typer()
    importing.register(app)

    result = CliRunner().invoke(app, [str(write())])

    assert result.exit_code == 1
    assert result.stderr == (
        "The database is not at this version; run `followup migrate`, or `followup serve`, which does it.\n"
    )
