import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from followup.cli.commands import app


def run(name: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["triage", name], input=given)


def test_replies_are_sorted_one_line_each_and_in_order(tmp_path: Path) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_text('{"text": "Still numb 😊"}\n\n{"text": "3 thanks"}\n', encoding="utf-8")
    result = run(str(file))
    assert result.exit_code == 0
    first, second = map(json.loads, result.stdout.splitlines())
    assert first == {
        "text": "Still numb 😊",
        "label": "nerve",
        "labels": ["nerve", "thanks"],
        "matched": [
            {"label": "nerve", "words": "numb", "start": 6, "end": 10},
            {"label": "thanks", "words": "😊", "start": 11, "end": 12},
        ],
    }
    assert second["labels"] == ["score", "thanks"]
    assert result.stderr == "replies: 2 (nerve 1, score 1)\n"


def test_replies_with_labels_are_judged_and_each_miss_is_told() -> None:
    lines = [{"text": "numb", "label": "nerve"}, {"text": "thanks", "label": "urgent", "note": "a miss"}]
    result = run("-", "\n".join(map(json.dumps, lines)))
    assert result.exit_code == 0
    assert "recall, nerve: 1 of 1 (100.0 %)" in result.stderr
    assert "missed, and nobody would be told: 'thanks'" in result.stderr
    assert "worries that would reach nobody: 1 of 2" in result.stderr


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("nothing", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('["text"]', 'has no "text"'),
        ('{"text": 5}', 'has no "text"'),
        ('{"text": "a", "label": "numb"}', "has a label"),
        ('{"text": "a", "label": ["nerve"]}', "has a label"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_a_broken_line_is_named_and_keeps_no_other_from_being_sorted(line: str | bytes, problem: str) -> None:
    raw = line if isinstance(line, bytes) else line.encode()
    result = run("-", raw + b'\n{"text": "C"}\n')
    assert result.exit_code == 1
    assert f"line 1: {problem}" in result.stderr
    assert json.loads(result.stdout)["label"] == "nerve"


def test_hostile_texts_stay_on_one_line_of_plain_letters() -> None:
    result = run("-", json.dumps({"text": "numb\u2028\x1b[2J\ud800\u202e"}))
    [line] = result.stdout.splitlines()
    assert line.isprintable()
    assert json.loads(line)["text"] == "numb\u2028\x1b[2J\ud800\u202e"


def test_a_file_that_is_not_there_is_wrong_use() -> None:
    result = run("nowhere.jsonl")
    assert result.exit_code == 2
    assert "there is no file" in result.stderr
