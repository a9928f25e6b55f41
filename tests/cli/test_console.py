from collections.abc import Callable, Iterator
from pathlib import Path

from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from followup.cli.commands import app
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
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    without = set()
    for words in every_command(command):
        shown = CliRunner().invoke(app, [*words, "--help"])
        if shown.exit_code != 0 or "Example: " not in shown.stdout:
            without.add(words)
    assert without == set()


def every_command(group: TyperGroup, *before: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from every_command(command, *before, name)
        else:
            yield (*before, name)
