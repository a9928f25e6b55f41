"""How the pain went, as the numbers that a template draws: scores over time, sessions as upright lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from followup.queries.patient_page import Score

HEIGHT, TOP, BOTTOM, LEFT = 184, 20.0, 150.0, 24.0
WIDTHS = {"only-wide": 640, "only-narrow": 296}
_INSET = 18.0  # between the frame and the first and last score
_LETTERS_APART = 46.0  # so that dates stand beside each other
_FIGURES_APART = 14.0
_MATTERS = 2  # points: what most patients call a difference (clinical.md §3)


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    value: str  #: empty where there is no room for it
    is_before: bool


@dataclass(frozen=True, slots=True)
class Upright:
    """A session; without a date where there is no room."""

    x: float
    date: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawing of it, for a width."""

    classes: str
    width: int
    dots: Sequence[Dot]
    uprights: Sequence[Upright]
    band: float | None  #: from here down, the score is lower than the first by what matters
    line: str


@dataclass(frozen=True, slots=True)
class Pain:
    """The drawings, and the same in words."""

    charts: Sequence[Chart]
    title: str
    words: str
    first: Score
    last: Score


def draw(scores: Sequence[Score], sessions: Sequence[datetime], *, zone: ZoneInfo) -> Pain | None:
    """The pain of a patient; None before there is a score. Sessions before the first score are left out."""
    if not scores:
        return None
    first, last = scores[0], scores[-1]
    since = min(first.at, *(at for at in sessions if at >= first.at), last.at)
    until = max(last.at, *sessions, first.at + timedelta(days=1))
    shown = sorted(at for at in sessions if at >= since)
    charts = [_chart(name, width, scores, shown, since=since, until=until, zone=zone) for name, width in WIDTHS.items()]
    return Pain(
        charts=charts,
        title=f"Pain scores from {_day(since, zone)} to {_day(until, zone)}",
        words=", ".join(f"{one.value} {_how(one)} on {_day(one.at, zone)}" for one in scores) + ".",
        first=first,
        last=last,
    )


def _chart(
    name: str,
    width: int,
    scores: Sequence[Score],
    sessions: Sequence[datetime],
    *,
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
) -> Chart:
    room = width - LEFT - 2 * _INSET

    def across(at: datetime) -> float:
        return round(LEFT + _INSET + room * ((at - since) / (until - since)), 1)

    dots = list(_dots([(across(one.at), one) for one in scores]))
    least = scores[0].value - _MATTERS
    return Chart(
        classes=name,
        width=width,
        dots=dots,
        uprights=list(_uprights([(across(at), _day(at, zone)) for at in sessions])),
        band=_down(least) if least >= 0 else None,
        line=" ".join(f"{dot.x:g},{dot.y:g}" for dot in dots),
    )


def _dots(placed: Sequence[tuple[float, Score]]) -> Iterator[Dot]:
    """Dots; a figure that would lie on the one before it is left to the words."""
    free = 0.0
    for x, score in placed:
        fits = x >= free
        free = x + _FIGURES_APART if fits else free
        yield Dot(x, _down(score.value), str(score.value) if fits else "", score.is_before)


def _uprights(placed: Sequence[tuple[float, str]]) -> Iterator[Upright]:
    """Lines; the last session is always dated, the others where there is room."""
    ends = placed[-1][0] if placed else 0.0
    free = 0.0
    for x, date in placed:
        fits = x >= free and (x == ends or x <= ends - _LETTERS_APART)
        free = x + _LETTERS_APART if fits else free
        yield Upright(x, date if fits else "")


def _down(value: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value / 10, 1)


def _day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%b}"


def _how(score: Score) -> str:
    return "before treatment" if score.is_before else "afterwards"
