"""What the hooks answer to forged, replayed and broken requests, and what they keep of odd but honest ones."""

import base64
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, urlencode

import httpx
import pytest
from sqlalchemy import select
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from followup.models import Attempt, Reply
from followup.terms import Channel, Consented, Status
from tests.builders import MONDAY, PHONE
from tests.web.conftest import PUBLIC_URL, TOKEN, Pairs, consents

from .conftest import MEGABYTE, SECRET, Service, at_most, check_words, on_one_database, table, unchanged

REPLY, RECEIPT = "/hooks/twilio/reply", "/hooks/twilio/receipt"
FORM = "application/x-www-form-urlencoded"
SID = "SM" + "0" * 32


def text(body: str, *, sid: str = SID, **more: str) -> Pairs:
    return list({"MessageSid": sid, "From": PHONE, "To": "+14155550100", "Body": body, **more}.items())


def signature(pairs: Pairs, path: str = REPLY, *, token: str = TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(PUBLIC_URL + path, ImmutableMultiDict(pairs)))


STOP = text("STOP")
SIGNED = signature(STOP)


class Forged(NamedTuple):
    """A reply with this signature; what is not given is as Twilio sends it."""

    signature: str | bytes
    path: str = REPLY
    body: str = urlencode(STOP)
    content_type: str = FORM


FORGED = {
    "letters": Forged("letters"),
    "10,000 letters": Forged("A" * 10_000),
    "a NUL": Forged(b"\x00"),
    "bytes that are no text": Forged(b"\xff\xfe\xff"),
    "another one's": Forged(signature(STOP, token=SECRET)),
    "nobody's, of the right length": Forged(base64.b64encode(b"\0" * 20).decode()),
    "the right one, twice": Forged(f"{SIGNED}, {SIGNED}"),
    "the right one in other letters": Forged(SIGNED.swapcase()),
    "the right one, but shorter": Forged(SIGNED[:-1]),
    "the right one for another word": Forged(SIGNED, body=urlencode(text("START"))),
    "the right one for another sender": Forged(SIGNED, body=urlencode(text("STOP", From="+12125550199"))),
    "the right one for another id": Forged(SIGNED, body=urlencode(text("STOP", sid="SM" + "1" * 32))),
    "the right one for one field more": Forged(SIGNED, body=urlencode([*STOP, ("OptOutType", "STOP")])),
    "the right one for one field less": Forged(SIGNED, body=urlencode(STOP[1:])),
    "the right one for a second Body": Forged(SIGNED, body=urlencode([("Body", "START"), *STOP])),
    "the right one, at the other hook": Forged(SIGNED, path=RECEIPT),
    "the right one, with a query": Forged(SIGNED, path=f"{REPLY}?x=1"),
    "the right one, its fields in the query": Forged(SIGNED, path=f"{REPLY}?{urlencode(STOP)}", body=""),
    "of nothing": Forged(signature([]), body=urlencode(STOP)),
    "of a form that is JSON": Forged(SIGNED, body='{"Body": "STOP"}', content_type="application/json"),
    "of parts": Forged(
        SIGNED,
        body='--x\r\nContent-Disposition: form-data; name="Body"\r\n\r\nSTOP\r\n--x--\r\n',
        content_type="multipart/form-data; boundary=x",
    ),
    "of 13,000 fields": Forged(SIGNED, body="&".join(f"{number:x}" for number in range(13_000))),
    "of 60,000 blank fields": Forged(SIGNED, body="&" * 60_000),
    "of half a surrogate pair": Forged(SIGNED, body=urlencode(STOP) + "%ED%A0%BD"),
}


def post(service: Service, path: str, body: str, **headers: str | bytes) -> httpx.Response:
    answer = service.browser.post(path, headers={"Content-Type": FORM, **headers}, content=body.encode())
    check_words(answer.text)
    return answer


