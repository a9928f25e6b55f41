from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from followup.emulators import Emulators

from .conftest import Hook

Send = Callable[..., Any]


def get(emulators: Emulators, what: str) -> Any:
    return requests.get(f"{emulators.twilio_url}/_emulator/{what}", timeout=5).json()


def post(emulators: Emulators, what: str, content: Any) -> requests.Response:
    return requests.post(f"{emulators.twilio_url}/_emulator/{what}", json=content, timeout=5)


def test_the_ledger_has_every_text_in_order_with_our_ids(send: Send, emulators: Emulators, hook: Hook) -> None:
    first = send(to="+12025550101", status_callback=f"{hook.url}/receipt?m=one&a=two")
    hook.statuses(2)
    second = send(to="+12025550102", body="No ids")
    rows = get(emulators, "ledger")
    assert rows == emulators.ledger()
    assert [row["sid"] for row in rows] == [first.sid, second.sid]
    assert rows[0] | {"accepted_at": "", "business_at": ""} == {
        "sid": first.sid,
        "message_id": "one",
        "attempt": "two",
        "to": "+12025550101",
        "from": "+12025550199",
        "body": "How are you?",
        "accepted_at": "",
        "business_at": "",
        "status": "delivered",
    }
    assert (rows[1]["message_id"], rows[1]["attempt"]) == (None, None)


def test_the_ledger_can_be_read_from_where_one_stopped(send: Send, emulators: Emulators) -> None:
    send()
    second = send()
    assert [row["sid"] for row in get(emulators, "ledger?after=1")] == [second.sid]
    assert get(emulators, "ledger?after=2") == []


def test_one_number_is_asked_for_alone_and_what_it_wrote_is_left_out(
    send: Send, emulators: Emulators, hook: Hook
) -> None:
    emulators.reply_url = f"{hook.url}/reply"
    first, _, third = send(to="+12025550101"), send(to="+12025550102"), send(to="+12025550101")
    emulators.inbound(from_="+12025550199", to="+12025550101", body="B")

    assert [row["sid"] for row in get(emulators, "ledger?to=%2B12025550101")] == [first.sid, third.sid]
    assert [row["sid"] for row in get(emulators, "ledger?to=%2B12025550101&after=1")] == [third.sid]
    assert get(emulators, "ledger?to=%2B12025550103") == []


def test_the_clock_moves_business_time_only(send: Send, emulators: Emulators) -> None:
    assert get(emulators, "clock") == {"offset_seconds": 0}
    assert post(emulators, "clock", {"offset_seconds": 86400.5}).json() == {"offset_seconds": 86400.5}
    send()
    [row] = emulators.ledger()
    accepted, business = (datetime.fromisoformat(row[name]) for name in ("accepted_at", "business_at"))
    assert business - accepted == timedelta(days=1, seconds=0.5)


def test_a_reset_forgets_texts_and_faults_but_not_the_clock(send: Send, emulators: Emulators) -> None:
    emulators.clock(timedelta(days=2))
    send()
    emulators.fault("busy")
    assert post(emulators, "reset", {}).status_code == 200
    assert (get(emulators, "ledger"), get(emulators, "mailbox"), get(emulators, "faults")) == ([], [], [])
    assert get(emulators, "clock") == {"offset_seconds": 172800}


def test_faults_are_ordered_and_listed_over_http(emulators: Emulators) -> None:
    assert post(emulators, "faults", {"kind": "slow", "count": 3, "match": "Hello", "seconds": 1}).status_code == 201
    [fault] = get(emulators, "faults")
    assert (fault["kind"], fault["count"], fault["match"], fault["seconds"]) == ("slow", 3, "Hello", 1)


def test_faults_for_one_recipient_are_listed_and_dropped_without_the_others(emulators: Emulators) -> None:
    for match in ("+12025550100", "+12025550101", ""):
        emulators.fault("busy", match=match)
    assert [one["match"] for one in get(emulators, "faults?match=%2B12025550101")] == ["+12025550101"]

    requests.delete(f"{emulators.twilio_url}/_emulator/faults?match=%2B12025550101", timeout=5)
    assert [one["match"] for one in get(emulators, "faults")] == ["+12025550100", ""]

    requests.delete(f"{emulators.twilio_url}/_emulator/faults", timeout=5)
    assert get(emulators, "faults") == []


@pytest.mark.parametrize(
    ("what", "content", "named"),
    [
        ("faults", {"kind": "explode"}, ["kind", "error_before_accept", "cut_after_data"]),
        ("faults", {"kind": "busy", "count": 0}, ["count"]),
        ("faults", {"kind": "busy", "often": 2}, ["often"]),
        ("faults", {"kind": "refuse"}, ["code"]),
        ("faults", {"kind": "busy", "code": 21610}, ["code"]),
        ("faults", [], ["body"]),
        ("inbound", {"from": "+12025550100", "to": "+12025550199"}, ["body"]),
        ("clock", {"offset_seconds": "NaN"}, ["offset_seconds"]),
        ("clock", {}, ["offset_seconds"]),
    ],
)
def test_what_cannot_be_read_is_named(what: str, content: Any, named: list[str], emulators: Emulators) -> None:
    answer = post(emulators, what, content)
    assert answer.status_code == 422
    assert all(word in answer.json()["error"] for word in named)


def test_an_unknown_fault_is_refused_in_python_too(emulators: Emulators) -> None:
    with pytest.raises(ValueError, match="error_before_accept"):
        emulators.fault("explode")


def test_the_mail_port_answers_for_everything_too(send: Send, emulators: Emulators) -> None:
    text = send()
    rows = requests.get(f"{emulators.mail_http_url}/_emulator/ledger", timeout=5).json()
    assert [row["sid"] for row in rows] == [text.sid]
    assert requests.get(f"{emulators.mail_http_url}/2010-04-01/", timeout=5).status_code == 404
