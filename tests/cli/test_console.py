from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["messages", "--status", "foo"], "'--status': 'foo' is not one of 'scheduled', 'sending', 'sent'"),
        (["rehearse", "dry-needling", "--region", "foo"], "'--region': 'foo' is not one of 'head', 'neck'"),
        (["message", "{0}"], "'ID': '{0}' is not an id; copy one whole, as the lists show them"),
        (["messages", "--due-from", "x"], "'--due-from': 'x' is not a day and a time; write it like 2026-10-24T20:40"),
        (["messages", "--due-to", "2026-13-40T10:00"], "is not a day and a time; write it like 2026-10-24T20:40"),
        (["emulate", "mail", "--port", "x"], "'--port': 'x' is not a whole number"),
        (["emulate", "mail", "--port", "70000"], "'--port': '70000' is too much; 65535 is the most"),
        (["emulate", "mail", "--port", "0"], "'--port': '0' is too little; 1 is the least"),
    ],
)
def test_a_value_that_cannot_be_is_answered_in_plain_words(configure: Configure, words: list[str], said: str) -> None:
    configure(COLUMNS="400")
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert said in result.stderr


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
