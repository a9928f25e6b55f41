"""The development set. A third of it, chosen by a hash of the text, is for checking; docs/triage.md tells what first runs showed."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from followup.rules.triage import triage
from followup.rules.triage.judging import Expectation, Verdict
from followup.terms import Label

REPLIES = Path(__file__).with_name("replies.jsonl")


def rows() -> Iterator[tuple[str, Expectation]]:
    for line in REPLIES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["text"], Expectation.parse(row["label"], row.get("note", ""))


def is_for_check(text: str) -> bool:
    return sha256(text.encode()).digest()[0] % 3 == 0


def judged(*, check_only: bool) -> Verdict:
    verdict = Verdict()
    for text, expected in rows():
        if is_for_check(text) or not check_only:
            verdict.add(text, expected, triage(text))
    return verdict


def test_the_set_is_large_and_has_every_label() -> None:
    texts = [text for text, _ in rows()]
    assert len(texts) == len(set(texts)) >= 450
    assert {expected.label for _, expected in rows()} == set(Label)


def test_no_worry_of_the_whole_set_would_reach_nobody() -> None:
    assert not judged(check_only=False).missed


def test_the_check_part_is_read_well_enough() -> None:
    verdict = judged(check_only=True)
    assert len(verdict.judged) >= 150
    assert not verdict.missed
    assert verdict.over_triage.percent <= 12
    assert verdict.accepted.percent >= 88


def test_every_opt_out_is_found_and_nothing_else_is_taken_for_one() -> None:
    verdict = judged(check_only=False)
    assert verdict.opt_out_recall.percent == verdict.opt_out_precision.percent == 100


def test_second_intents_are_found() -> None:
    verdict = judged(check_only=False)
    assert verdict.also_found.hits == verdict.also_found.of
