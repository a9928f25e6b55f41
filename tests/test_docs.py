"""The documents are held against the code: what the code has, they name."""

import inspect
import re
from enum import StrEnum
from pathlib import Path

import pytest
import typer.main

from followup import terms
from followup.cli.commands import app
from followup.emulators.faults import FaultKind
from settings import Settings

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
TESTING = (ROOT / "docs/testing.md").read_text(encoding="utf-8")

VOCABULARIES = [
    kind for _, kind in inspect.getmembers(terms, inspect.isclass) if issubclass(kind, StrEnum) and kind is not StrEnum
]


def commands() -> list[str]:
    """Every command as a person types it."""
    group = typer.main.get_command(app)
    found = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]  # the app is a group
        inner = getattr(command, "commands", None)
        found += [f"followup {name} {sub}" for sub in inner] if inner else [f"followup {name}"]
    return found


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda kind: kind.__name__)
def test_the_glossary_names_every_term(vocabulary: type[StrEnum]) -> None:
    missing = [term for term in vocabulary if f"`{term}`" not in GLOSSARY]
    assert not missing
    assert f"`{vocabulary.__name__}`" in GLOSSARY


def test_every_setting_is_documented() -> None:
    missing = [name.upper() for name in Settings.model_fields if f"`{name.upper()}`" not in OPERATING]
    assert not missing


def test_every_command_is_documented() -> None:
    hidden = {"followup emulate both"}  # what `serve` starts by itself
    missing = [command for command in commands() if f"`{command}" not in OPERATING and command not in hidden]
    assert not missing


def test_every_command_has_an_example_in_its_help() -> None:
    group = typer.main.get_command(app)
    without = [
        name
        for name, command in group.commands.items()  # type: ignore[attr-defined]  # the app is a group
        if not getattr(command, "commands", None) and "Example: " not in (command.help or "")
    ]
    assert not without


@pytest.mark.parametrize(
    "page", ["README.md", *(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]
)
def test_links_between_documents_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]
    broken = [target for target in targets if not ((ROOT / page).parent / target).exists()]
    assert not broken


def test_the_readme_shows_the_two_commands_first() -> None:
    first_block = README.split("```sh")[1]
    assert first_block.index("make run") < first_block.index("make test") < first_block.index("```")


def test_every_fault_that_can_be_ordered_is_documented() -> None:
    missing = [kind for kind in FaultKind if f"`{kind}`" not in TESTING]
    assert not missing
