"""What one text says to Twilio, and what each of its answers means."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from followup.messages.gateway import Accepted, Answer, Refusal, Refused, Unavailable, Uncertain
from followup.messages.twilio import TwilioAccount

from .conftest import ACCOUNT, PATIENT, RECEIPTS, TAKEN, MakeGateway, always, parcel, send_one
from .peers import HttpPeer, http


def test_a_text_names_its_message_and_its_attempt_in_the_receipt_address(make_gateway: MakeGateway) -> None:
    text = "Sore & bruised? Répondez 1+1 = 2 …"
    what = replace(parcel(text), message_id=UUID(int=1), attempt_id=UUID(int=2))
    with HttpPeer(always(TAKEN)) as peer:
        assert send_one(make_gateway(peer.url), what) == Accepted("SM1")
    [request] = peer.requests
    assert request.line == f"POST /2010-04-01/Accounts/{ACCOUNT.account_sid}/Messages.json HTTP/1.1"
    assert request.form == {
        "To": PATIENT,
        "From": ACCOUNT.sender,
        "Body": text,
        "StatusCallback": f"{RECEIPTS}?m={UUID(int=1)}&a={UUID(int=2)}#rc=5&rp=all",
    }


def test_a_messaging_service_takes_the_place_of_the_number(make_gateway: MakeGateway) -> None:
    account = replace(ACCOUNT, messaging_service_sid="MG1")
    with HttpPeer(always(TAKEN)) as peer:
        send_one(make_gateway(peer.url, account), parcel())
    form = peer.requests[0].form
    assert form["MessagingServiceSid"] == "MG1"
    assert "From" not in form


@pytest.mark.parametrize(
    ("account", "login"),
    [
        (ACCOUNT, f"{ACCOUNT.account_sid}:token"),
        (replace(ACCOUNT, api_key="SK1", api_secret="secret"), "SK1:secret"),
    ],
)
def test_the_api_key_is_shown_where_there_is_one(make_gateway: MakeGateway, account: TwilioAccount, login: str) -> None:
    with HttpPeer(always(TAKEN)) as peer:
        send_one(make_gateway(peer.url, account), parcel())
    assert peer.requests[0].headers["authorization"] == f"Basic {base64.b64encode(login.encode()).decode()}"


def test_secrets_are_not_shown() -> None:
    assert "token" not in repr(replace(ACCOUNT, api_secret="token2"))


@pytest.mark.parametrize(
    ("valid_for", "seconds"),
    [
        (None, None),
        (timedelta(seconds=10), "300"),
        (timedelta(hours=1), "3600"),
        (timedelta(hours=20), "36000"),
    ],
)
def test_the_carrier_gives_up_in_time(
    make_gateway: MakeGateway, valid_for: timedelta | None, seconds: str | None
) -> None:
    with HttpPeer(always(TAKEN)) as peer:
        send_one(make_gateway(peer.url), parcel(valid_for=valid_for))
    assert peer.requests[0].form.get("ValidityPeriod") == seconds


def error(status: int, code: int | None, **headers: str) -> bytes:
    return http(status, json.dumps({"code": code, "message": f"about {PATIENT}", "status": status}), **headers)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (error(400, 21211), Refused(Refusal.BAD_ADDRESS, "21211")),
        (error(400, 21610), Refused(Refusal.OPTED_OUT, "21610")),
        (error(400, 21617), Refused(Refusal.CONTENT, "21617")),
        (error(400, 21408), Refused(Refusal.UNKNOWN, "21408")),
        (error(400, 29999), Refused(Refusal.UNKNOWN, "29999")),
        (http(400, "<html>no</html>"), Refused(Refusal.UNKNOWN, "http 400")),
        (http(400, "[]"), Refused(Refusal.UNKNOWN, "http 400")),
        (error(401, 20003), Unavailable("20003", stops_sender=True)),
        (error(400, 21606), Unavailable("21606", stops_sender=True)),
        (http(403, "no"), Unavailable("http 403", stops_sender=True)),
        (http(404, "nothing here"), Unavailable("http 404", stops_sender=True)),
        (error(400, 21611), Unavailable("21611")),
        (error(429, 20429), Unavailable("20429")),
        (error(429, 20429, Retry_After="7"), Unavailable("20429", retry_after=timedelta(seconds=7))),
        (error(429, 20429, Retry_After="Mon, 23 Nov 2026 08:00:00 GMT"), Unavailable("20429")),
        (http(429, "slow down"), Unavailable("http 429")),
        (error(500, 20500), Uncertain("http 500")),
        (error(503, 20503), Uncertain("http 503")),
        (http(502, "<html>bad gateway</html>"), Uncertain("http 502")),
        (error(500, 21211), Uncertain("http 500")),
        (http(408, ""), Uncertain("http 408")),
        (http(302, "", Location="http://127.0.0.1:1/"), Uncertain("http 302")),
        (http(201, "<html>ok</html>"), Uncertain("unreadable answer")),
        (http(201, ""), Uncertain("unreadable answer")),
        (http(201, "{}"), Uncertain("unreadable answer")),
        (http(201, "[]"), Uncertain("unreadable answer")),
        (http(200, "\xff"), Uncertain("unreadable answer")),
        (TAKEN[:-9], Uncertain("read timeout")),
        (b"", Uncertain("connection cut")),
        (None, Uncertain("read timeout")),
        (b"SSH-2.0-peer\r\n", Uncertain("connection cut")),
    ],
)
def test_what_twilio_says_is_told_apart_and_asked_once(
    make_gateway: MakeGateway, said: bytes | None, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with HttpPeer(always(said)) as peer:
        assert send_one(make_gateway(peer.url, read_timeout=0.3), parcel("a secret")) == answer
    assert len(peer.requests) == 1
    assert PATIENT not in caplog.text
    assert "a secret" not in caplog.text


def test_an_rfc_9457_error_is_judged_by_the_status_that_was_sent(make_gateway: MakeGateway) -> None:
    problem = {"type": "about:blank", "title": "No", "status": 400, "code": 21211}
    with HttpPeer(always(http(500, json.dumps(problem)))) as peer:
        assert send_one(make_gateway(peer.url), parcel()) == Uncertain("http 500")


def test_half_an_answer_is_no_answer(make_gateway: MakeGateway) -> None:
    with HttpPeer(always(TAKEN[:-9]), keeps_alive=False) as peer:
        assert send_one(make_gateway(peer.url), parcel()) == Uncertain("connection cut")
