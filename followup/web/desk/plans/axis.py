"""The steps of a plan on a time axis, as the numbers that a template draws: one lane for each purpose."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from followup.models import Step
from followup.queries.plans import say
from followup.terms import Purpose
from followup.web.pages import step_title

WIDTH = 1000
_LEFT, _RIGHT = 84.0, 970.0
_LANE, _TOP = 56.0, 62.0
_FIRST_DAY_SLOT, _FIRST_DAY_LEAST, _GAP = 112.0, 124.0, 46.0
_LETTER = 7.0  # the width of one in a label
_MOST_TICKS = 15
_STRIDES = (1, 2, 5, 7, 14, 28, 70, 140, 365)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Knot:
    """One step. `label_y` is None where its name would cover another."""

    step: str
    title: str
    purpose: Purpose
    is_maybe: bool
    x: float
    y: float
    label_x: float
    label_y: float | None
    anchor: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One purpose, with the thread from its first step to its last."""

    purpose: Purpose
    y: float
    thread: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    height: float
    first_day: float  #: where the day of treatment ends; 0 without a step on it
    lanes: Sequence[Lane]
    knots: Sequence[Knot]
    ticks: Sequence[tuple[float, str]]
    days: int


def draw(steps: Sequence[Step]) -> Axis:
    """Every step at its time; on the day of treatment they stand apart evenly, for they are minutes or hours apart."""
    offsets = _offsets(steps)
    early = sorted({offset for offset in offsets.values() if offset < _DAY})
    last = max((ceil(offset / _DAY) for offset in offsets.values() if offset >= _DAY), default=0)
    first_day = _LEFT + max(_FIRST_DAY_LEAST, _FIRST_DAY_SLOT * len(early)) if early else 0.0
    start = first_day + _GAP if first_day else _LEFT + _GAP
    scale = (_RIGHT - start) / max(last - 1, 1)

    def place(offset: timedelta) -> float:
        if offset < _DAY:
            slot = (first_day - _LEFT) / len(early)
            return _LEFT + slot * (early.index(offset) + 0.5)
        return start + (offset / _DAY - 1) * scale

    purposes = [purpose for purpose in Purpose if any(step.purpose is purpose for step in steps)]
    knots = [
        knot
        for number, purpose in enumerate(purposes)
        for knot in _lane([step for step in steps if step.purpose is purpose], offsets, place, _TOP + number * _LANE)
    ]
    stride = next((each for each in _STRIDES if last / each <= _MOST_TICKS), _STRIDES[-1])
    hours = [(place(offset), word) for offset, word in _words(steps, offsets).items()]
    days = [(place(day * _DAY), str(day)) for day in range(stride, last + 1, stride)]
    return Axis(
        height=_TOP + (len(purposes) - 1) * _LANE + 38,
        first_day=first_day,
        lanes=[_thread(knots, purpose) for purpose in purposes],
        knots=knots,
        ticks=[(round(x, 1), word) for x, word in (*hours, *days)],
        days=last,
    )


def _offsets(steps: Sequence[Step]) -> dict[str, timedelta]:
    """How long after treatment each step comes, in whole days where it counts days; a reminder, if it is ever due."""
    found: dict[str, timedelta] = {}
    for step in steps:  # a reminder stands after its question
        begins = found.get(step.reminds, timedelta(0)) if step.reminds else timedelta(0)
        found[step.key] = begins + _own(step)
    return found


def _own(step: Step) -> timedelta:
    if step.after is not None:
        return step.after
    return step.day * _DAY if step.day else timedelta(hours=step.at.hour, minutes=step.at.minute)


def _words(steps: Sequence[Step], offsets: Mapping[str, timedelta]) -> dict[timedelta, str]:
    """When each step of the day of treatment comes, as short as under an axis."""
    return {
        offsets[step.key]: f"{step.at:%H:%M}"
        if step.after is None
        else f"+{say(step.after)}"
        if step.after
        else "at once"
        for step in steps
        if offsets[step.key] < _DAY
    }


def _lane(
    steps: Sequence[Step], offsets: Mapping[str, timedelta], place: Callable[[timedelta], float], y: float
) -> Iterator[Knot]:
    """The steps of one purpose in the order of time; a name goes above its knot, else below it, else nowhere."""
    ends = {y - 15: 0.0, y + 22: 0.0}  # where the last name on each line ends
    for step in sorted(steps, key=lambda each: offsets[each.key]):
        title, x = step_title(step.key), round(place(offsets[step.key]), 1)
        half = len(title) * _LETTER / 2
        label_x, anchor = (WIDTH, "end") if x + half > WIDTH else (x, "middle")
        begins = WIDTH - 2 * half if anchor == "end" else x - half
        label_y = next((line for line, end in ends.items() if begins > end), None)
        if label_y is not None:
            ends[label_y] = begins + 2 * half + _LETTER
        yield Knot(
            step.key,
            title,
            step.purpose,
            step.is_conditional or bool(step.regions or step.unless),
            x,
            y,
            label_x,
            label_y,
            anchor,
        )


def _thread(knots: Sequence[Knot], purpose: Purpose) -> Lane:
    those = [knot for knot in knots if knot.purpose is purpose]
    return Lane(purpose, those[0].y, (min(knot.x for knot in those), max(knot.x for knot in those)))
