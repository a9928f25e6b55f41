import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "testing.md"


def test_the_example_works_as_it_stands(pytester: pytest.Pytester) -> None:
    conftest, example = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    pytester.makeconftest(conftest)
    pytester.makepyfile(test_followup=example)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=example.count("def test_"))


def test_every_fixture_is_in_the_document() -> None:
    plugin = Path(__file__).parents[2] / "followup" / "testing" / "plugin.py"
    own = {"followup_door", "followup_database_file"}  # parts of the others
    fixtures = set(re.findall(r"^def (followup_\w+)", plugin.read_text(), re.MULTILINE)) - own
    assert fixtures == set(re.findall(r"^\| `(followup_\w+)", DOCUMENT.read_text(), re.MULTILINE))
