"""How one field of an entry is read: what is taken, what is tidied, and what is wrong with the rest, in plain words."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationInfo
from pydantic_core import PydanticCustomError

from followup.actions.addresses import Email, Phone, read_email, read_phone
from followup.rules.quiet import at_wall
from followup.rules.visible import unseen
from followup.terms import Precaution, Region

FIRST_YEAR, LAST_YEAR = 2000, 2099
MOST_PAIN = 10
SHOWN = 40  # characters of a wrong value that a problem repeats

TIME_OF_DAY = re.compile(r"[T ]\d\d")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")
PAIN = re.compile(r"[0-9]|10")


@dataclass(frozen=True, slots=True)
class Place:
    """How a clinic reads a time without a zone (`zone`) and a number without a country code (`country`)."""

    zone: str
    country: str


def wrong(what: str, mend: str) -> PydanticCustomError:
    """What pydantic carries until it becomes a `Problem`; `what` follows the field's name in a sentence."""
    return PydanticCustomError("entry", "see its context", {"wrong": what, "mend": mend})


def shown(value: object) -> str:
    """A value as a problem quotes it."""
    return f'"{bounded(str(value))}"'


def bounded(text: str) -> str:
    """Whatever was sent, short and printable."""
    visible = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:SHOWN])
    return f"{visible}…" if len(text) > SHOWN else visible


def is_zone(name: object) -> bool:
    """Whether this is the name of a time zone, such as America/New_York."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _tidy(value: Any) -> Any:
    """Compose accents (NFC) and trim; refuse what cannot be seen but would be stored."""
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value).strip()
    if found := unseen(text):
        raise wrong(f"holds the invisible character {found}", "type it again by hand")
    return text


def _lines(value: Any) -> Any:
    """The same for a text of several lines."""
    return "\n".join(_tidy(line) for line in value.strip().splitlines()) if isinstance(value, str) else value


def _language(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    code = value.strip().lower().replace("_", "-")
    if not LANGUAGE.fullmatch(code):
        raise wrong(f"is {shown(value)}, which is no language code", 'write one such as "en" or "es"')
    return code


def _zone(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    name = value.strip()
    if not is_zone(name):
        near = get_close_matches(name[:SHOWN], _zones(), 1) or ["America/New_York"]
        raise wrong(f"is {shown(value)}, which is no time zone", f"write one such as {near[0]}")
    return name


def _instant(value: Any, info: ValidationInfo) -> datetime:
    """An aware instant in UTC. A local time that DST skips moves forward; a doubled one is the first of the two."""
    moment = value if isinstance(value, datetime) else _parsed(value)
    if not FIRST_YEAR < moment.year < LAST_YEAR:  # a year to spare on both sides, whatever the offset
        raise wrong(f"is in the year {moment.year}", "correct the year")
    if moment.tzinfo is None:
        if info.context is None:
            raise wrong("has no offset from UTC", f"write it like {moment:%Y-%m-%dT%H:%M}-04:00")
        moment = at_wall(moment.date(), moment.time(), ZoneInfo(info.context.zone))
    return moment.astimezone(UTC)


def _parsed(value: Any) -> datetime:
    try:
        if isinstance(value, str) and TIME_OF_DAY.search(value):
            return datetime.fromisoformat(value.strip())
    except ValueError:
        pass
    mend = "write it like 2026-10-24T20:40 or 2026-10-24T20:40-04:00"
    raise wrong(f"is {shown(value)}, which is no date with a time", mend)


def _pain(value: Any) -> int:
    score = str(value).strip()
    if isinstance(value, bool) or not PAIN.fullmatch(score):
        raise wrong(f"is {shown(value)}", f"write a whole number from 0 (none) to {MOST_PAIN}, or leave it empty")
    return int(score)


def _phone(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, Phone):
        return value
    return read_phone(_text(value), info.context.country if info.context else None)


def _email(value: Any) -> Any:
    return value if isinstance(value, Email) else read_email(_text(value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong("is not text", "write it as text")
    return value


def _as_given(address: Phone | Email) -> str:
    return address.given


def _members(kind: type[StrEnum]) -> BeforeValidator:
    def read(value: Any) -> Any:
        return tuple(dict.fromkeys(_member(kind, item) for item in value)) if isinstance(value, list | tuple) else value

    return BeforeValidator(read)


def _member(kind: type[StrEnum], value: object) -> StrEnum:
    key = "_".join(str(value).lower().replace("-", " ").replace("_", " ").split())
    try:
        return kind(key)
    except ValueError:
        near = get_close_matches(key[:SHOWN], list(kind), 1)
        mend = f"did you mean {near[0]}?" if near else f"use {', '.join(kind)}"
        raise wrong(f"holds {shown(value)}, which we do not know", mend) from None


Line = Annotated[str, Field(max_length=200), BeforeValidator(_tidy)]
Key = Annotated[str, Field(max_length=64), BeforeValidator(_tidy)]
Note = Annotated[str, Field(max_length=2000), BeforeValidator(_lines)]
Language = Annotated[str, Field(max_length=8), BeforeValidator(_language)]
Zone = Annotated[str, Field(max_length=64), BeforeValidator(_zone)]
Instant = Annotated[datetime, BeforeValidator(_instant, json_schema_input_type=str)]
Pain = Annotated[int, Field(ge=0, le=MOST_PAIN), BeforeValidator(_pain)]
Regions = Annotated[tuple[Region, ...], _members(Region)]
Precautions = Annotated[tuple[Precaution, ...], _members(Precaution)]

_AS_GIVEN = PlainSerializer(_as_given)
_NONE_GIVEN = Field(json_schema_extra={"default": ""})
PhoneField = Annotated[Phone, BeforeValidator(_phone, json_schema_input_type=str), _AS_GIVEN, _NONE_GIVEN]
EmailField = Annotated[Email, BeforeValidator(_email, json_schema_input_type=str), _AS_GIVEN, _NONE_GIVEN]
