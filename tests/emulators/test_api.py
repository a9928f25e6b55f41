import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from followup.emulators import Emulators

from .conftest import ACCOUNT

Send = Callable[..., Any]

SERVICE = "MG" + "a" * 32


def refusal(act: Callable[[], Any]) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as caught:
        act()
    return caught.value


def test_a_text_is_accepted_as_twilio_accepts_it(send: Send) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    text = send(body="Mild soreness is common.")
    assert text.sid.startswith("SM")
    assert len(text.sid) == 34
    assert (text.status, text.direction, text.num_segments, text.num_media) == ("queued", "outbound-api", "1", "0")
    assert before <= text.date_created <= datetime.now(UTC)
    assert text.date_sent is None
    assert (text.price, text.error_code, text.error_message, text.messaging_service_sid) == (None, None, None, None)
    assert text.uri == f"/2010-04-01/Accounts/{ACCOUNT.sid}/Messages/{text.sid}.json"
    assert text.account_sid == ACCOUNT.sid


def test_the_answer_is_201_with_every_field_of_the_message_resource(emulators: Emulators) -> None:
    answer = requests.post(
        f"{emulators.twilio_url}/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json",
        data={"To": "+12025550100", "From": "+12025550199", "Body": "Hello"},
        auth=(ACCOUNT.sid, ACCOUNT.auth_token),
        timeout=5,
    )
    assert answer.status_code == 201
    assert answer.headers["Content-Type"].startswith("application/json")
    assert set(answer.json()) == {
        *("account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction"),
        *("error_code", "error_message", "from", "messaging_service_sid", "num_media", "num_segments", "price"),
        *("price_unit", "sid", "status", "subresource_uris", "to", "uri"),
    }


def test_a_messaging_service_picks_the_sender_later(client: Client, emulators: Emulators) -> None:
    emulators.fault("receipt_late", seconds=30)
    text = client.messages.create(to="+12025550100", messaging_service_sid=SERVICE, body="Hello")
    assert (text.status, text.from_, text.num_segments) == ("accepted", None, "0")
    assert text.messaging_service_sid == SERVICE


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Twilio's own client calls aiohttp the old way
def test_the_asynchronous_client_sees_the_same(emulators: Emulators) -> None:
    async def send_and_read() -> tuple[Any, Any, list[Any]]:
        async with AsyncTwilioHttpClient() as http:
            client = Client(ACCOUNT.sid, ACCOUNT.auth_token, http_client=http)
            client.api.base_url = emulators.twilio_url
            sent = await client.messages.create_async(to="+12025550100", from_="+12025550199", body="Hello")
            return sent, await client.messages(sent.sid).fetch_async(), await client.messages.list_async()

    sent, fetched, listed = asyncio.run(send_and_read())
    assert sent.sid == fetched.sid == listed[0].sid


def test_a_text_can_be_fetched_by_its_sid(send: Send, client: Client) -> None:
    text = send(body="How is your shoulder?")
    assert client.messages(text.sid).fetch().body == "How is your shoulder?"


def test_an_api_key_opens_the_account_too(emulators: Emulators) -> None:
    client = Client(ACCOUNT.api_key, ACCOUNT.api_secret, ACCOUNT.sid)
    client.api.base_url = emulators.twilio_url
    text = client.messages.create(to="+12025550100", from_="+12025550199", body="Hello")
    client.http_client.session.close()
    assert text.account_sid == ACCOUNT.sid


def test_a_wrong_token_is_not_let_in(emulators: Emulators) -> None:
    answer = requests.get(
        f"{emulators.twilio_url}/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json",
        auth=(ACCOUNT.sid, "wrong"),
        timeout=5,
    )
    assert answer.status_code == 401
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


def test_another_account_and_an_unknown_message_are_not_found(client: Client) -> None:
    other = client.api.accounts("AC" + "f" * 32).messages
    assert refusal(lambda: other.create(to="+12025550100", from_="+12025550199", body="Hello")).code == 20404
    unknown = refusal(client.messages("SM" + "0" * 32).fetch)
    assert (unknown.status, unknown.code) == (404, 20404)
    assert refusal(client.messages("SM" + "0" * 32).delete).code == 20404


def test_the_words_of_a_text_can_be_blotted_out(send: Send, client: Client, emulators: Emulators) -> None:
    text = send(body="How is your shoulder?")
    assert client.messages(text.sid).update(body="").body == ""
    assert client.messages(text.sid).fetch().body == ""
    assert emulators.ledger()[0]["body"] == "How is your shoulder?"
    assert refusal(lambda: client.messages(text.sid).update(body="other words")).code == 20001


def test_a_scheduled_text_can_be_cancelled_and_no_other(send: Send, client: Client) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    text = client.messages.create(
        to="+12025550100", messaging_service_sid=SERVICE, body="Hello", schedule_type="fixed", send_at=later
    )
    assert text.status == "scheduled"
    assert client.messages(text.sid).update(status="canceled").status == "canceled"
    assert refusal(lambda: client.messages(text.sid).update(status="canceled")).code == 30409
    queued = send()
    assert refusal(lambda: client.messages(queued.sid).update(status="canceled")).code == 30409
