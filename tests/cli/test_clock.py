from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

import settings
from followup.actions import enrolling
from followup.cli.commands import app
from followup.runtime import build
from tests.builders import entry

Configure = Callable[..., None]


@pytest.fixture
def clock(configure: Configure, sqlite_url: str) -> Callable[..., Result]:
    """`followup clock` on a new sample clinic; nothing listens where the emulators would be."""
    configure(EMULATOR_TWILIO_URL="http://127.0.0.1:9", DATABASE_URL=sqlite_url)
    assert CliRunner().invoke(app, ["init", "--sample"]).exit_code == 0
    return lambda *words: CliRunner().invoke(app, ["clock", *words])


def now() -> datetime:
    runtime = build(settings.load())
    try:
        return runtime.now()
    finally:
        runtime.close()


def record() -> None:
    runtime = build(settings.load())
    with runtime.open_db() as db:
        enrolling.record_treatment(db, entry=entry(), now=runtime.now(), by="test")
    runtime.close()


def test_it_tells_business_time(clock: Callable[..., Result]) -> None:
    assert clock().stdout.startswith(f"Business time is {datetime.now(UTC):%a %Y-%m-%d}")


def test_it_goes_to_any_instant_while_there_is_no_message_and_time_goes_on_from_there(
    clock: Callable[..., Result],
) -> None:
    for instant in (datetime(2030, 1, 1, 12, tzinfo=UTC), datetime(2027, 6, 7, 15, tzinfo=UTC)):
        assert clock("--to", instant.isoformat()).exit_code == 0
        assert timedelta(0) <= now() - instant < timedelta(minutes=1)


def test_it_never_goes_back_once_there_are_messages(clock: Callable[..., Result]) -> None:
    clock("--to", "2027-06-07T15:00:00Z")
    record()
    result = clock("--to", "2027-06-07T14:00:00Z")
    assert result.exit_code == 1
    assert "there are messages already, so it only goes forward" in result.stderr


def test_a_jump_leaps_over_what_is_due(clock: Callable[..., Result]) -> None:
    clock("--to", "2027-06-07T15:00:00Z")
    record()
    assert clock("--jump", "3d").exit_code == 0
    assert now() - datetime(2027, 6, 10, 15, tzinfo=UTC) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--skip", "soon"], "'soon' is not a duration; write 30m, 6h, 1d or 2w"),
        (["--to", "tomorrow"], "'tomorrow' is not a time; write 2027-03-26T21:00:00Z"),
        (["--to", "2027-03-26T21:00"], "'2027-03-26T21:00' has no offset; add Z for UTC"),
        (["--skip", "1d", "--jump", "1d"], "choose one of --skip, --to, --to-next and --jump"),
    ],
)
def test_wrong_use_is_told_with_its_mend(clock: Callable[..., Result], words: list[str], said: str) -> None:
    result = clock(*words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())


def test_there_is_no_next_due_time_while_nothing_is_owed(clock: Callable[..., Result]) -> None:
    result = clock("--to-next")
    assert result.exit_code == 1
    assert result.stderr.startswith("Nothing is owed any more")
