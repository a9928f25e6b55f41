"""Tests talk to this machine only, whichever way they try."""

import asyncio
import socket
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

ELSEWHERE = ("192.0.2.1", 443)  # RFC 5737: nobody's address


def test_a_socket_may_not_leave_this_machine() -> None:
    with pytest.warns(UserWarning, match=ELSEWHERE[0]), pytest.raises(SocketConnectBlockedError):
        socket.create_connection(ELSEWHERE, timeout=1)


def test_nor_may_one_of_an_event_loop() -> None:
    with pytest.warns(UserWarning, match=ELSEWHERE[0]), pytest.raises(SocketConnectBlockedError):
        asyncio.run(asyncio.open_connection(*ELSEWHERE))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_socket_reaches_a_server_on_this_machine(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((host, port), timeout=5) as client:
            assert client.getpeername() == ("127.0.0.1", port)


def test_a_socket_reaches_a_server_behind_a_file(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        client.connect(str(tmp_path / "socket"))
        assert client.getpeername() == str(tmp_path / "socket")
