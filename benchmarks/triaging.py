"""How long it takes to sort one reply, on one core."""

import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure
from benchmarks.ground import Ground
from followup.rules.triage import triage

REPLIES = Path(__file__).parents[1] / "tests" / "rules" / "triage" / "replies.jsonl"
ROUNDS = 5
MOST = 0.5  # milliseconds a reply


def measure(_ground: Ground) -> Iterator[Figure]:
    """Every reply of the development set, a few times; the first round, which learns spellings, is not counted."""
    texts = [json.loads(line)["text"] for line in REPLIES.read_text(encoding="utf-8").splitlines()]
    for text in texts:
        triage(text)
    began = perf_counter()
    for _ in range(ROUNDS):
        for text in texts:
            triage(text)
    took = perf_counter() - began
    yield Figure("triage, a reply", took * 1000 / (ROUNDS * len(texts)), "ms", most=MOST)
