"""The emulators of Twilio and of a mailbox, asked over HTTP as any other service: what reached a patient, and what may.

Every call but `tell_clock` raises NoAnswer.
"""

import http.client
import json
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from settings import Settings

_PATIENCE = 2  # seconds
_REPLY_PATIENCE = 20  # the emulator waits 15 s for whoever takes a patient's text


class NoAnswer(Exception):
    """The emulators do not run, or not at EMULATOR_TWILIO_URL, or can't do it. Its text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that reached the carrier. `message_id` is ours, where it has one."""

    message_id: str | None
    to: str
    sender: str
    body: str
    business_at: datetime
    status: str  #: Twilio's word


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in somebody's mailbox. `message_id` is its Message-ID header."""

    message_id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    business_at: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """What is ordered to go wrong for the next `count` messages whose recipient or words contain `match`."""

    kind: str
    match: str
    count: int = 1
    code: int | None = None  #: of a refusal alone
    seconds: float = 0  #: 0: as long as the kind usually takes


def texts(settings: Settings, *, to: str) -> list[Text]:
    """Every text to a number, oldest first."""
    rows = _ask(settings, f"ledger?{urlencode({'to': to})}")
    return [Text(row["message_id"], row["to"], row["from"], row["body"], _instant(row), row["status"]) for row in rows]


def mails(settings: Settings, *, to: str) -> list[Mail]:
    """Every mail to an address, oldest first."""
    rows = _ask(settings, f"mailbox?{urlencode({'to': to})}")
    return [
        Mail(row["message_id"], row["to"], row["from"], row["subject"], row["text"], row["html"], _instant(row))
        for row in rows
    ]


def write(settings: Settings, *, sender: str, to: str, body: str) -> bool:
    """Text the service as a patient; whether it was taken."""
    answer = _ask(settings, "inbound", {"from": sender, "to": to, "body": body}, patience=_REPLY_PATIENCE)
    status: int | None = answer["status_code"]
    return status is not None and status < http.client.MULTIPLE_CHOICES


def faults(settings: Settings, *, match: str) -> list[Fault]:
    """What is ordered for just this recipient and has not happened yet, oldest first."""
    rows = _ask(settings, f"faults?{urlencode({'match': match})}")
    return [Fault(row["kind"], row["match"], row["count"], row["code"], row["seconds"]) for row in rows]


def order(settings: Settings, fault: Fault) -> None:
    """Let the next messages go wrong."""
    more = {"code": fault.code} if fault.code is not None else {}
    told = {"kind": fault.kind, "match": fault.match, "count": fault.count, "seconds": fault.seconds}
    _ask(settings, "faults", told | more)


def drop_faults(settings: Settings, *, match: str) -> None:
    """Let nothing go wrong any more that was ordered for just this recipient."""
    _ask(settings, f"faults?{urlencode({'match': match})}", method="DELETE")


def tell_clock(settings: Settings, ahead: timedelta) -> None:
    """The ledger shows business time too. The emulators may well be stopped; then there is nothing to tell."""
    with suppress(NoAnswer):
        _ask(settings, "clock", {"offset_seconds": ahead.total_seconds()})


def _instant(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["business_at"])


def _ask(settings: Settings, what: str, given: Any = None, *, method: str = "", patience: float = _PATIENCE) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the address of our own emulator
        f"{settings.emulator_twilio_url}/_emulator/{what}",
        data=None if given is None else json.dumps(given).encode(),
        headers={"Content-Type": "application/json"},
        method=method or ("GET" if given is None else "POST"),
    )
    try:
        with urllib.request.urlopen(request, timeout=patience) as answer:  # noqa: S310 - the same
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise NoAnswer(f"The emulator says: {_said(error)}.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(
            f"The emulators do not answer at {settings.emulator_twilio_url}. `followup serve` starts them; "
            "its output says more."
        ) from error


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, LookupError, TypeError):
        return f"{error.code} {error.reason}"
