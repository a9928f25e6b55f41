"""What is installed is whole: setuptools packs every module by itself, but of other files only what pyproject.toml names."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]


@pytest.mark.parametrize("package", ["followup", "migrations"])
def test_every_file_that_is_no_module_is_packed(package: str) -> None:
    named = {path for glob in SETUPTOOLS["package-data"][package] for path in (ROOT / package).glob(glob)}
    there = {path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path for path in there if path.suffix != ".py"} == named


def test_every_module_at_the_top_is_packed() -> None:
    assert {path.stem for path in ROOT.glob("*.py")} == set(SETUPTOOLS["py-modules"])
