"""What one patient would get, and when: planned by what plans for real patients, and kept nowhere."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from zoneinfo import ZoneInfo

from followup.actions import timetable
from followup.actions.timetable import Planned
from followup.messages.catalogue import DEFAULT_LANGUAGE, FIRST_TREATMENT
from followup.messages.typical import typical_values
from followup.messages.wording import compose
from followup.models import Clinic, Step
from followup.rules.depending import conditions
from followup.rules.quiet import QuietHours
from followup.rules.risk import is_asked_again, is_high_risk
from followup.rules.slots import say
from followup.terms import Channel, Condition, Origin, Precaution, Purpose, Reason, Region, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A made-up patient and treatment session. `channels` are those that the patient permits, for every purpose."""

    ended_at: datetime
    recorded_at: datetime
    zone: ZoneInfo
    regions: Sequence[Region] = ()
    precautions: Sequence[Precaution] = ()
    first_treatment: bool = False
    channels: Collection[Channel] = tuple(Channel)
    language: str = DEFAULT_LANGUAGE

    @property
    def is_high_risk(self) -> bool:
        """Whether silence would not be taken for "fine"."""
        return is_high_risk(regions=self.regions, precautions=self.precautions, first_treatment=self.first_treatment)


@dataclass(frozen=True, slots=True)
class House:
    """What a message takes from the clinic."""

    quiet: QuietHours
    values: Mapping[str, str]
    booking_url: str = ""
    is_ready: bool = True  #: has the emergency number without which nothing leaves

    @classmethod
    def of(cls, clinic: Clinic) -> "House":
        """A clinic as its messages speak of it."""
        values = {
            "clinic": clinic.text_name,
            "phone": clinic.phone,
            "emergency": clinic.emergency,
            "after_hours": clinic.after_hours,
            "hours": clinic.hours,
            "address": clinic.address,
        }
        quiet = QuietHours(clinic.quiet_from, clinic.quiet_until)
        return cls(quiet, values, clinic.booking_url, is_ready=bool(clinic.emergency))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """One message, with the API's names where it has them, and the words that the patient would read."""

    step: str
    origin: Origin
    purpose: Purpose
    channel: Channel
    status: Status
    nominal_at: datetime
    due_at: datetime
    due_local: str  #: ISO 8601 with the patient's offset
    expires_at: datetime
    blocked: Reason | None
    because: str
    why: Sequence[str]  #: every shift of its time, as sentences
    conditional: bool
    notes: Sequence[str]  #: what it depends on, and what else there is to its time
    wording: str
    subject: str
    text: str
    segments: int


def rehearse(steps: Sequence[Step], case: Case, house: House, *, called: Callable[[str], str] = str) -> list[Rehearsed]:
    """Every message of a plan, by due time. `called` tells how sentences call a step, by its key. Raises WordingError."""
    planned = timetable.draw_up(
        steps,
        regions=case.regions,
        reaches=frozenset(product(case.channels, Purpose)),
        ended_at=case.ended_at,
        recorded_at=case.recorded_at,
        zone=case.zone,
        quiet=house.quiet,
    )
    planned.sort(key=lambda each: each.slot.due_at)
    first = next((each for each in planned if _is_certain(each, case, house) and each.channel is Channel.SMS), None)
    return [_rehearsed(each, case, house, called, is_first_text=each is first) for each in planned]


def left_out(steps: Sequence[Step], case: Case) -> list[str]:
    """The steps that are for patients who were treated elsewhere."""
    return [step.key for step in steps if not timetable.is_for(step, case.regions)]


def _is_certain(each: Planned, case: Case, house: House) -> bool:
    return not each.step.is_conditional and _blocked(each, case, house) is None


def _blocked(each: Planned, case: Case, house: House) -> Reason | None:
    if not house.is_ready:
        return Reason.CLINIC_NOT_READY
    if each.slot.is_too_late:
        return Reason.TOO_LATE
    return None if each.channel in case.channels else Reason.NO_CONSENT


def _rehearsed(
    each: Planned, case: Case, house: House, called: Callable[[str], str], *, is_first_text: bool
) -> Rehearsed:
    step, slot, blocked = each.step, each.slot, _blocked(each, case, house)
    link = {"link": house.booking_url} if house.booking_url and step.purpose is Purpose.BOOKING else {}
    words = compose(
        step.wording,
        language=case.language,
        channel=each.channel,
        values={**typical_values(case.language), **house.values, **link},
        precautions=[*case.precautions, *([FIRST_TREATMENT] if case.first_treatment else [])],
        stop_line=is_first_text,
    )
    return Rehearsed(
        step=step.key,
        origin=Origin.STEP,
        purpose=step.purpose,
        channel=each.channel,
        status=Status.SCHEDULED,
        nominal_at=slot.nominal_at,
        due_at=slot.due_at,
        due_local=slot.due_at.astimezone(case.zone).isoformat(),
        expires_at=slot.expires_at,
        blocked=blocked,
        because=blocked.sentence if blocked else "",
        why=[shift.sentence(case.zone) for shift in slot.shifts],
        conditional=step.is_conditional and not _is_asked_again(each, case),
        notes=list(_notes(each, case, house, called)),
        wording=step.wording,
        subject=words.subject,
        text=words.text,
        segments=words.segments,
    )


def _is_asked_again(each: Planned, case: Case) -> bool:
    return each.step.when is Condition.WORRY_OR_SILENT_RISK and is_asked_again(case.precautions)


def _notes(each: Planned, case: Case, house: House, called: Callable[[str], str]) -> Iterator[str]:
    step, asked_again = each.step, _is_asked_again(each, case)
    yield from conditions(
        purpose=step.purpose,
        reminds=called(step.reminds) if step.reminds else None,
        when=None if asked_again else step.when,
        unless=step.unless,
    )
    if asked_again:
        yield "Whatever the check-in is answered, because of this patient's precautions."
    elif step.when is Condition.WORRY_OR_SILENT_RISK:
        yield f"This patient is {'' if case.is_high_risk else 'not '}at high risk."
    until = step.time.ignores_quiet_until(case.ended_at)
    if until and house.quiet.covers(each.slot.due_at, case.zone):
        yield f"It may come in quiet hours until {say(until, case.zone)}, because it can't wait."
