import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from followup.cli.commands import app

Configure = Callable[..., None]

PLAN = """\
key = "short"
title = "A short one"

[[step]]
key = "check-in"
purpose = "care"
day = 1
expires = "24h"
channels = ["sms"]
wording = "check-in"
question = "check_in"
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["plan", *words])


@pytest.fixture
def made(configure: Configure, sqlite_url: str) -> None:
    """A service with the packaged plans and one that has two versions."""
    configure(DATABASE_URL=sqlite_url)
    assert CliRunner().invoke(app, ["init", "--sample"]).exit_code == 0
    for day in (1, 2):
        Path("short.toml").write_text(PLAN.replace("day = 1", f"day = {day}"), encoding="utf-8")
        assert run("load", "short.toml").exit_code == 0


@pytest.mark.usefixtures("made")
def test_list_tells_every_version_and_who_loaded_it() -> None:
    told = run("list").stdout.splitlines()
    assert told[::2] == [
        "dry-needling  version 1: After dry needling",
        "short  version 2: A short one",
        "short  version 1: A short one",
    ]
    assert told[1].startswith("    9 steps, loaded 20")
    assert told[1].endswith(" UTC by command line")


@pytest.mark.usefixtures("made")
def test_list_as_json_is_a_page() -> None:
    page = json.loads(run("list", "--json").stdout)
    assert page["next_cursor"] is None
    assert [(plan["key"], plan["version"], plan["steps"]) for plan in page["items"]][1:] == [
        ("short", 2, 1),
        ("short", 1, 1),
    ]


@pytest.mark.usefixtures("made")
def test_show_fits_a_terminal_and_tells_every_step_and_wording() -> None:
    shown = run("show", "dry-needling", "--sources").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "Wordings en.1: to be approved by the clinic's clinician." in shown
    assert "what-to-expect        2 h after the end        sms, email  care      after 18h" in shown
    assert "SMS (2 segments with the STOP line, reading grade 0.2)" in shown
    assert "[add-on: clinical.md" in shown


@pytest.mark.usefixtures("made")
def test_show_leaves_sources_out_unless_asked() -> None:
    assert "clinical.md" not in run("show", "dry-needling").stdout


@pytest.mark.usefixtures("made")
def test_show_takes_an_older_version_and_another_language() -> None:
    newest, older = run("show", "short").stdout, run("show", "short", "--version", "1", "--language", "es").stdout
    assert newest.startswith("short, version 2: A short one")
    assert older.startswith("short, version 1: A short one")
    assert "day 2, 10:00" in newest
    assert "day 1, 10:00" in older
    assert "Hola Robert" in older
    assert "reading grade" not in older


@pytest.mark.usefixtures("made")
def test_show_as_json_holds_each_step_with_its_wording() -> None:
    shown = json.loads(run("show", "short", "--json").stdout)
    assert (shown["key"], shown["version"], shown["wordings_version"]) == ("short", 2, "en.1")
    [step] = shown["steps"]
    assert (step["key"], step["day"], step["expires"], step["channels"]) == ("check-in", 2, "1d", ["sms"])
    assert step["wording"]["wording"] == "check-in"
    assert step["wording"]["proofs"][0]["segments"] == 2


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("words", [["show", "nope"], ["show", "short", "--version", "7"]])
def test_an_unknown_plan_names_those_there_are(words: list[str]) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert "there is: dry-needling 1, short 2, short 1." in result.stderr


def test_a_language_without_wordings_is_wrong_use(configure: Configure) -> None:
    configure()
    result = run("show", "dry-needling", "--language", "fr")
    assert result.exit_code == 2
    assert "use en or es" in " ".join(result.stderr.replace("│", " ").split())


def test_before_there_is_a_database_the_packaged_plans_are_shown_and_none_is_made(
    configure: Configure, tmp_path: Path
) -> None:
    configure()
    assert run("list").stdout.splitlines() == [
        "dry-needling  packaged: After dry needling",
        "    9 steps, not loaded yet",
    ]
    assert run("show", "dry-needling").stdout.startswith("dry-needling, not loaded: After dry needling")
    assert list(tmp_path.iterdir()) == []


def test_check_says_ok_and_loads_nothing(configure: Configure, tmp_path: Path) -> None:
    configure()
    Path("short.toml").write_text(PLAN, encoding="utf-8")
    result = run("check", "short.toml")
    assert (result.exit_code, result.stdout) == (0, "OK: short, 1 step.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["short.toml"]


def test_check_tells_every_problem_on_a_line_of_its_own(configure: Configure) -> None:
    configure()
    wrong = PLAN.replace('"care"', '"car"').replace('"24h"', '"24"').replace('["sms"]', "[]")
    Path("wrong.toml").write_text(wrong, encoding="utf-8")
    result = run("check", "wrong.toml")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.split(": ")[:3] for line in lines] == [
        ["wrong.toml", "step 'check-in'", "purpose"],
        ["wrong.toml", "step 'check-in'", "expires"],
        ["wrong.toml", "step 'check-in'", "channels"],
    ]


@pytest.mark.parametrize("command", ["check", "load"])
def test_a_file_that_is_no_text_is_refused_in_one_line(configure: Configure, command: str) -> None:
    configure()
    Path("latin.toml").write_bytes("key = 'á'".encode("latin-1"))
    result = run(command, "latin.toml")
    assert result.exit_code == 1
    assert result.output == "latin.toml: is not text in UTF-8; save it as such\n"


def test_a_file_that_is_not_there_is_wrong_use(configure: Configure) -> None:
    configure()
    assert run("check", "nowhere.toml").exit_code == 2
