"""Reads the packaged files of `words/`."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any


def read(name: str) -> str:
    """The text of one file."""
    return resources.files("followup.rules.triage").joinpath("words", name).read_text(encoding="utf-8")


@cache
def tables(name: str) -> dict[str, Any]:
    """What one TOML file holds; `name` is without its ending."""
    return tomllib.loads(read(f"{name}.toml"))


def word_list(name: str) -> frozenset[str]:
    """One of the sets in `lists.toml`."""
    return frozenset(tables("lists")[name])
