"""How well triage reads labelled replies: what it missed, what it raised for nothing, and how sure that can be.

A note's tags say more than the label: `[ok:L]`, L is right as well; `[also:L]`, L must be found, too (clinical.md §4.6).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from followup.rules.triage.reading import Reading
from followup.terms import Label

WORRIES = tuple(label for label in Label if label.is_worry)
ALERTING = frozenset({*WORRIES, Label.UNCLEAR})  #: a person is told of these

_TAG = re.compile(r"\[(ok|also):([a-z-]+)\]")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a person says that a reply is. Raises ValueError when the label or a tag names none."""

    label: Label
    ok: frozenset[Label] = frozenset()
    also: frozenset[Label] = frozenset()

    @classmethod
    def parse(cls, label: str, note: str = "") -> Self:
        """From a line's label and note."""
        tags = [(kind, Label(name)) for kind, name in _TAG.findall(note)]
        ok, also = (frozenset(named for kind, named in tags if kind == asked) for asked in ("ok", "also"))
        return cls(Label(label), ok, also)

    @property
    def opts_out(self) -> bool:
        return Label.STOP in (self.label, *self.also)

    def accepts(self, reading: Reading) -> bool:
        """Whether the worst label is the right one, or as good."""
        return reading.label is self.label or reading.label in self.ok

    def is_missed_by(self, reading: Reading) -> bool:
        """Whether a worry would reach nobody: a dangerous miss."""
        return self.label.is_worry and reading.label not in ALERTING

    def is_overdone_by(self, reading: Reading) -> bool:
        """Whether a worry is raised where there is none."""
        return self.label not in (*ALERTING, Label.STOP) and reading.label.is_worry and not self.accepts(reading)


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`."""

    hits: int
    of: int

    @property
    def percent(self) -> float:
        return 100 * self.hits / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.hits} of {self.of} ({self.percent:.1f} %)" if self.of else "none to judge"


def rule_of_three(of: int) -> str:
    """What none of `of` still allows, with 95 % confidence: up to 3 in `of`."""
    return f"none of {of}: the true rate may still be up to {min(100.0, 300 / of):.1f} %" if of else "none to judge"


@dataclass(slots=True)
class Verdict:
    """The figures of many judged replies."""

    judged: list[tuple[Expectation, Reading]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, text: str, expected: Expectation, reading: Reading) -> None:
        self.judged.append((expected, reading))
        if expected.is_missed_by(reading):
            self.missed.append(text)

    @property
    def accepted(self) -> Share:
        return _share(expected.accepts(reading) for expected, reading in self.judged)

    @property
    def worries(self) -> int:
        return sum(expected.label.is_worry for expected, _ in self.judged)

    def recall(self, label: Label) -> Share:
        """Of the replies with this label, those in which it was found."""
        return _share(label in reading.labels for expected, reading in self.judged if expected.label is label)

    @property
    def over_triage(self) -> Share:
        harmless = [(e, r) for e, r in self.judged if e.label not in (*ALERTING, Label.STOP)]
        return _share(expected.is_overdone_by(reading) for expected, reading in harmless)

    @property
    def also_found(self) -> Share:
        return _share(label in reading.labels for expected, reading in self.judged for label in expected.also)

    @property
    def opt_out_recall(self) -> Share:
        return _share(reading.opts_out for expected, reading in self.judged if expected.opts_out)

    @property
    def opt_out_precision(self) -> Share:
        return _share(expected.opts_out for expected, reading in self.judged if reading.opts_out)

    def lines(self) -> Sequence[str]:
        """The summary, a line each."""
        reached = [f"missed, and nobody would be told: {text!r}" for text in self.missed]
        return [
            *(f"recall, {label}: {self.recall(label)}" for label in WORRIES),
            *reached,
            f"worries that would reach nobody: {f'{len(self.missed)} of {self.worries}' if self.missed else rule_of_three(self.worries)}",
            f"false alarms among harmless replies: {self.over_triage if self.over_triage.hits else rule_of_three(self.over_triage.of)}",
            f"right or acceptable label: {self.accepted}",
            f"second intents found: {self.also_found}",
            f"opt-outs found: {_perfect(self.opt_out_recall)}",
            f"opt-outs that were meant so: {_perfect(self.opt_out_precision)}",
        ]


def _share(answers: Iterable[bool]) -> Share:
    listed = list(answers)
    return Share(sum(listed), len(listed))


def _perfect(share: Share) -> str:
    """A share; when it has no miss, with what that still allows."""
    return f"{share}; misses: {rule_of_three(share.of)}" if share.of and share.hits == share.of else str(share)
