"""What a caller asks Twilio to send, read from its form and judged as Twilio judges it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from gsm0338.charset import BASIC_CHARACTER_SET, BASIC_CHARACTER_SET_EXTENSION

from followup.emulators.errors import MAGIC_RECIPIENTS, MAGIC_SENDERS, ApiError

_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_BODY_LIMIT = 1600
_VALIDITY = range(1, 36_001)
_SEND_AT = (timedelta(minutes=5), timedelta(days=35))
_GSM_SINGLE, _GSM_PART = 160, 153
_UCS2_SINGLE, _UCS2_PART = 70, 67
# A table, because the codec of the same package takes 150 µs for one text.
_SEPTETS = {unicodedata.lookup(name): 1 for name in BASIC_CHARACTER_SET.values()} | {
    unicodedata.lookup(name): 2 for name in BASIC_CHARACTER_SET_EXTENSION.values()
}


@dataclass(frozen=True, slots=True)
class Sms:
    """Who, to whom, what. Without a sender the Messaging Service picks one later."""

    to: str
    sender: str
    body: str
    service_sid: str = ""
    status_callback: str = ""
    media: int = 0
    send_at: datetime | None = None


def read_form(content: bytes) -> list[tuple[str, str]]:
    return parse_qsl(content.decode(errors="replace"), keep_blank_values=True)


def read_sms(form: Iterable[tuple[str, str]], *, now: datetime) -> Sms:
    """Judge a request to send. Raises `ApiError` with the code that Twilio would answer."""
    pairs = list(form)
    given = dict(pairs)
    media = [url for name, url in pairs if name == "MediaUrl"]
    to, sender, service_sid = (given.get(name, "") for name in ("To", "From", "MessagingServiceSid"))
    _judge_people(to, sender, service_sid)
    body = given.get("Body", "")
    if not body and not media:
        raise ApiError(21602)
    if len(body) > _BODY_LIMIT:
        raise ApiError(21617)
    if not all(_is_web_address(url) for url in media):
        raise ApiError(21620)
    validity = given.get("ValidityPeriod", "36000")
    if not validity.isdecimal() or int(validity) not in _VALIDITY:
        raise ApiError(21624, validity)
    callback = given.get("StatusCallback", "")
    if callback and not _is_web_address(callback):
        raise ApiError(21609, callback)
    return Sms(
        to=to,
        sender=sender,
        body=body,
        service_sid=service_sid,
        status_callback=callback,
        media=len(media),
        send_at=_send_at(given, now=now),
    )


def _judge_people(to: str, sender: str, service_sid: str) -> None:
    if not to:
        raise ApiError(21604)
    if not sender and not service_sid:
        raise ApiError(21603)
    if service_sid and not _SERVICE.fullmatch(service_sid):
        raise ApiError(21701, service_sid)
    if sender and not _SENDER.fullmatch(sender):
        raise ApiError(21212, sender)
    if sender in MAGIC_SENDERS:
        raise ApiError(MAGIC_SENDERS[sender], sender)
    if not _PHONE.fullmatch(to):
        raise ApiError(21211, to)
    if to in MAGIC_RECIPIENTS:
        raise ApiError(MAGIC_RECIPIENTS[to], to)


def _send_at(given: dict[str, str], *, now: datetime) -> datetime | None:
    if given.get("ScheduleType") != "fixed":
        return None
    if not given.get("MessagingServiceSid"):
        raise ApiError(35118)
    if not given.get("SendAt"):
        raise ApiError(35111)
    try:
        at = datetime.fromisoformat(given["SendAt"])
    except ValueError:
        raise ApiError(35114) from None
    if at.tzinfo is None:
        raise ApiError(35114)
    soonest, latest = _SEND_AT
    if not soonest < at - now <= latest:
        raise ApiError(35115)
    return at


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 — raises when it is no number
    except ValueError:
        return False
    # Twilio refuses host names with underscores.
    return parts.scheme in ("http", "https") and bool(host) and "_" not in host and not re.search(r"\s", url)


def segments(body: str) -> int:
    """Into how many parts a carrier cuts a text: by septets of GSM-7 if it fits that alphabet, else by UTF-16 units."""
    try:
        sizes = [_SEPTETS[letter] for letter in body]
        single, part = _GSM_SINGLE, _GSM_PART
    except KeyError:
        sizes = [len(letter.encode("utf-16-le", "surrogatepass")) // 2 for letter in body]
        single, part = _UCS2_SINGLE, _UCS2_PART
    if sum(sizes) <= single:
        return 1
    parts, filled = 1, 0
    for size in sizes:  # a letter of two units is never cut in half
        if filled + size > part:
            parts, filled = parts + 1, 0
        filled += size
    return parts
