import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from followup.cli.commands import app
from followup.messages.plans import packaged_plans

Configure = Callable[..., None]

SATURDAY = ("--ended-at", "2026-06-06T20:40", "--timezone", "America/New_York")


def run(*words: str, plan: str = "dry-needling") -> Result:
    return CliRunner().invoke(app, ["rehearse", plan, *words])


@pytest.fixture(autouse=True)
def _settings(configure: Configure) -> None:
    configure()


def test_it_tells_every_message_in_order_with_what_moved_it() -> None:
    told = run(*SATURDAY, "--region", "upper_back").stdout
    heads = [line for line in told.splitlines() if " day " in line[:22] and not line.startswith(" ")]
    assert [head.split()[-1] for head in heads] == [
        "chest-warning",
        "what-to-expect",
        "check-in",
        "(conditional)",
        "warning-signs",
        "book-next",
        "pain-score",
        "(conditional)",
        "change-score",
    ]
    assert heads[1] == "Sun 7 Jun 09:00  day 1   sms   what-to-expect"
    assert "    Sat 6 Jun 22:40 is in quiet hours, so it goes Sun 7 Jun 09:00." in told
    assert "Quiet hours are 20:00 to 09:00" in told
    assert "Nothing is written, nothing is sent." in told
    assert max(map(len, told.splitlines())) <= 80


def test_an_offset_is_taken_at_its_word_and_a_time_without_one_is_local() -> None:
    local = json.loads(run(*SATURDAY, "--json").stdout)
    absolute = json.loads(run("--ended-at", "2026-06-07T00:40Z", *SATURDAY[2:], "--json").stdout)
    assert local == absolute
    assert local["items"][0]["due_local"] == "2026-06-07T09:00:00-04:00"


def test_as_json_it_speaks_like_the_api() -> None:
    page = json.loads(run(*SATURDAY, "--json").stdout)
    assert (page["next_cursor"], page["plan"], page["version"]) == (None, "dry-needling", None)
    assert page["left_out"] == ["chest-warning"]
    first = page["items"][0]
    assert (first["step"], first["origin"], first["channel"], first["status"]) == (
        "what-to-expect",
        "step",
        "sms",
        "scheduled",
    )
    assert (first["blocked"], len(first["why"])) == (None, 1)


def test_channels_and_precautions_choose_the_words() -> None:
    told = run(*SATURDAY, "--channels", "email", "--precaution", "blood_thinner", "--first-treatment").stdout
    assert "Subject: Maple Clinic: what to expect now" in told
    assert " sms " not in told
    assert "This patient is at high risk." in told


def test_what_is_recorded_too_late_is_not_sent() -> None:
    told = run(*SATURDAY, "--recorded-at", "2026-06-10T10:00").stdout
    assert "what-to-expect (not sent)" in told
    assert "Its time has passed; what it says would no longer be right." in told


def test_a_file_is_rehearsed_before_it_is_loaded(tmp_path: Path) -> None:
    Path("own.toml").write_text(
        'key = "own"\ntitle = "Own"\n[[step]]\nkey = "first"\npurpose = "care"\nafter = "2h"\nexpires = "1d"\n'
        'channels = ["sms"]\nwording = "check-in"\n',
        encoding="utf-8",
    )
    told = run(*SATURDAY, plan="own.toml").stdout
    assert told.startswith("Rehearsal of own, not loaded.")
    assert "sms   first" in told
    assert [path.name for path in tmp_path.iterdir()] == ["own.toml"]


def test_a_wrong_file_tells_its_problems() -> None:
    Path("own.toml").write_text('key = "own"\n', encoding="utf-8")
    result = run(*SATURDAY, plan="own.toml")
    assert result.exit_code == 1
    assert "own.toml: title: is missing" in result.stderr


def test_a_file_that_is_not_there_is_one_line() -> None:
    result = run(*SATURDAY, plan="nowhere.toml")
    assert (result.exit_code, result.stderr) == (1, "There is no file nowhere.toml.\n")


def test_the_first_clinics_quiet_hours_and_name_are_used(configure: Configure, sqlite_url: str) -> None:
    configure(DATABASE_URL=sqlite_url)
    assert CliRunner().invoke(app, ["init", "--sample"]).exit_code == 0
    told = run(*SATURDAY).stdout
    assert told.startswith("Rehearsal of dry-needling, version 1.")
    assert "20:00 to 09:00 (Maple Clinic)" in told
    assert "212-555-0100" in told


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--ended-at", "Saturday", "--timezone", "Europe/London"), "is no date with a time"),
        (("--ended-at", "2026-06-06T20:40", "--timezone", "Europe/Londn"), "write one such as Europe/London"),
        ((*SATURDAY, "--recorded-at", "2026-06-06T20:39"), "--recorded-at is before --ended-at"),
        ((*SATURDAY, "--channels", "sms,fax"), "write sms, email, or both"),
        ((*SATURDAY, "--region", "nose"), "nose"),
        (("--timezone", "Europe/London"), "--ended-at"),
    ],
)
def test_wrong_use_names_the_option_and_the_mend(words: tuple[str, ...], why: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert why in " ".join(result.stderr.replace("│", " ").split())


def test_an_unknown_plan_names_those_there_are() -> None:
    result = run(*SATURDAY, plan="nope")
    assert result.exit_code == 1
    assert f"there is: {packaged_plans()[0].key}." in result.stderr
