"""Charts of what leaves, as the numbers that a template draws: stacked by purpose, drawn for a width of `WIDTH`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from followup.queries.leaving import Bar
from followup.terms import Purpose

WIDTH = 264
_PLOT_TOP, _PLOT_HEIGHT = 16.0, 80.0
_LABEL_EVERY = 4  # hours
_NAME_WIDTH, _NUMBER_WIDTH, _ROW, _THICK = 36.0, 32.0, 21.0, 12.0
_GAP = 1.5


@dataclass(frozen=True, slots=True)
class Rect:
    purpose: Purpose
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One bar with its name, and what it says when it is pointed at."""

    rects: Sequence[Rect]
    at: float  #: where its name stands
    name: str
    number: int
    says: str


@dataclass(frozen=True, slots=True)
class Chart:
    columns: Sequence[Column]
    height: float
    says: str  #: all of it in words
    total: int
    top: int = 0  #: what the highest bar stands for
    quiet: Sequence[tuple[float, float]] = ()  #: where and how wide


def by_hour(bars: Sequence[Bar], *, quiet: tuple[time, time] | None) -> Chart:
    """Upright bars, one for each hour, with quiet hours behind them."""
    slot, top = WIDTH / len(bars), max(bar.total for bar in bars)
    columns = []
    for number, bar in enumerate(bars):
        y, rects = _PLOT_TOP + _PLOT_HEIGHT, []
        for purpose, height in _parts(bar.counts, _PLOT_HEIGHT / max(top, 1)):
            y -= height
            rects.append(Rect(purpose, round(number * slot + 1, 1), round(y, 1), round(slot - 2, 1), _thin(height)))
        name = str(bar.at.hour) if bar.at.hour % _LABEL_EVERY == 0 else ""
        says = f"{bar.at:%H:%M}: {_in_words(bar.counts)}"
        columns.append(Column(rects, round((number + 0.5) * slot, 1), name, bar.total, says))
    return Chart(columns, 122, _list(bars, "%H:%M"), sum(bar.total for bar in bars), top, _quiet(bars, quiet, slot))


def by_day(bars: Sequence[Bar]) -> Chart:
    """Lying bars, one for each day."""
    room, top = WIDTH - _NAME_WIDTH - _NUMBER_WIDTH, max(bar.total for bar in bars)
    columns = []
    for number, bar in enumerate(bars):
        x, y, rects = _NAME_WIDTH, number * _ROW + 2, []
        for purpose, width in _parts(bar.counts, room / max(top, 1)):
            rects.append(Rect(purpose, round(x, 1), y, _thin(width), _THICK))
            x += width
        says = f"{bar.at:%a}: {_in_words(bar.counts)}"
        columns.append(Column(rects, y + 10, f"{bar.at:%a}", bar.total, says))
    return Chart(columns, len(bars) * _ROW, _list(bars, "%a"), sum(bar.total for bar in bars), top)


def _parts(counts: Mapping[Purpose, int], scale: float) -> Iterator[tuple[Purpose, float]]:
    return ((purpose, counts[purpose] * scale) for purpose in Purpose if counts.get(purpose))


def _thin(length: float) -> float:
    """With a gap to the next part, as long as there is anything left of it."""
    return round(max(length - _GAP, 1), 1)


def _quiet(bars: Sequence[Bar], quiet: tuple[time, time] | None, slot: float) -> list[tuple[float, float]]:
    """Runs of hours that begin in quiet time."""
    runs: list[tuple[float, float]] = []
    for number, bar in enumerate(bars):
        if not (quiet and _is_within(bar.at.time(), *quiet)):
            continue
        x, before = number * slot, runs[-1] if runs else (0.0, 0.0)
        if runs and abs(before[0] + before[1] - x) < slot / 2:
            runs[-1] = before[0], before[1] + slot
        else:
            runs.append((x, slot))
    return [(round(x, 1), round(width, 1)) for x, width in runs]


def _is_within(moment: time, start: time, end: time) -> bool:
    return start <= moment < end if start <= end else moment >= start or moment < end


def _list(bars: Sequence[Bar], form: str) -> str:
    return ", ".join(f"{bar.at.strftime(form)} {bar.total}" for bar in bars if bar.total) or "none"


def _in_words(counts: Mapping[Purpose, int]) -> str:
    return ", ".join(f"{counts[purpose]} {purpose}" for purpose in Purpose if counts.get(purpose)) or "none"
