from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from followup.emulators import Emulators
from followup.emulators.faults import Fault, FaultKind, Faults, Stage

from .conftest import ACCOUNT, Hook

Send = Callable[..., Any]


def post(emulators: Emulators, timeout: float = 5) -> requests.Response:
    return requests.post(
        f"{emulators.twilio_url}/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json",
        data={"To": "+12025550100", "From": "+12025550199", "Body": "Hello"},
        auth=(ACCOUNT.sid, ACCOUNT.auth_token),
        timeout=timeout,
    )


def test_busy_answers_429_and_keeps_nothing(emulators: Emulators) -> None:
    emulators.fault("busy", retry_after=2)
    answer = post(emulators)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, 20429, "2")
    assert emulators.ledger() == []
    assert post(emulators).status_code == 201


def test_busy_names_no_time_unless_told(emulators: Emulators) -> None:
    emulators.fault("busy")
    assert "Retry-After" not in post(emulators).headers


@pytest.mark.parametrize(("code", "status"), [(21610, 400), (20003, 401), (63038, 400)])
def test_any_code_can_be_ordered(code: int, status: int, emulators: Emulators) -> None:
    emulators.fault("refuse", code=code)
    answer = post(emulators)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert emulators.ledger() == []


def test_an_error_before_accepting_keeps_nothing(send: Send, emulators: Emulators) -> None:
    emulators.fault("error_before_accept")
    with pytest.raises(TwilioRestException) as caught:
        send()
    assert (caught.value.status, caught.value.code) == (500, 20500)
    assert emulators.ledger() == []


def test_an_error_after_accepting_keeps_the_text(send: Send, emulators: Emulators, hook: Hook) -> None:
    emulators.fault("error_after_accept")
    with pytest.raises(TwilioRestException) as caught:
        send(status_callback=f"{hook.url}/receipt")
    assert caught.value.status == 500
    assert len(emulators.ledger()) == 1
    assert hook.statuses(2) == ["sent", "delivered"]


def test_a_hanging_answer_keeps_the_text_and_ends_with_a_reset(emulators: Emulators) -> None:
    emulators.fault("hang")
    with pytest.raises(requests.ReadTimeout):
        post(emulators, timeout=0.2)
    assert len(emulators.ledger()) == 1
    emulators.reset()
    assert post(emulators).status_code == 201


def test_a_cut_connection_gives_no_answer_and_keeps_the_text(emulators: Emulators) -> None:
    emulators.fault("cut")
    with pytest.raises(requests.ConnectionError):
        post(emulators)
    assert len(emulators.ledger()) == 1


def test_a_slow_answer_comes_after_its_seconds_and_says_what_it_would_have_said(emulators: Emulators) -> None:
    emulators.fault("slow", seconds=0.1)
    before = datetime.now(UTC)
    assert post(emulators).json()["status"] == "queued"
    assert datetime.now(UTC) - before >= timedelta(seconds=0.1)


def test_receipts_can_come_before_the_answer(send: Send, emulators: Emulators, hook: Hook) -> None:
    emulators.fault("receipt_before_answer")
    assert send(status_callback=f"{hook.url}/receipt").status == "queued"
    assert [heard.form["MessageStatus"] for heard in hook.heard] == ["sent", "delivered"]


def test_receipts_can_be_late(send: Send, client: Client, emulators: Emulators, hook: Hook) -> None:
    emulators.fault("receipt_late", seconds=0.2)
    before = datetime.now(UTC)
    text = send(status_callback=f"{hook.url}/receipt")
    assert client.messages(text.sid).fetch().status == "queued"
    assert hook.statuses(2) == ["sent", "delivered"]
    assert datetime.now(UTC) - before >= timedelta(seconds=0.2)


def test_receipts_can_come_twice(send: Send, emulators: Emulators, hook: Hook) -> None:
    emulators.fault("receipt_twice")
    send(status_callback=f"{hook.url}/receipt")
    assert hook.statuses(4) == ["sent", "sent", "delivered", "delivered"]


def test_receipts_can_come_in_the_wrong_order(send: Send, emulators: Emulators, hook: Hook) -> None:
    emulators.fault("receipts_out_of_order")
    send(status_callback=f"{hook.url}/receipt")
    assert hook.statuses(2) == ["delivered", "sent"]


def test_receipts_can_fail_to_come_while_the_list_knows(
    send: Send, client: Client, emulators: Emulators, hook: Hook
) -> None:
    emulators.fault("no_receipt")
    emulators.fault("receipt_before_answer")
    text = send(status_callback=f"{hook.url}/receipt")
    assert client.messages(text.sid).fetch().status == "delivered"
    assert hook.heard == []


def test_a_carrier_can_say_no(send: Send, client: Client, emulators: Emulators, hook: Hook) -> None:
    emulators.fault("undelivered")
    text = send(status_callback=f"{hook.url}/receipt")
    assert hook.statuses(2) == ["sent", "undelivered"]
    assert hook.heard[-1].form["ErrorCode"] == "30003"
    fetched = client.messages(text.sid).fetch()
    assert (fetched.status, fetched.error_code) == ("undelivered", 30003)


def test_a_fault_concerns_the_messages_that_match(send: Send, emulators: Emulators) -> None:
    emulators.fault("refuse", code=21610, match="+12025550142")
    emulators.fault("refuse", code=21614, match="soreness")
    assert send().status == "queued"
    for given, code in ({"to": "+12025550142"}, 21610), ({"body": "Mild soreness is common."}, 21614):
        with pytest.raises(TwilioRestException) as caught:
            send(**given)
        assert caught.value.code == code
    assert len(emulators.ledger()) == 1


def test_a_fault_happens_as_often_as_ordered(emulators: Emulators) -> None:
    emulators.fault("busy", count=2)
    assert [post(emulators).status_code for _ in range(3)] == [429, 429, 201]


def test_one_message_meets_one_fault_at_each_stage() -> None:
    faults = Faults()
    for kind in FaultKind.BUSY, FaultKind.ERROR_BEFORE_ACCEPT, FaultKind.CUT:
        faults.order(Fault(kind=kind))
    taken = [faults.take(stage, "Hello") for stage in (Stage.DOOR, Stage.ANSWER)]
    assert [fault.kind for fault in taken if fault] == ["busy", "cut"]
    assert [row["kind"] for row in faults.listed()] == ["error_before_accept"]


def test_every_kind_has_its_stage() -> None:
    assert sorted(kind for stage in Stage for kind in stage.value) == sorted(FaultKind)
