"""What staff type about their clinic, read field by field; each field that cannot be taken says why and how to mend it."""

import re
from collections.abc import Callable, Mapping
from datetime import time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import phonenumbers

from followup.messages.segments import is_gsm7
from followup.models import Clinic
from followup.rules.opening import parse_hours
from followup.terms import StopScope

LONGEST_TEXT_NAME = 30  #: letters; longer ones push texts over two segments
MINUTES = {"emergency_minutes": 15, "urgent_minutes": 60, "worry_minutes": 240}  #: the most that `Clinic` allows
_LONGEST = {"name": 200, "address": 300, "hours": 100, "booking_url": 500}
_PHONE = re.compile(r"\+?[\d ()./-]{5,30}")


class Unfit(ValueError):
    """Some fields cannot be taken; `wrong` has a sentence for each."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {why}" for name, why in wrong.items()))
        self.wrong = dict(wrong)


def shown(clinic: Clinic) -> dict[str, str]:
    """A clinic as its form shows it."""
    return {name: _as_text(getattr(clinic, name)) for name in READERS}


def read(given: Mapping[str, str]) -> dict[str, Any]:
    """The values of a clinic's columns. Raises Unfit."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, reader in READERS.items():
        try:
            values[name] = reader(" ".join(given.get(name, "").split()))
        except ValueError as error:
            wrong[name] = str(error)
    if not wrong and values["quiet_from"] <= values["quiet_until"]:
        wrong["quiet_from"] = "Quiet hours go through the night: from the evening, such as 20:00, until the morning."
    if wrong:
        raise Unfit(wrong)
    return values


def _as_text(value: object) -> str:
    return value.strftime("%H:%M") if isinstance(value, time) else str(value)


def _text(name: str, missing: str = "") -> Callable[[str], str]:
    def read(given: str) -> str:
        if missing and not given:
            raise ValueError(missing)
        if len(given) > _LONGEST[name]:
            raise ValueError(f"Use {_LONGEST[name]} letters at most.")
        return given

    return read


def _text_name(given: str) -> str:
    if not given or len(given) > LONGEST_TEXT_NAME or not is_gsm7(given):
        raise ValueError(f"It starts every text: use 1 to {LONGEST_TEXT_NAME} letters, without á, í, ó, ú.")
    return given


def _phone(given: str) -> str:
    if not _PHONE.fullmatch(given):
        raise ValueError("Write the number as patients would dial it, such as 555-010-2000.")
    return given


def _emergency(given: str) -> str:
    if given and not re.fullmatch(r"\d{3,6}", given):
        raise ValueError("Write a number to call, such as 911, 999, 112 or 000.")
    return given


def _booking_url(given: str) -> str:
    if given and not re.fullmatch(r"https?://\S+", given):
        raise ValueError("Write a web address, such as https://oak.example/book.")
    return _text("booking_url")(given)


def _hours(given: str) -> str:
    parse_hours(given)  # its error says how to write them
    return _text("hours")(given)


def _zone(given: str) -> str:
    if given not in zones():
        raise ValueError("Write a time zone such as America/New_York or Europe/London.")
    return given


def _country(given: str) -> str:
    if given.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("Write the two letters of a country, such as US, GB or MX.")
    return given.upper()


def _time(given: str) -> time:
    read = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(:00)?", given)
    if not read:
        raise ValueError("Write a time such as 20:00.")
    return time(int(read[1]), int(read[2]))


def _stop_scope(given: str) -> StopScope:
    if given not in list(StopScope):
        raise ValueError("Choose one of the two.")
    return StopScope(given)


def _minutes(most: int) -> Callable[[str], int]:
    def read(given: str) -> int:
        if not re.fullmatch(r"\d{1,4}", given) or not 1 <= int(given) <= most:
            raise ValueError(f"Write a number of minutes from 1 to {most}.")
        return int(given)

    return read


@cache
def zones() -> frozenset[str]:
    """Every time zone there is."""
    return frozenset(available_timezones())


READERS: Mapping[str, Callable[[str], Any]] = {
    "name": _text("name", "Write the name, as patients know it."),
    "text_name": _text_name,
    "phone": _phone,
    "after_hours": lambda given: _phone(given) if given else "",
    "emergency": _emergency,
    "address": _text("address"),
    "zone": _zone,
    "country": _country,
    "hours": _hours,
    "quiet_from": _time,
    "quiet_until": _time,
    "booking_url": _booking_url,
    "stop_scope": _stop_scope,
    **{name: _minutes(most) for name, most in MINUTES.items()},
}