@on_one_database
@table(FORGED)
def test_whoever_cannot_sign_changes_nothing_and_learns_nothing(service: Service, row: Forged) -> None:
    with unchanged(service.engine), at_most(8 * MEGABYTE):
        headers = {"X-Twilio-Signature": row.signature, "Content-Type": row.content_type}
        answer = post(service, row.path, row.body, **headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["detail"] == "The signature is not Twilio's for this address and these parameters."


class OnTheWay(NamedTuple):
    """Texts that were handed to Twilio: it has answered for the first, under `SID`, and not yet for the second."""

    taken: Attempt
    unheard: Attempt


@pytest.fixture(scope="session")
def on_the_way(service: Service) -> OnTheWay:
    attempts = []
    for number in range(2):
        patient = {"given_name": f"On the way {number}", "phone": f"+1212555018{number}"}
        message = service.clinic.record(f"hooks-{number}", patient=patient).messages[0]
        service.clinic.change(message, status=Status.SENDING, left_at=MONDAY)
        attempt = Attempt(message_id=message.id, number=1, channel=Channel.SMS, to=patient["phone"], begun_at=MONDAY)
        with service.clinic.open_db() as db:
            db.add(attempt)
        attempts.append(attempt)
    told = [("MessageSid", SID), ("MessageStatus", "sent")]
    assert service.browser.hook(address(attempts[0].message_id, attempts[0].id), told).status_code == 204
    return OnTheWay(*attempts)


def address(message: object, attempt: object) -> str:
    return f"{RECEIPT}?m={quote(str(message))}&a={quote(str(attempt))}"


NOT_OURS: dict[str, Callable[[OnTheWay], tuple[str, Pairs]]] = {
    "the message's id and the attempt's, exchanged": lambda way: (
        address(way.unheard.id, way.unheard.message_id),
        delivered(),
    ),
    "a message with another one's attempt": lambda way: (address(way.unheard.message_id, way.taken.id), delivered()),
    "another message with this attempt": lambda way: (address(way.taken.message_id, way.unheard.id), delivered()),
    "the reference of another attempt": lambda way: (
        address(way.unheard.message_id, way.unheard.id),
        delivered(sid=SID),
    ),
    "no attempt": lambda way: (f"{RECEIPT}?m={way.unheard.message_id}", delivered()),
    "a message twice": lambda way: (f"{RECEIPT}?m={way.unheard.message_id}&m={way.unheard.message_id}", delivered()),
    "an attempt of 10,000 digits": lambda way: (address(way.unheard.message_id, "1" * 10_000), delivered()),
    "an attempt that is a path": lambda way: (address(way.unheard.message_id, "../../etc/passwd"), delivered()),
    "an attempt that would drop tables": lambda way: (address(way.unheard.message_id, "';DROP TABLE"), delivered()),
    "an attempt of a NUL": lambda way: (address(way.unheard.message_id, "\0"), delivered()),
    "an id that is no text": lambda way: (f"{RECEIPT}?m=%ED%A0%BD&a={way.unheard.id}", delivered()),
    "no reference": lambda way: (address(way.unheard.message_id, way.unheard.id), delivered(sid="")),
    "no word": lambda way: (address(way.unheard.message_id, way.unheard.id), delivered(word="")),
    "a word of 10,000 letters": lambda way: (
        address(way.unheard.message_id, way.unheard.id),
        delivered(word="delivered" * 1_000),
    ),
    "a word with a NUL": lambda way: (address(way.unheard.message_id, way.unheard.id), delivered(word="delivered\0")),
    "a word that means something else to others": lambda way: (
        address(way.unheard.message_id, way.unheard.id),
        delivered(word="received"),
    ),
}


def delivered(*, sid: str = "SM" + "9" * 32, word: str = "delivered") -> Pairs:
    return [("MessageSid", sid), ("MessageStatus", word)]


@table(NOT_OURS)
def test_a_receipt_about_nothing_of_ours_is_taken_and_forgotten(
    service: Service, on_the_way: OnTheWay, row: Callable[[OnTheWay], tuple[str, Pairs]]
) -> None:
    with unchanged(service.engine):
        answer = service.browser.hook(*row(on_the_way))
    assert (answer.status_code, answer.content) == (204, b"")
    statuses = [service.clinic.get(attempt.message_id).status for attempt in on_the_way]
    assert statuses == [Status.SENT, Status.SENDING]


ODD = {
    "controls of a terminal": "\x1b[2J\x07 numb",
    "a NUL": "numb\0foot",
    "text that turns around": "\u202e3\u202c \u2067x\u2069",
    "breaks that only Unicode knows": "a\u2028b\u2029c\x85d",
    "no characters": "\uffff\ufffe\U0010ffff",
    "half a surrogate pair, as it arrives": "\ufffd\ufffd\ufffd",
    "markup": "<script>alert('{{ name }}')</script> [red]%s",
    "a formula": '=HYPERLINK("http://x.example")',
    "5,000 faces": "\N{FACE WITH THERMOMETER}" * 5_000,
    "a wall of accents": "e" + "\u0301" * 9_000,
    "100,000 letters": "x" * 100_000,
    "a number of 60,000 digits": "9" * 60_000,
    "nothing but blanks": " \t\r\n ",
}


@table(ODD)
def test_whatever_a_patient_writes_is_stored_and_its_replay_is_not(service: Service, row: str) -> None:
    sid = f"SM{sha256(row.encode()).hexdigest()[:32]}"
    pairs = text(row, sid=sid)
    with at_most(8 * MEGABYTE):
        assert service.browser.hook(REPLY, pairs).status_code == 200
    with unchanged(service.engine):
        assert service.browser.hook(REPLY, pairs).status_code == 200
        assert service.browser.hook(REPLY, text("STOP", sid=sid)).status_code == 200
    [kept] = replies(service, sid)
    assert kept.body == kept.raw["Body"] == row.replace("\0", "\N{SYMBOL FOR NULL}")
    service.clinic.read(MONDAY)
    [read] = replies(service, sid)
    assert (read.body, read.read_at) == (kept.body, MONDAY)
    assert read.labels


def test_bytes_that_are_half_a_surrogate_pair_lose_nothing_else(service: Service) -> None:
    sent = urlencode(text("pain 7 ", sid="SM-half")).replace("pain+7+", "pain+7+%ED%A0%BD").encode()
    answer = service.browser.hook(REPLY, text("pain 7 \ufffd\ufffd\ufffd", sid="SM-half"), sent=sent)
    assert answer.status_code == 200
    assert [reply.body for reply in replies(service, "SM-half")] == ["pain 7 \ufffd\ufffd\ufffd"]


def test_fields_and_addresses_of_any_length_are_kept_as_far_as_they_fit(service: Service) -> None:
    many = {f"Field{number}": "" for number in range(2_000)}
    pairs = text("hi", sid="SM\0odd", From="+" + "1" * 5_000, To="\0" * 300, **many)
    assert service.browser.hook(REPLY, pairs).status_code == 200
    [kept] = replies(service, "SM\N{SYMBOL FOR NULL}odd")
    assert (kept.sent_from, kept.sent_to) == ("+" + "1" * 253, "\N{SYMBOL FOR NULL}" * 254)
    assert len(kept.raw) == 2_004


STOPS = {
    "marks of direction": ("SM-marks", "\u200fSTOP\u200e"),
    "nothing in between": ("SM-between", "ST\u200bOP"),
    "a NUL": ("SM-nul", "STOP\0"),
    "a text that is turned": ("SM-turned", "\u202eSTOP"),
    "an id as long as any": ("SM-" + "0" * 317, "STOP"),
}


@table(STOPS)
def test_a_stop_is_obeyed_whatever_surrounds_it(service: Service, row: tuple[str, str]) -> None:
    sid, body = row
    phone = f"+1212555017{list(STOPS.values()).index(row)}"
    patient = {"given_name": "Stop", "family_name": sid[:9], "phone": phone}
    patient_id = service.clinic.record(sid[:99], patient=patient).treatment.patient_id

    assert service.browser.hook(REPLY, text(body, sid=sid, From=phone)).status_code == 200

    assert consents(service.clinic.open_db, patient_id, Channel.SMS) == {Consented.WITHDRAWN}
    with unchanged(service.engine):
        assert service.browser.hook(REPLY, text("START", sid=sid, From=phone)).status_code == 200


def replies(service: Service, sid: str) -> list[Reply]:
    with service.clinic.open_db() as db:
        return list(db.scalars(select(Reply).where(Reply.reference == sid)))
