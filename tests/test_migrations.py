import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

import followup.models  # noqa: F401 - fills the metadata
import migrations
from followup.db import Base, connect

MIGRATIONS = Path(migrations.__file__).parent


def versions() -> list[str]:
    """Every version that there is, oldest first."""
    return [script.revision for script in ScriptDirectory(MIGRATIONS).walk_revisions()][::-1]


def shape(engine: Engine) -> dict[str, Any]:
    """All that a database itself says about its tables."""
    inspector = inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: {**column, "type": repr(column["type"])} for column in inspector.get_columns(table)
            },
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": sorted(inspector.get_foreign_keys(table), key=str),
            "unique": sorted(inspector.get_unique_constraints(table), key=str),
            "checks": sorted(inspector.get_check_constraints(table), key=str),
            "indexes": [
                {**index, "dialect_options": {key: str(value) for key, value in index["dialect_options"].items()}}
                for index in inspector.get_indexes(table)
            ],
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_each_version_goes_up_and_down_and_up_again(blank_database_url: str) -> None:
    for before, version in zip(["base", *versions()], versions(), strict=False):
        migrations.upgrade(blank_database_url, version)
        migrations.downgrade(blank_database_url, before)
        assert migrations.current(blank_database_url) == (None if before == "base" else before)
        migrations.upgrade(blank_database_url, version)
        assert migrations.current(blank_database_url) == version


def test_the_way_down_leaves_nothing_behind(blank_database_url: str) -> None:
    migrations.upgrade(blank_database_url)
    migrations.downgrade(blank_database_url, "base")
    engine = connect(blank_database_url)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_a_database_is_current_only_once_it_is_migrated(blank_database_url: str) -> None:
    assert not migrations.is_current(blank_database_url)
    migrations.upgrade(blank_database_url)
    assert migrations.is_current(blank_database_url)


def test_the_newest_version_has_what_the_models_have(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_constraints_and_indexes_are_those_of_the_models(kind: str, request: pytest.FixtureRequest) -> None:
    migrated = connect(request.getfixturevalue(f"{kind}_url"))
    modelled = connect(request.getfixturevalue(f"blank_{kind}_url"))
    Base.metadata.create_all(modelled)
    assert shape(migrated) == shape(modelled)
    migrated.dispose()
    modelled.dispose()


def test_messages_are_vacuumed_long_before_a_fifth_of_them_is_dead(postgresql_url: str) -> None:
    engine = connect(postgresql_url)
    with engine.connect() as connection:
        options = connection.scalar(text("SELECT reloptions FROM pg_class WHERE oid = 'message'::regclass"))
    engine.dispose()
    assert set(options) == {
        "autovacuum_vacuum_scale_factor=0",
        "autovacuum_vacuum_threshold=5000",
        "vacuum_index_cleanup=on",
    }


def test_two_processes_may_migrate_at_once_from_any_directory(blank_database_url: str, tmp_path: Path) -> None:
    program = "import migrations, sys; migrations.upgrade(sys.argv[1])"
    command = [sys.executable, "-c", program, blank_database_url]
    both = [subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=60)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert migrations.is_current(blank_database_url)


def test_a_migration_gives_up_on_a_busy_table_and_holds_no_one_up(postgresql_url: str) -> None:
    with migrations.alone(postgresql_url) as connection:
        assert connection.scalar(text("SHOW lock_timeout")) == "4s"
        assert connection.scalar(text("SHOW statement_timeout")) == "10min"


def test_a_migration_may_replace_a_table_that_others_refer_to(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    with migrations.alone(engine) as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 0
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    engine.dispose()


def test_versions_are_numbered_and_named_by_a_verb() -> None:
    files = sorted(file.stem for file in (MIGRATIONS / "versions").glob("*.py"))
    assert [name.partition("_")[0] for name in files] == versions()
    assert versions() == [f"{number:04d}" for number in range(1, len(files) + 1)]
    assert all(re.fullmatch(r"\d{4}(_[a-z]+)+", name) for name in files)


def test_the_next_version_gets_the_next_number_and_finds_nothing_to_do(sqlite_url: str, tmp_path: Path) -> None:
    copy = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    alembic = [sys.executable, "-m", "alembic", "-c", str(copy / "alembic.ini")]
    command = [*alembic, "revision", "--autogenerate", "-m", "keep the colour of bruises"]
    subprocess.run(command, env={**os.environ, "DATABASE_URL": sqlite_url}, check=True, timeout=60, capture_output=True)
    written = (copy / "versions" / f"{len(versions()) + 1:04d}_keep_the_colour_of_bruises.py").read_text()
    assert written.startswith('"""Keep the colour of bruises."""')
    assert written.count("    pass\n") == 2
