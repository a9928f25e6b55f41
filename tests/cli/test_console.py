from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from followup.cli import app
from followup.cli.console import misspelt

Configure = Callable[..., None]


def test_a_misspelt_setting_is_answered_with_the_one_that_was_meant(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TWILIO_ACOUNT_SID_FILE=sid\n")
    configure(FOLLOWUP_PROT="8000", TWILIO_REGION="ie1", DATABASE="mine")
    assert misspelt() == [
        "FOLLOWUP_PROT is not a setting and does nothing; did you mean FOLLOWUP_PORT?",
        "TWILIO_ACOUNT_SID_FILE is not a setting and does nothing; did you mean TWILIO_ACCOUNT_SID_FILE?",
    ]


def test_wrong_settings_end_a_command_with_one_line_each_and_exit_code_1(configure: Configure) -> None:
    configure(FOLLOWUP_PORT="eighty", FOLLOWUP_LIVE="perhaps")
    result = CliRunner().invoke(app, ["serve"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert [line.split()[0] for line in result.stderr.splitlines()] == ["FOLLOWUP_LIVE", "FOLLOWUP_PORT"]


def test_wrong_use_ends_with_exit_code_2(configure: Configure) -> None:
    configure()
    assert CliRunner().invoke(app, ["serve", "--faster"]).exit_code == 2


def test_every_command_has_help_with_an_example(configure: Configure) -> None:
    configure(COLUMNS="200")
    commands = {("serve",), ("migrate",), ("emulate", "twilio"), ("emulate", "mail"), ("emulate", "both")}
    helps = {words: CliRunner().invoke(app, [*words, "--help"]) for words in commands}
    assert {words for words, help_ in helps.items() if help_.exit_code or "Example: " not in help_.stdout} == set()
