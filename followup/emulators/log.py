"""Twilio's log: every message it took or received, and what became of it."""

import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from followup.emulators.sms import Sms, segments

_SERVICE_SENDER = "+15005550006"  # the one number that every Messaging Service here owns
_ERRORS = {30003: "Unreachable destination handset"}


class TextStatus(StrEnum):
    """Twilio's own words for where a message is."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    CANCELED = "canceled"
    RECEIVED = "received"


@dataclass
class Record:
    """One message in the log. `position` counts from 0 in the order of the log."""

    sid: str
    position: int
    sms: Sms
    status: TextStatus
    accepted_at: datetime
    business_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    error_code: int | None = None
    redacted: bool = False

    def move(self, status: TextStatus, *, now: datetime) -> None:
        self.status = status
        self.updated_at = now
        if status is TextStatus.SENT:
            self.sent_at = now
        if status is TextStatus.UNDELIVERED:
            self.error_code = 30003

    @property
    def sender(self) -> str | None:
        """None until the Messaging Service has picked one."""
        if self.status in (TextStatus.ACCEPTED, TextStatus.SCHEDULED):
            return self.sms.sender or None
        return self.sms.sender or _SERVICE_SENDER

    @property
    def error_message(self) -> str | None:
        return None if self.error_code is None else _ERRORS[self.error_code]

    @cached_property
    def segments(self) -> int:
        return segments(self.sms.body)

    def resource(self, account_sid: str) -> dict[str, Any]:
        """The Message resource, as the API shows it."""
        uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}"
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": "" if self.redacted else self.sms.body,
            "date_created": _date(self.accepted_at),
            "date_sent": None if self.sent_at is None else _date(self.sent_at),
            "date_updated": _date(self.updated_at),
            "direction": "inbound" if self.status is TextStatus.RECEIVED else "outbound-api",
            "error_code": self.error_code,
            "error_message": self.error_message,
            "from": self.sender,
            "messaging_service_sid": self.sms.service_sid or None,
            "num_media": str(self.sms.media),
            "num_segments": str(self.segments) if self.sender else "0",
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.sms.to,
            "uri": f"{uri}.json",
        }

    def row(self) -> dict[str, Any]:
        """One line of the ledger; what was redacted later is still told, because it did go out."""
        query = parse_qs(urlsplit(self.sms.status_callback).query)
        return {
            "sid": self.sid,
            "message_id": query.get("m", [None])[0],
            "attempt": query.get("a", [None])[0],
            "to": self.sms.to,
            "from": self.sms.sender or _SERVICE_SENDER,
            "body": self.sms.body,
            "accepted_at": self.accepted_at.isoformat(),
            "business_at": self.business_at.isoformat(),
            "status": self.status,
        }


def _date(moment: datetime) -> str:
    return _date_of(moment.replace(microsecond=0))


@lru_cache(maxsize=16)  # most of what is shown happened within the same few seconds
def _date_of(second: datetime) -> str:
    return format_datetime(second)


class Log:
    """Append-only, but for `clear`."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._taken: list[Record] = []
        self._by_sid: dict[str, Record] = {}
        self._by_recipient: defaultdict[str, list[Record]] = defaultdict(list)

    def accept(self, sms: Sms, *, now: datetime, business_at: datetime) -> Record:
        """Keep a message that is to go out."""
        status = TextStatus.ACCEPTED if sms.service_sid else TextStatus.QUEUED
        if sms.send_at is not None:
            status = TextStatus.SCHEDULED
        record = self._keep("SM" + secrets.token_hex(16), sms, status, now, business_at)
        self._taken.append(record)
        return record

    def receive(self, sid: str, sms: Sms, *, now: datetime, business_at: datetime) -> Record:
        """Keep a message that came in; one that was told before stays as it is."""
        known = self._by_sid.get(sid)
        return known or self._keep(sid, sms, TextStatus.RECEIVED, now, business_at)

    def get(self, sid: str) -> Record | None:
        return self._by_sid.get(sid)

    def newest_first(self, *, to: str = "") -> Iterator[Record]:
        return reversed(self._by_recipient.get(to, []) if to else self._records)

    @property
    def taken(self) -> Sequence[Record]:
        """Every message that was accepted to go out, in that order."""
        return self._taken

    def taken_for(self, to: str) -> Sequence[Record]:
        """Those of them that were to go to this number."""
        return [record for record in self._by_recipient.get(to, []) if record.status is not TextStatus.RECEIVED]

    def clear(self) -> None:
        for kept in (self._records, self._taken, self._by_sid, self._by_recipient):
            kept.clear()

    def _keep(self, sid: str, sms: Sms, status: TextStatus, now: datetime, business_at: datetime) -> Record:
        record = Record(sid, len(self._records), sms, status, now, business_at, updated_at=now)
        self._records.append(record)
        self._by_sid[sid] = record
        self._by_recipient[sms.to].append(record)
        return record
