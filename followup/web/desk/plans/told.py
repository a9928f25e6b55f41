"""What a made-up patient would get, as the page of a rehearsal tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Self
from zoneinfo import ZoneInfo

from followup.actions.rehearsing import Case, House, Rehearsed, left_out, rehearse
from followup.messages.catalogue import WordingError
from followup.models import Step
from followup.rules.quiet import QuietHours, local_date
from followup.terms import Channel, Reason
from followup.web.pages import step_title


@dataclass(frozen=True, slots=True)
class Line:
    """One message that leaves, may leave, or does not. What is too late stands where it would have been in time."""

    step: str
    channel: Channel
    at: datetime  #: on the patient's clocks
    day: int
    is_maybe: bool
    blocked: str  #: why it does not leave; empty where it does
    shifts: Sequence[str]
    notes: Sequence[str]
    subject: str
    text: str
    segments: int

    @classmethod
    def of(cls, each: Rehearsed, case: Case, first: date) -> Self:
        """A rehearsed message; `first` is the day of treatment."""
        at = each.nominal_at if each.blocked is Reason.TOO_LATE else each.due_at
        leaves = each.blocked is None
        return cls(
            step=each.step,
            channel=each.channel,
            at=at.astimezone(case.zone),
            day=(local_date(at, case.zone) - first).days,
            is_maybe=leaves and each.conditional,
            blocked=each.because,
            shifts=each.why if leaves else (),
            notes=each.notes if leaves else (),
            subject=each.subject,
            text=each.text,
            segments=each.segments,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """Everything in the order of time; or `problem`, where there are no words for it any more."""

    ended: datetime
    zone: ZoneInfo
    quiet: QuietHours
    clinic: str
    number: str
    lines: Sequence[Line] = ()
    left_out: Sequence[tuple[str, str]] = ()  #: steps for patients treated elsewhere, and where that is
    problem: str = ""

    @property
    def said(self) -> str:
        """How many leave, in words."""
        leaving = sum(not line.blocked for line in self.lines)
        return self.problem or f"{leaving or 'No'} message{'' if leaving == 1 else 's'} would leave"

    @property
    def texts(self) -> list[Line]:
        """What is read on a phone."""
        return [line for line in self.lines if line.channel is Channel.SMS and not line.blocked]

    @property
    def emails(self) -> list[Line]:
        """What is read as mail."""
        return [line for line in self.lines if line.channel is Channel.EMAIL and not line.blocked]


def tell(steps: Sequence[Step], case: Case, house: House) -> Told:
    """What this patient would get after this session."""
    lines: list[Line] = []
    problem, first = "", local_date(case.ended_at, case.zone)
    try:
        found = rehearse(steps, case, house, called=lambda key: f"“{step_title(key)}”")
        lines = sorted((Line.of(each, case, first) for each in found), key=attrgetter("at"))
    except WordingError as error:
        problem = str(error)
    others = set(left_out(steps, case))
    return Told(
        ended=case.ended_at.astimezone(case.zone),
        zone=case.zone,
        quiet=house.quiet,
        clinic=house.values.get("clinic", ""),
        number=house.values.get("phone", ""),
        lines=lines,
        left_out=[(one.key, ", ".join(one.regions).replace("_", " ")) for one in steps if one.key in others],
        problem=problem,
    )
