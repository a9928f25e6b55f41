"""Twilio's own list of what it took, and when it is no proof."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from followup.messages.gateway import Search, Sighting
from followup.terms import ReceiptKind

from .conftest import PATIENT, Answering, MakeGateway, always
from .peers import HttpPeer, http

NOW = datetime(2026, 11, 23, 15, 0, 30, tzinfo=UTC)


def listed(sid: str, **details: Any) -> dict[str, Any]:
    known = {
        "sid": sid,
        "to": PATIENT,
        "body": "How are you?",
        "direction": "outbound-api",
        "status": "delivered",
        "error_code": None,
        "date_created": format_datetime(NOW),
        "date_sent": None,
    }
    return known | details


def pages(*records: list[dict[str, Any]], last: str | None = None) -> Answering:
    """Twilio's list, page after page; `last` names one more that is not there."""
    answers = []
    for number, page in enumerate(records, start=1):
        more = f"/list?Page={number}&PageToken=PA%2B1" if number < len(records) else last
        answers.append(http(200, json.dumps({"messages": page, "next_page_uri": more, "page_size": 1000})))
    answers.append(http(500, "{}"))
    waiting = iter(answers)
    return lambda _: next(waiting)


def search(since: datetime = NOW) -> Search:
    return Search(PATIENT, "How are you?", since)


def test_the_list_is_read_by_recipient_words_and_time(make_gateway: MakeGateway) -> None:
    answer = pages(
        [
            listed("SM1", status="queued"),
            listed("SM2", status="undelivered", error_code=30003),
            listed("SM3", body="Other words"),
            listed("SM4", direction="inbound", status="received"),
            listed("SM5", body="Sent from your Twilio trial account - How are you?", status="sent"),
        ],
        [
            listed("SM6", status="a word of tomorrow"),
            listed("SM7", date_created=format_datetime(NOW - timedelta(seconds=1))),
        ],
    )
    with HttpPeer(answer) as peer:
        assert make_gateway(peer.url).find(search()) == [
            Sighting("SM1", ReceiptKind.TAKEN),
            Sighting("SM2", ReceiptKind.UNDELIVERED, "30003"),
            Sighting("SM5", ReceiptKind.TAKEN),
            Sighting("SM6", ReceiptKind.TAKEN),
        ]
    lines = [request.line for request in peer.requests]
    assert "Messages.json?To=%2B15005550123&PageSize=1000 " in lines[0]
    assert lines[1] == "GET /list?Page=1&PageToken=PA%2B1 HTTP/1.1"


def test_a_time_within_the_second_is_found(make_gateway: MakeGateway) -> None:
    with HttpPeer(pages([listed("SM1")])) as peer:
        sightings = make_gateway(peer.url).find(search(NOW + timedelta(milliseconds=900)))
    assert sightings == [Sighting("SM1", ReceiptKind.DELIVERED)]


def test_older_pages_are_left_unread(make_gateway: MakeGateway) -> None:
    with HttpPeer(pages([listed("SM1", date_created=format_datetime(NOW - timedelta(days=1)))], last="/older")) as peer:
        assert make_gateway(peer.url).find(search()) == []
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pages([listed("SM1")], last="/list"),
        pages([listed("SM1", body="")]),
        pages([listed("SM1", date_created=None)]),
        pages([listed("SM1", date_created="yesterday")]),
        always(http(200, "<html></html>")),
        always(http(200, "{}")),
        always(http(429, "{}")),
        always(b""),
        always(None),
    ],
    ids=["page", "redacted", "timeless", "odd-time", "html", "empty", "busy", "cut", "hang"],
)
def test_a_list_that_cannot_be_read_whole_says_nothing(make_gateway: MakeGateway, answer: Answering) -> None:
    with HttpPeer(answer) as peer:
        assert make_gateway(peer.url, read_timeout=0.3).find(search()) is None
