import base64
import errno
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest
from twilio.request_validator import RequestValidator

from followup.messages.gateway import (
    Accepted,
    Answer,
    Parcel,
    Refusal,
    Refused,
    Search,
    Sighting,
    Unavailable,
    Uncertain,
)
from followup.messages.http import KeptAliveClient, NotSentError
from followup.messages.twilio import TwilioAccount, TwilioGateway, receipt_kind, signature_is_valid
from followup.messages.twilio_codes import CODES
from followup.terms import ReceiptKind

from .peers import PATIENCE_S, HttpPeer, Peer, Request, http

PATIENT = "+15005550123"
ACCOUNT = TwilioAccount("AC" + "1" * 32, auth_token="token", sender="+15005550006")
RECEIPTS = "https://clinic.example/hooks/twilio/receipt"
TAKEN = http(201, json.dumps({"sid": "SM1", "status": "queued"}))
NOW = datetime(2026, 11, 23, 15, 0, 30, tzinfo=UTC)

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


def test_a_refused_connection_took_nothing(make_gateway: MakeGateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert send_one(make_gateway(f"http://127.0.0.1:{port}"), parcel()) == Unavailable("connection refused")


def test_a_broken_handshake_took_nothing(make_gateway: MakeGateway) -> None:
    class Plain(Peer):
        def talk(self, _: object, connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 400 Speak plainly\r\n\r\n")

    with Plain() as peer:
        assert send_one(make_gateway(f"https://127.0.0.1:{peer.port}"), parcel()) == Unavailable("tls handshake")


def test_an_address_that_is_none_takes_nothing(make_gateway: MakeGateway) -> None:
    assert send_one(make_gateway("ftp://127.0.0.1"), parcel()) == Unavailable("bad url")


def test_a_connection_that_does_not_come_about_in_time_took_nothing() -> None:
    client = KeptAliveClient(connections=1, connect_timeout=0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [fill(full.getsockname()) for _ in range(3)]
        request = client.submit(client.request("POST", f"http://127.0.0.1:{full.getsockname()[1]}/"))
        with pytest.raises(NotSentError, match="connect timeout"):
            request.result(PATIENCE_S)
        for each in waiting:
            each.close()
    client.close()


def fill(address: tuple[str, int]) -> socket.socket:
    waiting = socket.socket()
    waiting.setblocking(False)
    assert waiting.connect_ex(address) in (0, errno.EINPROGRESS)
    return waiting


def test_a_connection_that_twilio_closed_meanwhile_is_not_used_again(make_gateway: MakeGateway) -> None:
    with HttpPeer(always(TAKEN), keeps_alive=False) as peer:
        gateway = make_gateway(peer.url)
        assert send_one(gateway, parcel()) == Accepted("SM1")
        assert peer.left.wait(PATIENCE_S)
        assert send_one(gateway, parcel()) == Accepted("SM1")
        assert peer.connections == 2


def test_one_connection_serves_text_after_text(make_gateway: MakeGateway) -> None:
    with HttpPeer(always(TAKEN)) as peer:
        gateway = make_gateway(peer.url)
        for _ in range(3):
            assert send_one(gateway, parcel()) == Accepted("SM1")
        assert peer.connections == 1


def test_a_text_that_an_old_connection_swallowed_is_not_repeated(make_gateway: MakeGateway) -> None:
    answers = iter([TAKEN, b""])
    with HttpPeer(lambda _: next(answers)) as peer:
        gateway = make_gateway(peer.url)
        assert send_one(gateway, parcel()) == Accepted("SM1")
        assert send_one(gateway, parcel()) == Uncertain("connection cut")
    assert len(peer.requests) == 2
    assert peer.connections == 1


def test_a_whole_batch_is_in_flight_at_once(make_gateway: MakeGateway) -> None:
    together = threading.Barrier(40, timeout=PATIENCE_S)

    def wait_for_all(_: Request) -> bytes:
        together.wait()
        return TAKEN

    batch = [parcel() for _ in range(40)]
    with HttpPeer(wait_for_all) as peer:
        answers = [answered for group in make_gateway(peer.url).send(batch) for answered in group]
    assert sorted(each.attempt_id for each, _ in answers) == sorted(each.attempt_id for each in batch)
    assert {answer for _, answer in answers} == {Accepted("SM1")}


def test_a_slow_answer_does_not_hold_up_the_others(make_gateway: MakeGateway) -> None:
    asked = threading.Event()

    def answer(request: Request) -> bytes:
        if request.form["Body"] == "slow":
            assert asked.wait(PATIENCE_S)
        return TAKEN

    slow, quick = parcel("slow"), parcel("quick")
    with HttpPeer(answer) as peer:
        groups = make_gateway(peer.url).send([slow, quick])
        assert next(groups) == [(quick, Accepted("SM1"))]
        asked.set()
        assert list(groups) == [[(slow, Accepted("SM1"))]]


def test_a_parcel_waits_for_its_pace(make_gateway: MakeGateway) -> None:
    spoken: dict[str, float] = {}

    def answer(request: Request) -> bytes:
        spoken[request.form["Body"]] = monotonic()
        return TAKEN

    with HttpPeer(answer) as peer:
        began = monotonic()
        batch = [parcel("later", wait=timedelta(seconds=0.4)), parcel("now")]
        assert sum(len(group) for group in make_gateway(peer.url).send(batch)) == 2
    assert spoken["later"] - began >= 0.4
    assert spoken["now"] < spoken["later"]


def test_who_stops_listening_cancels_what_is_in_flight(make_gateway: MakeGateway) -> None:
    half_an_answer = TAKEN[:-9]
    with HttpPeer(lambda request: TAKEN if request.form["Body"] == "quick" else half_an_answer) as peer:
        groups = make_gateway(peer.url).send([parcel("quick"), parcel("held"), parcel("late", wait=timedelta(hours=1))])
        assert [answer for _, answer in next(groups)] == [Accepted("SM1")]
        groups.close()  # type: ignore[attr-defined]  # a generator, though the interface says iterator
        assert peer.left.wait(PATIENCE_S)
    assert len(peer.requests) == 2


def test_threads_share_a_gateway(make_gateway: MakeGateway) -> None:
    together = threading.Barrier(2, timeout=PATIENCE_S)

    def wait_for_the_other(_: Request) -> bytes:
        together.wait()
        return TAKEN

    with HttpPeer(wait_for_the_other) as peer, ThreadPoolExecutor(2) as threads:
        gateway = make_gateway(peer.url)
        answers = threads.map(lambda _: send_one(gateway, parcel()), range(2))
        assert list(answers) == [Accepted("SM1")] * 2


def test_a_gateway_made_before_a_fork_works_after_it(make_gateway: MakeGateway) -> None:
    with HttpPeer(always(TAKEN)) as peer:
        gateway = make_gateway(peer.url)
        child = os.fork()
        if child == 0:
            os._exit(0 if send_one(gateway, parcel()) == Accepted("SM1") else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_closed_gateway_opens_again(make_gateway: MakeGateway) -> None:
    with HttpPeer(always(TAKEN)) as peer:
        gateway = make_gateway(peer.url)
        for _ in range(2):
            assert send_one(gateway, parcel()) == Accepted("SM1")
            gateway.close()
        gateway.close()
        assert peer.connections == 2


def test_closing_leaves_what_is_in_flight_uncertain(make_gateway: MakeGateway) -> None:
    arrived = threading.Event()

    def hang(_: Request) -> None:
        arrived.set()

    with HttpPeer(hang) as peer, ThreadPoolExecutor(1) as threads:
        gateway = make_gateway(peer.url)
        answer = threads.submit(send_one, gateway, parcel())
        assert arrived.wait(PATIENCE_S)
        gateway.close()
        assert answer.result(PATIENCE_S) == Uncertain("interrupted")


def test_nothing_to_send_is_no_work(make_gateway: MakeGateway) -> None:
    assert list(make_gateway("http://127.0.0.1:1").send([])) == []


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


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("accepted", ReceiptKind.TAKEN),
        ("sent", ReceiptKind.TAKEN),
        ("delivered", ReceiptKind.DELIVERED),
        ("read", ReceiptKind.DELIVERED),
        ("undelivered", ReceiptKind.UNDELIVERED),
        ("failed", ReceiptKind.FAILED),
        ("canceled", ReceiptKind.FAILED),
        ("received", None),
        ("", None),
    ],
)
def test_twilios_words_are_put_into_ours(word: str, kind: ReceiptKind | None) -> None:
    assert receipt_kind(word) is kind


HOOK = "https://clinic.example/hooks/twilio/reply?m=1&a=2"
FORM = [("Body", ""), ("From", PATIENT), ("To", "+15005550006")]


def sign(token: str, url: str = HOOK) -> str:
    return str(RequestValidator(token).compute_signature(url, dict(FORM)))


def test_a_signature_of_either_token_is_valid() -> None:
    for token in ("old", "new"):
        assert signature_is_valid(HOOK, FORM, sign(token), ("new", "old"))


@pytest.mark.parametrize(
    ("url", "form", "signature", "tokens"),
    [
        (HOOK, FORM, sign("other"), ["token"]),
        (HOOK, FORM[1:], sign("token"), ["token"]),
        (HOOK, [*FORM, ("Body", "STOP")], sign("token"), ["token"]),
        (HOOK.replace("m=1", "m=2"), FORM, sign("token"), ["token"]),
        (HOOK.replace("https", "http"), FORM, sign("token"), ["token"]),
        (HOOK, FORM, None, ["token"]),
        (HOOK, FORM, "", ["token"]),
        (HOOK, FORM, "ünïcode\x00", ["token"]),
        (HOOK, FORM, sign(""), ["", ""]),
        (HOOK, FORM, sign("token"), []),
    ],
    ids=["token", "blank-dropped", "value-added", "query", "scheme", "missing", "blank", "odd", "no-token", "none"],
)
def test_any_other_signature_is_not(
    url: str, form: list[tuple[str, str]], signature: str | None, tokens: list[str]
) -> None:
    assert not signature_is_valid(url, form, signature, tokens)


def test_a_name_that_comes_twice_is_signed_with_both_values() -> None:
    # Twilio sorts the values of one name: Media=a, Media=b.
    twice = [("Media", "b"), ("Media", "a")]
    signature = RequestValidator("token").compute_signature(HOOK + "Media" + "aMediab", {})
    assert signature_is_valid(HOOK, twice, str(signature), ["token"])


def test_every_code_says_in_a_sentence_what_to_do() -> None:
    for code, known in CODES.items():
        assert code.isdigit()
        assert len(code) == 5
        assert known.sentence.endswith(".")
