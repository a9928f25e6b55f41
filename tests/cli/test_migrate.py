import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

from followup.cli.commands import app

Configure = Callable[..., None]


def test_it_makes_the_folder_and_the_database_and_tells_the_version(configure: Configure, tmp_path: Path) -> None:
    configure(FOLLOWUP_DATA_DIR=str(tmp_path / "new" / "var"))
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == 0
    with closing(sqlite3.connect(tmp_path / "new" / "var" / "followup.db")) as database:
        version = database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    assert result.stdout == f"The database is at version {version}.\n"


def test_twice_is_the_same_as_once(configure: Configure) -> None:
    configure()
    first, second = (CliRunner().invoke(app, ["migrate"]) for _ in range(2))
    assert (second.exit_code, second.stdout) == (0, first.stdout)


def test_a_database_that_is_not_there_is_one_line_and_exit_code_1(configure: Configure, free_port: int) -> None:
    configure(DATABASE_URL=f"postgresql://followup:hush@127.0.0.1:{free_port}/followup")
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Can't open the database (")
    assert result.stderr.endswith("; check DATABASE_URL, and that it runs.\n")
    assert "hush" not in result.stderr
