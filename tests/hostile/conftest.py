"""What holds for every row of every table here, whatever was handed in."""

import shutil
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, func, select
from typer.testing import CliRunner, Result

from followup.actions import keys
from followup.cli.commands import app
from followup.db import Base, connect
from followup.messages.links import Links
from followup.messages.outbox import Outbox
from followup.runtime import Runtime
from followup.terms import Channel
from followup.web import create_app
from settings import Settings
from tests.builders import MONDAY, Clinic
from tests.conftest import MIGRATED, CreateDatabase
from tests.web.api.conftest import Api
from tests.web.conftest import PUBLIC_URL, TOKEN, Browser

SECRET = "hush-5f3a"  #: stands wherever a secret can stand, and must never be told
MOST_TOLD = 8_000  #: characters; whoever reads an error has a screen, not a library
MEGABYTE = 1_000_000

Configure = Callable[..., None]


@pytest.fixture(scope="session", autouse=True)
def loaded() -> None:
    """What is loaded only to tell of the first mistake is not counted as what a mistake takes."""
    assert CliRunner().invoke(app, ["import", "/"]).exit_code == 2


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


@dataclass(frozen=True)
class Service:
    """A service with the sample clinic, its database and its two doors."""

    url: str
    clinic: Clinic
    engine: Engine
    browser: Browser
    api: Api


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def url_for_all(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One database of each kind for all rows: those that are refused change nothing, and the others tell themselves apart."""
    if request.param == "sqlite":
        migrated: Path = request.getfixturevalue("migrated_file")
        yield f"sqlite:///{shutil.copyfile(migrated, tmp_path_factory.mktemp('hostile') / 'followup.sqlite3')}"
        return
    create_database: CreateDatabase = request.getfixturevalue("create_database")
    with create_database(MIGRATED) as url:
        yield url


# For what is refused before any database is asked.
on_one_database = pytest.mark.parametrize("url_for_all", ["sqlite"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def service(url_for_all: str) -> Iterator[Service]:
    """A live service at the moment when a treatment session ends."""
    settings = Settings(
        _env_file=None,
        followup_live=True,
        secret_key=SecretStr(SECRET * 4),
        database_url=url_for_all,
        public_url=PUBLIC_URL,
        twilio_account_sid="AC" + "1" * 32,
        twilio_auth_token=SecretStr(TOKEN),
        twilio_from="+14155550100",
        smtp_url=f"smtps://name:{SECRET}@mail.example",
        email_from="care@clinic.example",
    )
    engine = connect(url_for_all)
    gateways = {channel: Outbox(channel) for channel in Channel}
    links = Links(PUBLIC_URL, settings.signing_key())
    runtime = Runtime(settings=settings, engine=engine, gateways=gateways, links=links, now=lambda: MONDAY)
    clinic = Clinic(runtime.open_db)
    with runtime.open_db() as db:
        key = keys.add_key(db, name="booking", now=MONDAY, by="test")
    browser = Browser(create_app(runtime))
    yield Service(url_for_all, clinic, engine, browser, Api(browser, key, clinic))
    engine.dispose()


def run(*words: object, most: int = MOST_TOLD) -> Result:
    """One `followup` command, which tells at most so much. What it raises, it would have shown as a stack trace."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    check_words(result.output, most=most)
    return result


def check_words(told: str, *, most: int = MOST_TOLD) -> None:
    """Whether anybody may read this: short, without a stack trace or a secret, and nothing that plays with a screen."""
    assert "Traceback" not in told
    assert SECRET not in told
    assert len(told) < most
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
