import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest

from followup.emulators import Emulators
from followup.messages.gateway import Accepted, Answer, Parcel, Refusal, Refused, Search, Unavailable, Uncertain
from followup.messages.smtp import SmtpAccount, SmtpGateway

from .peers import CONTENT, CUT, DOT, GREETING, HANG, PATIENCE_S, SmtpPeer

SENDER = "Clinic <care@clinic.example>"
SINCE = datetime(2026, 11, 23, 15, tzinfo=UTC)
PATIENT = "ana@patient.example"
CERTIFICATE = Path(__file__).parents[1] / "emulators" / "localhost.pem"  # signed by itself, for localhost and 127.0.0.1

MakeGateway = Callable[..., SmtpGateway]


@pytest.fixture
def make_gateway() -> Iterator[MakeGateway]:
    made: list[SmtpGateway] = []

    def make(url: str, *, ca_file: Path | None = None, **options: float) -> SmtpGateway:
        made.append(SmtpGateway(SmtpAccount.from_url(url, sender=SENDER, ca_file=ca_file), **options))
        return made[-1]

    yield make
    for gateway in made:
        gateway.close()


@pytest.fixture(scope="module")
def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def parcel(text: str = "How are you?", *, to: str = PATIENT, **details: Any) -> Parcel:
    return Parcel(message_id=uuid4(), attempt_id=uuid4(), to=to, text=text, subject="After your visit", **details)


def send_one(gateway: SmtpGateway, what: Parcel) -> Answer:
    [[(answered, answer)]] = gateway.send([what])
    assert answered is what
    return answer


def accepted(what: Parcel) -> Accepted:
    return Accepted(f"<{what.message_id}@clinic.example>")


def test_an_email_goes_to_its_recipient_alone(make_gateway: MakeGateway) -> None:
    what = parcel()
    with SmtpPeer() as peer:
        assert send_one(make_gateway(peer.url), what) == accepted(what)
    assert peer.said == [
        "ehlo clinic.example",
        "mail FROM:<care@clinic.example>",
        f"rcpt TO:<{PATIENT}>",
        "DATA",
    ]


def test_leading_dots_and_odd_line_ends_arrive_as_written(make_gateway: MakeGateway) -> None:
    what = parcel("one\n.two\n.\n..three\r\nfour\rfive")
    with SmtpPeer() as peer:
        assert send_one(make_gateway(peer.url), what) == accepted(what)
    [content] = peer.contents
    lines = content.split(b"\r\n\r\n", 1)[1].split(b"\r\n")
    assert lines == [b"one", b"..two", b"..", b"...three", b"four", b"five", b""]
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")


def stopped(code: str) -> Unavailable:
    return Unavailable(code, stops_sender=True)


@pytest.mark.parametrize(
    ("step", "reply", "answer"),
    [
        (GREETING, "421 4.3.2 busy", Unavailable("421 4.3.2")),
        (GREETING, "554 5.7.1 not you", stopped("554 5.7.1")),
        (GREETING, "hello", Unavailable("-1")),
        ("MAIL", "451 4.3.0 later", Unavailable("451 4.3.0")),
        ("MAIL", "530 5.7.0 Authentication required", stopped("530 5.7.0")),
        ("MAIL", "550 5.7.1 not your address", stopped("550 5.7.1")),
        ("RCPT", "450 4.2.1 greylisted", Unavailable("450 4.2.1")),
        ("RCPT", "450 5.1.1 neither this nor that", Unavailable("450")),
        ("RCPT", "421 closing", Unavailable("421")),
        ("RCPT", f"550 5.1.1 <{PATIENT}>: no such user", Refused(Refusal.BAD_ADDRESS, "550 5.1.1")),
        ("RCPT", "550 no such user", Refused(Refusal.BAD_ADDRESS, "550")),
        ("RCPT", "551 moved", Refused(Refusal.BAD_ADDRESS, "551")),
        ("RCPT", "553 5.1.3 odd", Refused(Refusal.BAD_ADDRESS, "553 5.1.3")),
        ("RCPT", "550 <relay@login.example> unknown", Refused(Refusal.BAD_ADDRESS, "550")),
        ("RCPT", "552 5.2.2 full", Unavailable("552 5.2.2")),
        ("RCPT", "552 over quota", Unavailable("552")),
        ("RCPT", "550 5.1.8 bad sender domain", stopped("550 5.1.8")),
        ("RCPT", "554 5.7.1 Relay access denied", stopped("554 5.7.1")),
        ("RCPT", "550 relay not permitted", stopped("550")),
        ("RCPT", "550 5.7.1 Access denied", Refused(Refusal.UNKNOWN, "550 5.7.1")),
        ("RCPT", "550 4.7.1 relay not permitted", stopped("550")),
        ("RCPT", "554 no", Refused(Refusal.UNKNOWN, "554")),
        ("DATA", "451 later", Unavailable("451")),
        ("DATA", "554 5.5.1 no valid recipients", Refused(Refusal.CONTENT, "554 5.5.1")),
        (DOT, "451 4.7.1 later", Unavailable("451 4.7.1")),
        (DOT, "421 4.3.0 closing", Unavailable("421 4.3.0")),
        (DOT, "552 5.3.4 too big", Refused(Refusal.CONTENT, "552 5.3.4")),
        (DOT, "554 5.6.0 spam", Refused(Refusal.CONTENT, "554 5.6.0")),
        (DOT, "550 5.1.1 no such user", Refused(Refusal.BAD_ADDRESS, "550 5.1.1")),
        (DOT, "550 5.7.26 unauthenticated email", stopped("550 5.7.26")),
        (DOT, "queued, I think", Uncertain("unreadable answer")),
        (DOT, "354 go on", Uncertain("unreadable answer")),
    ],
)
def test_what_the_relay_says_is_told_apart(make_gateway: MakeGateway, step: str, reply: str, answer: Answer) -> None:
    with SmtpPeer({step: f"{reply}\r\n".encode()}) as peer:
        assert send_one(make_gateway(peer.url), parcel()) == answer
    assert len(peer.contents) == (step == DOT)


