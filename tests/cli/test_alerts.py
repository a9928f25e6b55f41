import json
from collections.abc import Callable
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from followup.cli.commands import app
from followup.db import OpenDb
from followup.queries.alerts import AlertStatus
from followup.terms import Label
from tests.alarms import put_on_call, raise_one
from tests.builders import Clinic

NOBODY = "0195755c-2a10-7c42-9d5e-3a0c8f5b7c11"


@pytest.fixture
def clinic(configure: Callable[..., None], open_db: OpenDb, database_url: str) -> Clinic:
    """A clinic on the database that the commands use too."""
    configure(DATABASE_URL=database_url)
    return Clinic(open_db)


@pytest.fixture
def nerve(clinic: Clinic) -> UUID:
    put_on_call(clinic)
    return raise_one(clinic)


def followup(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_alerts_are_listed_with_the_worst_first(clinic: Clinic, nerve: UUID) -> None:
    emergency = raise_one(clinic, Label.EMERGENCY, once_key="another")
    lines = followup("alerts").stdout.splitlines()
    assert [line.split()[2] for line in lines] == ["emergency", "nerve"]
    assert str(emergency) in lines[0]
    items = json.loads(followup("alerts", "--json").stdout)["items"]
    assert [item["id"] for item in items] == [str(emergency), str(nerve)]


def test_an_alert_is_taken_and_resolved_by_name(nerve: UUID) -> None:
    taken = followup("alert", nerve, "--take", "--by", "Kim Osei")
    assert taken.exit_code == 0
    assert "taken by Kim Osei, " in taken.stdout
    assert followup("alerts").stdout == ""
    assert "Kim Osei" in followup("alerts", "--status", "taken").stdout

    resolved = followup("alert", nerve, "--resolve", "--by", "Lee", "--note", "Phoned; better.", "--json")
    told = json.loads(resolved.stdout)
    assert (told["status"], told["taken_by"], told["resolved_by"], told["note"]) == (
        AlertStatus.RESOLVED,
        "Kim Osei",
        "Lee",
        "Phoned; better.",
    )


def test_who_is_too_late_hears_who_was_faster(nerve: UUID) -> None:
    followup("alert", nerve, "--take", "--by", "Kim Osei")
    late = followup("alert", nerve, "--take", "--by", "Lee")
    assert late.exit_code == 1
    assert f"alert {nerve} was taken by Kim Osei at " in late.stderr


def test_the_story_of_an_alert_says_how_long_nobody_had_it(nerve: UUID) -> None:
    told = followup("alert", nerve).stdout
    assert told.startswith("nerve (reply), maple: open\n")
    assert "raised 2027-06-07 14:00 UTC, to be taken by 2027-06-07 15:00 UTC" in told
    assert "rounds of notices: 1, next at 2027-06-07 15:00 UTC" in told


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["--take"], "--by is missing"),
        (["--resolve", "--by", "Lee"], "--note is missing"),
        (["--take", "--resolve"], "choose one"),
    ],
)
def test_acting_on_an_alert_without_saying_who_and_what_is_wrong_use(
    nerve: UUID, words: list[str], missing: str
) -> None:
    result = followup("alert", nerve, *words)
    assert result.exit_code == 2
    assert missing in result.stderr


def test_an_alert_that_is_not_there_is_told_in_one_line(clinic: Clinic) -> None:
    assert clinic
    result = followup("alert", NOBODY, "--take", "--by", "Lee")
    assert (result.exit_code, result.stderr) == (1, f"There is no alert {NOBODY}; followup alerts lists them.\n")


def test_a_note_that_would_be_kept_nowhere_is_refused(nerve: UUID) -> None:
    for words in (["--note", "Phoned."], ["--by", "Kim Osei"], ["--take", "--by", "Kim Osei", "--note", "Phoned."]):
        result = followup("alert", nerve, *words)
        assert (result.exit_code, "--note" in result.stderr) == (2, True)
    assert str(nerve) in followup("alerts").stdout
