from typing import Any

import pytest
import requests
from twilio.rest import Client

from followup.emulators import Emulators

from .conftest import ACCOUNT, Hook

PATIENT, CLINIC = "+12025550100", "+12025550199"


@pytest.fixture
def replies(hook: Hook, emulators: Emulators) -> Hook:
    emulators.reply_url = f"{hook.url}/reply"
    return hook


def text(emulators: Emulators, **given: Any) -> dict[str, Any]:
    answer = requests.post(
        f"{emulators.twilio_url}/_emulator/inbound",
        json={"from": PATIENT, "to": CLINIC, "body": "Still tingling"} | given,
        timeout=5,
    )
    assert answer.status_code == 200
    content: dict[str, Any] = answer.json()
    return content


def test_a_patients_text_reaches_the_reply_url_signed(replies: Hook, emulators: Emulators) -> None:
    answer = text(emulators)
    [heard] = replies.heard
    assert (heard.path, heard.signed) == ("/reply", True)
    assert answer == {"sid": heard.form["MessageSid"], "status_code": 204}
    told = {name: heard.form[name] for name in ("From", "To", "Body", "NumMedia", "NumSegments", "SmsStatus")}
    assert told == {
        "From": PATIENT,
        "To": CLINIC,
        "Body": "Still tingling",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
    }
    assert "OptOutType" not in heard.form


def test_an_empty_text_is_signed_with_its_empty_body(replies: Hook, emulators: Emulators) -> None:
    text(emulators, body="")
    [heard] = replies.heard
    assert (heard.form["Body"], heard.signed) == ("", True)


def test_twilio_may_say_the_same_text_twice(replies: Hook, emulators: Emulators, client: Client) -> None:
    sid = text(emulators)["sid"]
    text(emulators, sid=sid)
    assert [heard.form["MessageSid"] for heard in replies.heard] == [sid, sid]
    assert len(client.messages.list()) == 1


def test_a_text_may_carry_pictures_and_an_opt_out(replies: Hook, emulators: Emulators) -> None:
    text(emulators, body="STOP", opt_out_type="STOP", media=["https://a.example/bruise.png", "https://a.example/2"])
    [heard] = replies.heard
    assert (heard.form["OptOutType"], heard.form["NumMedia"]) == ("STOP", "2")
    assert (heard.form["MediaUrl0"], heard.form["MediaContentType0"]) == ("https://a.example/bruise.png", "image/png")
    assert heard.form["MediaUrl1"] == "https://a.example/2"


def test_a_patients_text_is_in_twilios_list_but_not_in_the_ledger(
    replies: Hook, emulators: Emulators, client: Client
) -> None:
    sid = text(emulators)["sid"]
    [listed] = client.messages.list(to=CLINIC)
    assert (listed.sid, listed.direction, listed.status, listed.from_) == (sid, "inbound", "received", PATIENT)
    assert emulators.ledger() == []
    assert len(replies.heard) == 1


def test_the_answer_of_the_service_is_told(replies: Hook, emulators: Emulators) -> None:
    replies.status = 403
    assert emulators.inbound(from_=PATIENT, to=CLINIC, body="Hi")["status_code"] == 403


def test_a_service_that_is_down_is_told(emulators: Emulators) -> None:
    emulators.reply_url = "http://127.0.0.1:1/reply"
    assert emulators.inbound(from_=PATIENT, to=CLINIC, body="Hi", sid="SM1") == {"sid": "SM1", "status_code": None}


def test_without_a_reply_url_there_is_nobody_to_tell(emulators: Emulators) -> None:
    answer = requests.post(
        f"{emulators.twilio_url}/_emulator/inbound", json={"from": PATIENT, "to": CLINIC, "body": "Hi"}, timeout=5
    )
    assert answer.status_code == 409
    assert "reply URL" in answer.json()["error"]
    assert ACCOUNT.auth_token not in answer.text
