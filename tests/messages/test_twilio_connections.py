"""How texts travel: in time, side by side, over connections that are kept, and never twice."""

import errno
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic

import pytest

from followup.messages.gateway import Accepted, Unavailable, Uncertain
from followup.messages.http import KeptAliveClient, NotSentError

from .conftest import TAKEN, MakeGateway, always, parcel, send_one
from .peers import PATIENCE_S, HttpPeer, Peer, Request


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
