"""Which messages follow a treatment session, on which channel and when. Enrolling writes it down, rehearsing shows it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from followup.models import Step
from followup.rules.quiet import QuietHours
from followup.rules.slots import Slot
from followup.rules.timing import Wanted, schedule
from followup.terms import Channel, Purpose

Reaches = frozenset[tuple[Channel, Purpose]]  #: what the patient permits, where there is an address that works


@dataclass(frozen=True, slots=True)
class Planned:
    """One step of a plan for one treatment session."""

    step: Step
    channel: Channel
    slot: Slot


def is_for(step: Step, regions: Collection[str]) -> bool:
    """Whether a step is meant for who was treated there."""
    return not step.regions or not set(step.regions).isdisjoint(regions)


def draw_up(
    steps: Sequence[Step],
    *,
    regions: Collection[str],
    reaches: Reaches,
    ended_at: datetime,
    recorded_at: datetime,
    zone: ZoneInfo,
    quiet: QuietHours,
    texts: Iterable[datetime] = (),
    newer_ended_at: datetime | None = None,
    takes_no_day: Callable[[Step], bool] = lambda _: False,
) -> list[Planned]:
    """The messages of a plan's steps, in the plan's order, without steps for other regions.

    What cannot go on any of its channels is planned all the same, on the first. `texts` and `newer_ended_at` are those
    of `rules.timing.schedule`. `takes_no_day` tells that a step's text counts already, or not at all.
    """
    asked = _asked(tuple(steps), frozenset(regions), reaches)
    wanted = [replace(want, conditional=True) if takes_no_day(step) else want for step, want in asked]
    slots = schedule(
        wanted,
        ended_at=ended_at,
        recorded_at=recorded_at,
        zone=zone,
        quiet=quiet,
        texts=texts,
        newer_ended_at=newer_ended_at,
    )
    return [Planned(step, want.channel, slot) for (step, want), slot in zip(asked, slots, strict=True)]


@lru_cache(maxsize=256)  # asked for every treatment session, mostly of the same plan for alike patients
def _asked(steps: tuple[Step, ...], regions: frozenset[str], reaches: Reaches) -> Sequence[tuple[Step, Wanted]]:
    """The steps that are meant for these regions, with what each asks of the schedule."""
    meant = [step for step in steps if is_for(step, regions)]
    places = {step.key: place for place, step in enumerate(meant)}
    return [
        (
            step,
            Wanted(
                step.time,
                _channel(step, reaches),
                conditional=step.is_conditional,
                reminds=places[step.reminds] if step.reminds else None,
            ),
        )
        for step in meant
    ]


def _channel(step: Step, reaches: Reaches) -> Channel:
    """The first channel that reaches the patient; else the step's first."""
    channels = [Channel(channel) for channel in step.channels]
    return next((channel for channel in channels if (channel, step.purpose) in reaches), channels[0])
