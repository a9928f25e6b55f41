"""Email through the clinic's own relay, each step spoken by hand.

Until the final dot is written, nothing was taken; after it, only the server's answer can tell.
"""

import ipaddress
import re
import smtplib
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from followup.messages.gateway import (
    Accepted,
    Answer,
    Gateway,
    Parcel,
    Refusal,
    Refused,
    Search,
    Sighting,
    Unavailable,
    Uncertain,
)
from followup.messages.letter import Letter, address_of, write
from followup.messages.smtp_replies import Step, judge
from followup.terms import Channel

CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 30.0  # seconds, for each answer
CHECK_TIMEOUT = 5.0  # seconds, for a connection that lay idle
URL_FORM = (
    "SMTP_URL: write smtp://name:password@host:587?starttls=required or smtps://name:password@host:465, "
    "with %40 for @, %2F for / and %3A for : in a name or password"
)


class Tls(StrEnum):
    NONE = "none"  #: on loopback only
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """The relay and who we are there. An empty `name` means no login; without `ca_file` the system's CAs are trusted."""

    host: str
    port: int
    tls: Tls
    sender: Address
    name: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None

    @classmethod
    def from_url(cls, url: str, *, sender: str, ca_file: str | Path | None = None) -> Self:
        """Read `SMTP_URL`, `EMAIL_FROM` and `SMTP_CA_FILE`.

        Raises:
            ValueError: one line that names the setting and the mend, never the password.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:  # its text may hold a piece of the password
            raise ValueError(URL_FORM) from None
        if parts.scheme not in ("smtp", "smtps") or not host or (parts.username is None) != (parts.password is None):
            raise ValueError(URL_FORM)
        if ca_file and not Path(ca_file).is_file():
            raise ValueError(f"SMTP_CA_FILE: there is no file {ca_file}")
        return cls(
            host=host,
            port=port or (465 if parts.scheme == "smtps" else 587),
            tls=_tls(parts, host),
            sender=_sender(sender),
            name=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            ca_file=Path(ca_file) if ca_file else None,
        )


class SmtpGateway(Gateway):
    """A relay keeps no list for us, so an uncertain email waits for a person."""

    channel = Channel.EMAIL
    batch = 1
    keeps_list = False

    def __init__(self, account: SmtpAccount, *, read_timeout: float = READ_TIMEOUT) -> None:
        self._account = account
        self._read_timeout = read_timeout
        self._idle: deque[_Connection] = deque()  # at most one for each thread that sends

    def send(self, parcels: Sequence[Parcel]) -> Iterator[Sequence[tuple[Parcel, Answer]]]:
        """One email after the other over a kept connection."""
        began = monotonic()
        pause = threading.Event()
        for parcel in parcels:
            pause.wait(max(0.0, began + parcel.wait.total_seconds() - monotonic()))
            yield [(parcel, self._hand_over(parcel))]

    def find(self, search: Search) -> list[Sighting] | None:  # noqa: ARG002  # the interface's
        """Always None: there is no list to read."""
        return None

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            self._idle.pop().leave()

    def _hand_over(self, parcel: Parcel) -> Answer:
        try:
            letter = write(parcel, self._account.sender)
        except ValueError:
            return Refused(Refusal.BAD_ADDRESS, "address")
        try:
            connection = self._idle_connection() or _Connection(self._account, self._tls_context, self._read_timeout)
        except OSError as why:
            return _judge_door(why)
        try:
            answer = connection.hand_over(letter)
        except BaseException:  # a worker told to stop, say; what was said last is lost with the connection
            connection.close()
            raise
        if connection.sock is not None:
            self._idle.append(connection)
        return answer

    def _idle_connection(self) -> "_Connection | None":
        with suppress(IndexError):
            connection = self._idle.pop()
            if connection.is_alive():
                return connection
            connection.close()
        return None

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._account.ca_file)


class _Connection(smtplib.SMTP):
    """Ready to send: greeted, encrypted and logged in as the account wants, or an OSError."""

    def __init__(self, account: SmtpAccount, context: ssl.SSLContext, read_timeout: float) -> None:
        self._implicit = context if account.tls is Tls.IMPLICIT else None
        # Our own name: without it smtplib asks the name server for this machine's.
        super().__init__(account.host, account.port, local_hostname=account.sender.domain, timeout=read_timeout)
        try:
            if account.tls is Tls.STARTTLS:
                self.starttls(context=context)
            self.ehlo_or_helo_if_needed()
            if account.name:
                self.login(account.name, account.password)
        except BaseException:
            self.close()
            raise

    def is_alive(self) -> bool:
        """Whether the other side still listens; also clears what an earlier email may have left behind."""
        try:
            return self.sock is not None and self._quickly("RSET") == 250
        except OSError:
            return False

    def leave(self) -> None:
        with suppress(OSError):
            self._quickly("QUIT")
        self.close()

    def hand_over(self, letter: Letter) -> Answer:
        """Offer one email; afterwards `sock` is None if the connection is of no more use."""
        if letter.needs_utf8 and not self.has_extn("smtputf8"):
            return Refused(Refusal.BAD_ADDRESS, "no smtputf8")
        try:
            declined = self._offer(letter)
        except OSError:
            self.close()
            return Unavailable("connection cut")
        return declined or self._verdict(letter)

    def _offer(self, letter: Letter) -> Answer | None:
        """Everything up to and with the final dot, or why it did not come to that."""
        options = ["SMTPUTF8", "BODY=8BITMIME"] if letter.needs_utf8 else []
        steps: tuple[tuple[Step, Callable[[], tuple[int, bytes]]], ...] = (
            (Step.SENDER, lambda: self.mail(letter.sender, options)),
            (Step.RECIPIENT, lambda: self.rcpt(letter.to)),
            (Step.CONTENT, lambda: self.docmd("DATA")),
        )
        for step, speak in steps:
            code, text = speak()
            if not 200 <= code < 400:
                return self._declined(step, code, text)
        self.send(_dotted(letter.content))  # whole or an error: a content without its dot is never taken
        return None

    def _verdict(self, letter: Letter) -> Answer:
        try:
            code, text = self.getreply()
        except OSError:
            self.close()
            return Uncertain("no answer")
        if 200 <= code < 300:
            return Accepted(letter.reference)
        if not 400 <= code < 600:
            self.close()
            return Uncertain("unreadable answer")
        return self._declined(Step.CONTENT, code, text)

    def _declined(self, step: Step, code: int, text: bytes) -> Answer:
        if code == 421 or code < 0:  # the server hangs up, or speaks something else
            self.close()
        return judge(step, code, text)

    def _quickly(self, command: str) -> int:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected
        self.command_encoding = "ascii"
        self.sock.settimeout(min(CHECK_TIMEOUT, self.timeout))
        code, _ = self.docmd(command)
        self.sock.settimeout(self.timeout)
        return code

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """The way in that smtplib itself uses for TLS; here also for a shorter time to connect than to answer."""
        plain = socket.create_connection((host, port), CONNECT_TIMEOUT)
        plain.settimeout(timeout)
        return self._implicit.wrap_socket(plain, server_hostname=host) if self._implicit else plain


def _tls(parts: SplitResult, host: str) -> Tls:
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if query not in ({}, {"starttls": "required"}) or (query and parts.scheme == "smtps"):
        raise ValueError("SMTP_URL: after the ? only starttls=required is known, and only with smtp://")
    if parts.scheme == "smtps":
        return Tls.IMPLICIT
    if query:
        return Tls.STARTTLS
    if not _is_loopback(host):
        raise ValueError(f"SMTP_URL: {host} is another machine; add ?starttls=required or use smtps://")
    return Tls.NONE


def _sender(text: str) -> Address:
    try:
        return address_of(text)
    except ValueError as why:
        raise ValueError(f"EMAIL_FROM: {why}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _judge_door(why: OSError) -> Unavailable | Refused:
    match why:
        case smtplib.SMTPResponseException():
            text = why.smtp_error
            return judge(Step.DOOR, why.smtp_code, text if isinstance(text, bytes) else text.encode())
        case smtplib.SMTPServerDisconnected():
            return Unavailable("connection cut")
        case smtplib.SMTPException():  # STARTTLS or AUTH is not offered
            return Unavailable("no starttls or auth", stops_sender=True)
        case ssl.SSLCertVerificationError():
            return Unavailable("certificate", stops_sender=True)
        case _:
            return Unavailable("no connection")


def _dotted(content: bytes) -> bytes:
    """RFC 5321 §4.5.2: a leading dot is doubled, so that only ours ends the email."""
    return re.sub(rb"(?m)^\.", b"..", content) + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")
