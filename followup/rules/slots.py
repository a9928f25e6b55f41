"""When a message goes, and every rule that moved it there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from followup.terms import SHIFT_SENTENCES, ShiftRule


@dataclass(frozen=True, slots=True)
class Shift:
    """One move of a message by one rule, both times in UTC.

    A wall time that the clocks skip is no instant; `before` of `dst_gap` is it read by the clock after the gap.
    """

    rule: ShiftRule
    before: datetime
    after: datetime

    def sentence(self, zone: ZoneInfo) -> str:
        """One sentence for staff, in the patient's local time: "Thu 6 Jun 21:45 is in quiet hours, so it goes …"."""
        before, after = say(self.before, zone), say(self.after, zone)
        if before == after and self.before != self.after:  # to the second, or the sentence would contradict itself
            before, after = (f"{before}:{moment:%S}" for moment in (self.before, self.after))
        return SHIFT_SENTENCES[self.rule].format(before=before, after=after)

    def as_json(self) -> dict[str, str]:
        """What a message keeps in `why`."""
        return {"rule": self.rule.value, "from": self.before.isoformat(), "to": self.after.isoformat()}

    @classmethod
    def from_json(cls, kept: Mapping[str, str]) -> Self:
        """Read back what `as_json` wrote."""
        return cls(ShiftRule(kept["rule"]), datetime.fromisoformat(kept["from"]), datetime.fromisoformat(kept["to"]))


@dataclass(frozen=True, slots=True)
class Slot:
    """The times of one message, in UTC.

    `nominal_at` is the plan's own time, from which `expires_at` counts. `shifts` are in order: each begins where the
    one before it ended, and the last ends at `due_at`. `dst_gap` and `question_left` come first, for they say where
    the nominal time itself falls, and end at `nominal_at`; the others begin there.
    """

    nominal_at: datetime
    due_at: datetime
    expires_at: datetime
    shifts: tuple[Shift, ...] = ()

    @property
    def is_too_late(self) -> bool:
        """Whether its rules moved it to where what it says would no longer be right."""
        return self.due_at >= self.expires_at

    def moved(self, rule: ShiftRule, to: datetime) -> Self:
        """The same slot, due at another time because of this rule; itself if nothing changes."""
        if to == self.due_at:
            return self
        return replace(self, due_at=to, shifts=(*self.shifts, Shift(rule, self.due_at, to)))


def say(moment: datetime, zone: ZoneInfo) -> str:
    """An instant as staff read it, in local time: "Fri 7 Jun 09:00"."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"
