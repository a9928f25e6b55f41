from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from twilio.rest import Client

from followup.emulators import Emulators, Receipts

from .conftest import ACCOUNT, Hook

Send = Callable[..., Any]

SERVICE = "MG" + "a" * 32


def test_a_delivered_text_tells_sent_then_delivered(send: Send, client: Client, hook: Hook) -> None:
    text = send(status_callback=f"{hook.url}/receipt")
    assert hook.statuses(2) == ["sent", "delivered"]
    fetched = client.messages(text.sid).fetch()
    assert fetched.status == "delivered"
    assert fetched.date_sent is not None


def test_a_messaging_service_tells_queued_first(client: Client, hook: Hook) -> None:
    text = client.messages.create(
        to="+12025550100", messaging_service_sid=SERVICE, body="Hello", status_callback=f"{hook.url}/receipt"
    )
    assert hook.statuses(3) == ["queued", "sent", "delivered"]
    assert {heard.form["MessagingServiceSid"] for heard in hook.heard} == {SERVICE}
    fetched = client.messages(text.sid).fetch()
    assert (fetched.from_, fetched.num_segments) == ("+15005550006", "1")


def test_receipts_carry_our_ids_and_a_signature_over_the_whole_url(send: Send, hook: Hook) -> None:
    text = send(status_callback=f"{hook.url}/receipt?m=message-1&a=attempt%2D1#rc=5&rp=all")
    heard = hook.wait(lambda all_: len(all_) >= 2)
    assert [(one.path, one.signed) for one in heard] == [("/receipt?m=message-1&a=attempt%2D1", True)] * 2
    assert heard[0].idempotency_token != heard[1].idempotency_token
    assert heard[0].form == {
        "AccountSid": ACCOUNT.sid,
        "ApiVersion": "2010-04-01",
        "From": "+12025550199",
        "MessageSid": text.sid,
        "MessageStatus": "sent",
        "SmsSid": text.sid,
        "SmsStatus": "sent",
        "To": "+12025550100",
    }


def test_receipts_share_connections(send: Send, hook: Hook) -> None:
    for number in range(6):
        send(status_callback=f"{hook.url}/receipt?m={number}")
        hook.wait(lambda all_, told=2 * (number + 1): len(all_) >= told)  # type: ignore[misc]  # the default binds the loop's value
    assert len({heard.peer for heard in hook.heard}) == 1


def test_the_hooks_refusal_is_not_repeated(send: Send, hook: Hook) -> None:
    hook.status = 500
    send(status_callback=f"{hook.url}/receipt")
    assert hook.statuses(2) == ["sent", "delivered"]


def test_a_text_without_a_callback_arrives_all_the_same(send: Send, client: Client, emulators: Emulators) -> None:
    emulators.fault("receipt_before_answer")
    assert client.messages(send().sid).fetch().status == "delivered"


def test_a_hook_that_nobody_serves_does_not_stop_the_text(send: Send, client: Client, emulators: Emulators) -> None:
    emulators.fault("receipt_before_answer")
    text = send(status_callback="http://127.0.0.1:1/receipt")
    assert client.messages(text.sid).fetch().status == "delivered"


def test_a_cancelled_text_says_so(client: Client, hook: Hook) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    text = client.messages.create(
        to="+12025550100",
        messaging_service_sid=SERVICE,
        body="Hello",
        schedule_type="fixed",
        send_at=later,
        status_callback=f"{hook.url}/receipt",
    )
    client.messages(text.sid).update(status="canceled")
    assert hook.statuses(1) == ["canceled"]


def test_without_receipts_a_text_stays_where_it_was_accepted(hook: Hook) -> None:
    with Emulators(account=ACCOUNT, receipts=Receipts.NONE) as quiet:
        client = Client(ACCOUNT.sid, ACCOUNT.auth_token)
        client.api.base_url = quiet.twilio_url
        client.messages.create(
            to="+12025550100", from_="+12025550199", body="Hello", status_callback=f"{hook.url}/receipt"
        )
        client.http_client.session.close()
        assert [row["status"] for row in quiet.ledger()] == ["queued"]
    assert hook.heard == []


def test_the_last_status_alone_may_be_told(hook: Hook) -> None:
    with Emulators(account=ACCOUNT, receipts=Receipts.LAST) as terse:
        client = Client(ACCOUNT.sid, ACCOUNT.auth_token)
        client.api.base_url = terse.twilio_url
        for number in range(2):
            client.messages.create(
                to=f"+1202555010{number}", from_="+12025550199", body="Hello", status_callback=f"{hook.url}/receipt"
            )
        client.http_client.session.close()
        assert hook.statuses(2) == ["delivered", "delivered"]
        assert [row["status"] for row in terse.ledger()] == ["delivered", "delivered"]


def test_latency_delays_the_answer() -> None:
    with Emulators(account=ACCOUNT, latency=timedelta(milliseconds=50)) as far:
        client = Client(ACCOUNT.sid, ACCOUNT.auth_token)
        client.api.base_url = far.twilio_url
        before = datetime.now(UTC)
        client.messages.list(limit=1)
        client.http_client.session.close()
        assert datetime.now(UTC) - before >= timedelta(milliseconds=50)
