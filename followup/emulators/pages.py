"""Reading Twilio's list: filters, newest first, in pages that new messages do not shift."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from followup.emulators.errors import ApiError
from followup.emulators.log import Log, Record

_DEFAULT_SIZE, _LARGEST_SIZE = 50, 1000
_FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

Test = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class _Span:
    """The instants that a date or a timestamp stands for: a whole GMT day, or one second."""

    start: datetime
    end: datetime

    @classmethod
    def read(cls, text: str) -> "_Span":
        try:
            start = datetime.fromisoformat(text)
        except ValueError:
            raise ApiError(20001, "DateSent must be YYYY-MM-DD or an ISO 8601 timestamp") from None
        start = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
        return cls(start, start + (timedelta(days=1) if _DAY.fullmatch(text) else timedelta(seconds=1)))


def page(log: Log, query: Mapping[str, str], path: str, account_sid: str) -> dict[str, Any]:
    """One page of the list at `path`. Unknown filters are ignored, as Twilio does. Raises `ApiError`."""
    filters = {name: query[name] for name in _FILTERS if query.get(name)}
    number, size = _number(query, "Page", 0), min(max(_number(query, "PageSize", _DEFAULT_SIZE), 1), _LARGEST_SIZE)
    tests = [*_tests(filters), _after(log, query.get("PageToken", ""))]
    matching = (record for record in log.newest_first(to=filters.get("To", "")) if all(test(record) for test in tests))
    skipped = 0 if "PageToken" in query else number * size
    found = list(islice(matching, skipped, skipped + size + 1))
    shown, more = found[:size], len(found) > size

    def uri(page_number: int, **token: str) -> str:
        return f"{path}?{urlencode({**filters, 'PageSize': size, 'Page': page_number, **token})}"

    return {
        "end": number * size + len(shown) - 1 if shown else 0,
        "first_page_uri": uri(0),
        "messages": [record.resource(account_sid) for record in shown],
        "next_page_uri": uri(number + 1, PageToken="PA" + shown[-1].sid) if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1) if number else None,
        "start": number * size,
        "uri": uri(number),
    }


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise ApiError(20001, f"{name} must be a whole number")
    return int(text)


def _after(log: Log, token: str) -> Test:
    """A token names the last message of the page before."""
    if not token:
        return lambda _: True
    last = log.get(token.removeprefix("PA"))
    if last is None:
        raise ApiError(20001, "PageToken is unknown")
    return lambda record: record.position < last.position


def _tests(filters: Mapping[str, str]) -> list[Test]:
    tests: list[Test] = []
    if sender := filters.get("From"):
        tests.append(lambda record: record.sender == sender)
    for name in ("DateSent", "DateSent<", "DateSent>"):
        if name in filters:
            span = _Span.read(filters[name])
            tests.append(
                _sent(
                    not_before=None if name.endswith("<") else span.start,
                    before=None if name.endswith(">") else span.end,
                )
            )
    return tests


def _sent(*, not_before: datetime | None, before: datetime | None) -> Test:
    """What was not sent yet passes no filter on the time of sending."""

    def test(record: Record) -> bool:
        at = record.sent_at
        return at is not None and (not_before is None or at >= not_before) and (before is None or at < before)

    return test
