"""Servers on loopback that say exactly what a test scripts, and break off exactly where it wants."""

import socket
import ssl
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Self
from urllib.parse import parse_qsl

PATIENCE_S = 20


class Peer(ABC):
    """Runs `talk` in a thread for each connection, until the block ends."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self.released = threading.Event()  #: what hangs goes on when this is set
        self._tls = tls
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=600)
        self.port = int(self._listening.getsockname()[1])
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        for each in (self._listening, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE_S)
        for each in (self._listening, *self._open):
            each.close()

    @abstractmethod
    def talk(self, stream: BinaryIO, connection: socket.socket) -> None:
        """What is said on one connection."""

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                self._open.append(connection)
                self._start(lambda taken=connection: self._serve(taken))  # type: ignore[misc]  # a default argument

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection.makefile("rb") as stream:
                self.talk(stream, connection)

    def hang(self) -> None:
        self.released.wait(PATIENCE_S)


def reset(connection: socket.socket) -> None:
    """Close with RST, as a crashing machine does, once `talk` has ended."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@dataclass(frozen=True)
class Request:
    line: str
    headers: Mapping[str, str]
    form: Mapping[str, str]


class HttpPeer(Peer):
    """Answers request after request with what `answer` returns: bytes, or None to hang, or b"" to cut."""

    def __init__(self, answer: Callable[[Request], bytes | None], *, keeps_alive: bool = True) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self.left = threading.Event()  #: a client closed its side of a connection
        self._answer = answer
        self._keeps_alive = keeps_alive

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def talk(self, stream: BinaryIO, connection: socket.socket) -> None:
        while request := read_request(stream):
            self.requests.append(request)
            answer = self._answer(request)
            if answer is None:
                self.hang()
                return
            if not answer:
                reset(connection)
                return
            connection.sendall(answer)
            if not self._keeps_alive:
                connection.shutdown(socket.SHUT_WR)
        self.left.set()


def read_request(stream: BinaryIO) -> Request | None:
    line = stream.readline().decode().strip()
    if not line:
        return None
    headers = {}
    while head := stream.readline().decode().strip():
        name, _, value = head.partition(": ")
        headers[name.lower()] = value
    body = stream.read(int(headers.get("content-length", 0))).decode()
    return Request(line, headers, dict(parse_qsl(body, keep_blank_values=True)))


def http(status: int, body: str, **headers: str) -> bytes:
    content = body.encode()
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


GREETING, CONTENT, DOT = "greeting", "content", "."
CUT, HANG = b"", None
_FINE = {GREETING: "220 ready", "EHLO": "250-peer\r\n250 HELP", "DATA": "354 go on", "QUIT": "221 bye"}


class SmtpPeer(Peer):
    """Says "250 fine" to everything but the steps in `replies`: bytes, or CUT, or HANG."""

    def __init__(
        self,
        replies: Mapping[str, bytes | None] | None = None,
        *,
        lives_for: int = 99,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls=tls)
        self.said: list[str] = []
        self.contents: list[bytes] = []
        self._replies = replies or {}
        self._lives_for = lives_for

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def talk(self, stream: BinaryIO, connection: socket.socket) -> None:
        going_on = self._reply(GREETING, connection)
        emails = 0
        while going_on and emails < self._lives_for and (line := stream.readline()):
            command = line.decode().strip()
            self.said.append(command)
            step = command.split()[0].upper()
            going_on = self._reply(step, connection)
            if step == "DATA" and going_on and step not in self._replies:
                if CONTENT in self._replies:
                    reset(connection)
                    return
                self.contents.append(read_content(stream))
                emails += 1
                going_on = self._reply(DOT, connection)
            going_on = going_on and step != "QUIT"
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    def _reply(self, step: str, connection: socket.socket) -> bool:
        reply = self._replies.get(step, f"{_FINE.get(step, '250 fine')}\r\n".encode())
        if reply is HANG:
            self.hang()
        elif reply:
            connection.sendall(reply)
        return bool(reply)


def read_content(stream: BinaryIO) -> bytes:
    """The raw lines up to the final dot, still stuffed."""
    lines = []
    while (line := stream.readline()) not in (b".\r\n", b""):
        lines.append(line)
    return b"".join(lines)
