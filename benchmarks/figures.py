"""What was measured, what is demanded of it, and how both are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `least` and `most` are demands, and without them it only informs."""

    what: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def is_met(self) -> bool:
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    @property
    def measured(self) -> str:
        return f"{_shown(self.value)} {self.unit}"

    @property
    def demand(self) -> str:
        if self.least is not None:
            return f"≥ {_shown(self.least)}"
        return "" if self.most is None else f"≤ {_shown(self.most)}"

    @property
    def verdict(self) -> str:
        if self.least is None and self.most is None:
            return ""
        return "met" if self.is_met else "MISSED"


def as_table(figures: Iterable[Figure]) -> Table:
    table = Table("what", "measured", "demanded", "")
    for figure in figures:
        table.add_row(figure.what, figure.measured, figure.demand, figure.verdict)
    return table


def as_markdown(figures: Iterable[Figure]) -> str:
    rows = (f"| {figure.what} | {figure.measured} | {figure.demand} | {figure.verdict} |" for figure in figures)
    return "\n".join(("| what | measured | demanded | |", "|---|---|---|---|", *rows))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]


def _shown(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{2 if value >= 1 else 3}f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
