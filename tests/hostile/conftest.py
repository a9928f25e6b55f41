"""What holds for every row of every table here, whatever was handed in."""

import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, func, select
from typer.testing import CliRunner, Result

from followup.cli import app
from followup.db import Base
from settings import Settings

SECRET = "hush-5f3a"  #: stands wherever a secret can stand, and must never be told
MOST_TOLD = 8_000  #: characters; whoever reads an error has a screen, not a library
MEGABYTE = 1_000_000

Configure = Callable[..., None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Configure:
    """Sets settings in an environment that has no others, in a folder that is empty."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("folder"))

    def set_all(**names: str) -> None:
        for name, value in names.items():
            monkeypatch.setenv(name, value)

    return set_all


def run(*words: object) -> Result:
    """One `followup` command. What it raises, it would have shown as a stack trace."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    check_words(result.output)
    return result


def check_words(told: str) -> None:
    """Whether anybody may read this: short, without a stack trace or a secret, and nothing that plays with a screen."""
    assert "Traceback" not in told
    assert SECRET not in told
    assert len(told) < MOST_TOLD
    assert not [letter for letter in told.replace("\n", "") if not letter.isprintable()]


def count_rows(engine: Engine) -> dict[str, int]:
    """How many rows each table has."""
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


@contextmanager
def unchanged(engine: Engine) -> Iterator[None]:
    """Not a row more or less after the block than before it."""
    before = count_rows(engine)
    yield
    assert count_rows(engine) == before


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Python's own memory grows by no more than so many bytes within the block."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size


def table(rows: Mapping[str, object]) -> pytest.MarkDecorator:
    """One test for each row, named by what is given."""
    return pytest.mark.parametrize("row", rows.values(), ids=rows)
