"""Email through the clinic's own relay, each step spoken by hand.

Until the final dot is written, nothing was taken; after it, only the server's answer can tell.
"""

import re
import smtplib
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from time import monotonic

from followup.messages.gateway import (
    STALLED,
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
from followup.messages.letter import Letter, write
from followup.messages.smtp_account import SmtpAccount, Tls
from followup.messages.smtp_replies import Step, judge
from followup.terms import Channel

__all__ = ["SmtpAccount", "SmtpGateway"]

CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 30.0  # seconds, for each answer
TALK_TIMEOUT = 45.0  # seconds, for all of an email: less than an attempt's lease
CHECK_TIMEOUT = 5.0  # seconds, for a connection that lay idle


class SmtpGateway(Gateway):
    """A relay keeps no list for us, so an uncertain email waits for a person."""

    channel = Channel.EMAIL
    batch = 1
    keeps_list = False

    def __init__(
        self, account: SmtpAccount, *, read_timeout: float = READ_TIMEOUT, talk_timeout: float = TALK_TIMEOUT
    ) -> None:
        self._account = account
        self._read_timeout = read_timeout
        self._talk_timeout = talk_timeout
        self._idle: deque[_Connection] = deque()  # at most one for each thread that sends

    def send(self, parcels: Sequence[Parcel]) -> Iterator[Sequence[tuple[Parcel, Answer]]]:
        """One email after the other over a kept connection."""
        began = monotonic()
        pause = threading.Event()
        for parcel in parcels:
            pause.wait(max(0.0, began + parcel.wait.total_seconds() - monotonic()))
            yield [(parcel, Unavailable(STALLED) if parcel.is_stalled else self._hand_over(parcel))]

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
        deadline = monotonic() + self._talk_timeout
        try:
            connection = self._idle_connection() or self._open(deadline)
        except OSError as why:
            return _judge_door(why)
        try:
            answer = connection.hand_over(letter, deadline)
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

    def _open(self, deadline: float) -> "_Connection":
        return _Connection(self._account, self._tls_context, self._read_timeout, deadline)

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._account.ca_file)


class _Connection(smtplib.SMTP):
    """Ready to send: greeted, encrypted and logged in as the account wants, or an OSError."""

    def __init__(self, account: SmtpAccount, context: ssl.SSLContext, read_timeout: float, deadline: float) -> None:
        self._deadline = deadline
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
            return self._quickly("RSET") == 250
        except OSError:
            return False

    def leave(self) -> None:
        with suppress(OSError):
            self._quickly("QUIT")
        self.close()

    def hand_over(self, letter: Letter, deadline: float) -> Answer:
        """Offer one email; afterwards `sock` is None if the connection is of no more use."""
        self._deadline = deadline
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
        self.command_encoding = "ascii"  # after an email in UTF-8
        self._deadline = monotonic() + CHECK_TIMEOUT
        code, _ = self.docmd(command)
        return code

    def getreply(self) -> tuple[int, bytes]:
        """Every answer comes through here: in time for itself, and for the whole email."""
        if self.sock is not None:
            self.sock.settimeout(min(self.timeout, max(self._deadline - monotonic(), 0.01)))
        return super().getreply()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """The way in that smtplib itself uses for TLS; here also for a shorter time to connect than to answer."""
        plain = socket.create_connection((host, port), CONNECT_TIMEOUT)
        plain.settimeout(timeout)
        return self._implicit.wrap_socket(plain, server_hostname=host) if self._implicit else plain


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
