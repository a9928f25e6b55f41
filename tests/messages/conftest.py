"""A gateway to a Twilio that a test plays itself."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from followup.messages.gateway import Answer, Parcel
from followup.messages.twilio import TwilioAccount, TwilioGateway

from .peers import Request, http

PATIENT = "+15005550123"
ACCOUNT = TwilioAccount("AC" + "1" * 32, auth_token="token", sender="+15005550006")
RECEIPTS = "https://clinic.example/hooks/twilio/receipt"
TAKEN = http(201, json.dumps({"sid": "SM1", "status": "queued"}))
Answering = Callable[[Request], bytes | None]
MakeGateway = Callable[..., TwilioGateway]


@pytest.fixture
def make_gateway() -> Iterator[MakeGateway]:
    made: list[TwilioGateway] = []

    def make(base_url: str, account: TwilioAccount = ACCOUNT, **options: float) -> TwilioGateway:
        made.append(TwilioGateway(replace(account, base_url=base_url), receipt_url=RECEIPTS, **options))
        return made[-1]

    yield make
    for gateway in made:
        gateway.close()


def parcel(text: str = "How are you?", **details: Any) -> Parcel:
    return Parcel(message_id=uuid4(), attempt_id=uuid4(), to=PATIENT, text=text, **details)


def send_one(gateway: TwilioGateway, what: Parcel) -> Answer:
    [[(answered, answer)]] = gateway.send([what])
    assert answered is what
    return answer


def always(answer: bytes | None) -> Answering:
    return lambda _: answer