@pytest.mark.parametrize("step", [GREETING, "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("fault", [CUT, HANG], ids=["cut", "hang"])
def test_before_the_final_dot_nothing_was_taken(make_gateway: MakeGateway, step: str, fault: bytes | None) -> None:
    with SmtpPeer({step: fault}) as peer:
        assert send_one(make_gateway(peer.url, read_timeout=0.2), parcel()) == Unavailable("connection cut")


@pytest.mark.parametrize("fault", [CUT, HANG], ids=["cut", "hang"])
def test_after_the_final_dot_only_the_answer_tells(make_gateway: MakeGateway, fault: bytes | None) -> None:
    with SmtpPeer({DOT: fault}) as peer:
        assert send_one(make_gateway(peer.url, read_timeout=0.2), parcel()) == Uncertain("no answer")
    assert len(peer.contents) == 1


def test_a_content_that_was_cut_short_was_not_taken(make_gateway: MakeGateway) -> None:
    with SmtpPeer({CONTENT: CUT}) as peer:
        assert send_one(make_gateway(peer.url), parcel("x" * 10_000_000)) == Unavailable("connection cut")
    assert peer.contents == []


def test_a_relay_that_drags_on_is_left_in_time(make_gateway: MakeGateway) -> None:
    class Slow(SmtpPeer):
        def _reply(self, step: str, connection: socket.socket) -> bool:
            self.released.wait(0.15)
            return super()._reply(step, connection)

    with Slow() as peer:
        assert send_one(make_gateway(peer.url, talk_timeout=0.4), parcel()) == Unavailable("connection cut")
    assert peer.contents == []


def test_nobody_listening_took_nothing(make_gateway: MakeGateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert send_one(make_gateway(f"smtp://127.0.0.1:{port}"), parcel()) == Unavailable("no connection")


def test_one_connection_serves_email_after_email(make_gateway: MakeGateway) -> None:
    with SmtpPeer({"RCPT": b"550 5.1.1 no\r\n"}) as peer:
        gateway = make_gateway(peer.url)
        for _ in range(3):
            assert send_one(gateway, parcel()) == Refused(Refusal.BAD_ADDRESS, "550 5.1.1")
        assert peer.connections == 1
        gateway.close()
    assert peer.said.count("RSET") == 2
    assert peer.said[-1] == "QUIT"


@pytest.mark.parametrize("reply", [CUT, HANG, b"421 idle for too long\r\n"], ids=["cut", "hang", "421"])
def test_an_idle_connection_that_died_is_replaced(make_gateway: MakeGateway, reply: bytes | None) -> None:
    with SmtpPeer({"RSET": reply}) as peer:
        gateway = make_gateway(peer.url, read_timeout=0.2)
        for what in (parcel(), parcel()):
            assert send_one(gateway, what) == accepted(what)
        assert peer.connections == 2


def test_a_connection_that_the_relay_closed_is_replaced(make_gateway: MakeGateway) -> None:
    with SmtpPeer(lives_for=1) as peer:
        gateway = make_gateway(peer.url)
        for what in (parcel(), parcel()):
            assert send_one(gateway, what) == accepted(what)
        assert peer.connections == 2


def test_threads_have_a_connection_each(make_gateway: MakeGateway) -> None:
    class Together(SmtpPeer):
        both = threading.Barrier(2, timeout=PATIENCE_S)

        def _reply(self, step: str, connection: socket.socket) -> bool:
            if step == "MAIL":
                self.both.wait()
            return super()._reply(step, connection)

    with Together() as peer, ThreadPoolExecutor(2) as threads:
        gateway = make_gateway(peer.url)
        parcels = [parcel(), parcel()]
        assert list(threads.map(lambda what: send_one(gateway, what), parcels)) == [accepted(what) for what in parcels]
        assert peer.connections == 2
        gateway.close()


def test_a_parcel_waits_for_its_pace(make_gateway: MakeGateway) -> None:
    with SmtpPeer() as peer:
        began = monotonic()
        send_one(make_gateway(peer.url), parcel(wait=timedelta(seconds=0.2)))
    assert monotonic() - began >= 0.2


def test_a_relay_keeps_no_list(make_gateway: MakeGateway) -> None:
    gateway = make_gateway("smtp://127.0.0.1")
    assert gateway.find(Search(PATIENT, "How are you?", SINCE)) is None
    assert not gateway.keeps_list


def test_starttls_and_a_login_open_the_door(make_gateway: MakeGateway, server_tls: ssl.SSLContext) -> None:
    what = parcel()
    with Emulators(mail_tls=server_tls, mail_login=("care", "p@ss/word")) as emulators:
        assert send_one(make_gateway(emulators.smtp_url, ca_file=CERTIFICATE), what) == accepted(what)
        [email] = emulators.mailbox()
    assert email["to"] == PATIENT


def test_a_wrong_password_stops_the_sender(make_gateway: MakeGateway, server_tls: ssl.SSLContext) -> None:
    with Emulators(mail_tls=server_tls, mail_login=("care", "right")) as emulators:
        url = emulators.smtp_url.replace("right", "wrong")
        answer = send_one(make_gateway(url, ca_file=CERTIFICATE), parcel())
    assert answer == Unavailable("535 5.7.8", stops_sender=True)


def test_a_certificate_that_nobody_vouches_for_stops_the_sender(
    make_gateway: MakeGateway, server_tls: ssl.SSLContext
) -> None:
    with Emulators(mail_tls=server_tls) as emulators:
        assert send_one(make_gateway(emulators.smtp_url), parcel()) == Unavailable("certificate", stops_sender=True)


def test_a_relay_without_starttls_or_login_stops_the_sender(make_gateway: MakeGateway) -> None:
    with SmtpPeer() as peer:
        for url in (f"{peer.url}?starttls=required", f"smtp://care:password@127.0.0.1:{peer.port}"):
            answer = send_one(make_gateway(url), parcel())
            assert answer == Unavailable("no starttls or auth", stops_sender=True)
    assert not any("auth" in line.lower() for line in peer.said)


def test_smtps_is_encrypted_from_the_first_byte(make_gateway: MakeGateway, server_tls: ssl.SSLContext) -> None:
    what = parcel()
    with SmtpPeer(tls=server_tls) as peer:
        assert send_one(make_gateway(f"smtps://localhost:{peer.port}", ca_file=CERTIFICATE), what) == accepted(what)


def test_an_address_beyond_ascii_needs_a_relay_that_takes_it(make_gateway: MakeGateway) -> None:
    what = parcel(to="jörg@patient.example")
    with Emulators() as emulators:
        assert send_one(make_gateway(emulators.smtp_url), what) == accepted(what)
        assert emulators.mailbox()[0]["to"] == "jörg@patient.example"
    with SmtpPeer() as peer:
        assert send_one(make_gateway(peer.url), what) == Refused(Refusal.BAD_ADDRESS, "no smtputf8")


@pytest.mark.parametrize("to", [f"{PATIENT}\r\nRCPT TO:<x@y.example>", f"{PATIENT}, x@y.example", "ana", "", "@"])
def test_what_is_not_one_address_never_reaches_the_relay(make_gateway: MakeGateway, to: str) -> None:
    with SmtpPeer() as peer:
        assert send_one(make_gateway(peer.url), parcel(to=to)) == Refused(Refusal.BAD_ADDRESS, "address")
    assert peer.connections == 0
