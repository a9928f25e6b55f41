"""What triage says of one reply."""

from dataclasses import dataclass

from followup.terms import Label

ORDER = tuple(Label)


@dataclass(frozen=True, slots=True)
class Match:
    """Words that speak for a label; `start` and `end` are offsets in the raw text, whose part between them is `words`."""

    label: Label
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Every label of a reply, the worst first, at least one and none twice; and the words that speak for each."""

    labels: tuple[Label, ...]
    matched: tuple[Match, ...]

    @property
    def label(self) -> Label:
        """The worst: what to act on."""
        return self.labels[0]

    @property
    def opts_out(self) -> bool:
        """Whether the patient asks us to stop texting, whatever else is said."""
        return Label.STOP in self.labels
