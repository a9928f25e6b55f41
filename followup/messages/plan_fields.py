"""How the fields of a plan file are written, and what is said when one is written wrong."""

import re
from datetime import time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from reprlib import Repr
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt
from pydantic_core import ErrorDetails

from followup.rules.visible import unseen
from followup.terms import Channel, Region, Unless

_DURATION = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_KEY = 64 - len("-reminder")  # the tables hold 64, and a reminder's key is longer
_FIELD = re.compile(r"\w{1,40}", re.ASCII)
_MOST_DAYS = 730
_WALL_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")

_EXAMPLES = {
    "key": 'key = "check-in"',
    "title": 'title = "After dry needling"',
    "overlap": 'overlap = "supersede"',
    "step": "[[step]]",
    "purpose": 'purpose = "care"',
    "after": 'after = "2h"',
    "day": "day = 3",
    "at": 'at = "10:00"',
    "on_quiet": 'on_quiet = "later"',
    "expires": 'expires = "24h"',
    "channels": 'channels = ["sms", "email"]',
    "wording": 'wording = "check-in"',
    "regions": 'regions = ["neck"]',
    "question": 'question = "check_in"',
    "when": 'when = "worry_or_silent_risk"',
    "unless": 'unless = ["next_visit"]',
    "reminder": 'reminder = "3d"',
    "reminder_expires": 'reminder_expires = "2d"',
}


Words = TypeVar("Words", bound=tuple[StrEnum, ...])

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = _LONGEST_KEY + 20


def shown(value: object) -> str:
    """A value as a problem quotes it: short, and without anything that plays with a terminal."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python prints no number of more than 4,300 digits
        return "a number of thousands of digits"


def named(field: object) -> str:
    """A field as a problem names it, which may have been written by anyone."""
    return str(field) if _FIELD.fullmatch(str(field)) else shown(field)


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not (written := _DURATION.fullmatch(value)):
        raise ValueError(
            f'{shown(value)} is not a duration; write minutes, hours or days, such as "30m", "18h" or "3d"'
        )
    duration = timedelta(**{_UNITS[written[2]]: int(written[1])})
    if duration > timedelta(days=_MOST_DAYS):
        raise ValueError(f"{value!r} is longer than {_MOST_DAYS} days; shorten it")
    return duration


def _lasting(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("must be longer than nothing")
    return value


def _wall_time(value: object) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and (written := _WALL_TIME.fullmatch(value)):
        return time(int(written[1]), int(written[2]))
    raise ValueError(f'{shown(value)} is not a time of day; write it as "10:00"')


def _key(value: str) -> str:
    if not _KEY.fullmatch(value) or len(value) > _LONGEST_KEY:
        raise ValueError(f"{shown(value)} is not a key; use at most {_LONGEST_KEY} of a-z, 0-9 and single hyphens")
    return value


def _title(value: str) -> str:
    if found := unseen(value):
        raise ValueError(f"holds the invisible character {found}; type it again by hand")
    return value


def _some(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    if not channels:
        raise ValueError("names none; write sms, email or both, the preferred one first")
    return channels


def _distinct(values: Words) -> Words:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{str(value)!r} stands there twice; take one out")
    return values


def _sorted(values: Words) -> Words:
    """The order of what has none, so that the same plan has the same content hash."""
    return type(values)(sorted(values))


Key = Annotated[str, AfterValidator(_key)]
Title = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_title)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Lasting = Annotated[Duration, AfterValidator(_lasting)]
WallTime = Annotated[time, BeforeValidator(_wall_time)]
Day = Annotated[StrictInt, Field(ge=0, le=_MOST_DAYS)]
Channels = Annotated[tuple[Channel, ...], AfterValidator(_some), AfterValidator(_distinct)]
Regions = Annotated[tuple[Region, ...], AfterValidator(_distinct), AfterValidator(_sorted)]
Unlesses = Annotated[tuple[Unless, ...], AfterValidator(_distinct), AfterValidator(_sorted)]


def explain(problem: ErrorDetails) -> str:
    """What is wrong with one field and how to mend it, in one line."""
    field = next((str(part) for part in reversed(problem["loc"]) if isinstance(part, str)), "")
    match problem["type"]:
        case "missing":
            return f"is missing; add {_EXAMPLES[field]}"
        case "extra_forbidden":
            alike = get_close_matches(field, _EXAMPLES, n=1)
            return "is not a known field; " + (f"did you mean {alike[0]!r}?" if alike else "take it out")
        case "string_too_long":
            return f"is longer than {problem['ctx']['max_length']} characters; shorten it"
        case "enum":
            return f"{shown(problem['input'])} is unknown; use {problem['ctx']['expected']}"
        case "value_error":
            return str(problem["ctx"]["error"])
        case _:
            return f"{shown(problem['input'])} does not fit; write, for example, {_EXAMPLES[field]}"
