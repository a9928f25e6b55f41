"""An SMTP server that keeps what it gets."""

import asyncio
import hmac
import logging
import ssl
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from followup.emulators.emulation import Emulation
from followup.emulators.faults import FaultKind, Stage

_TAKEN = "250 2.0.0 Kept"


class MailServer:
    """Takes UTF-8 and 8-bit mail; with `tls` it insists on STARTTLS, with `login` on AUTH as well."""

    def __init__(
        self, emulation: Emulation, *, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None
    ) -> None:
        if login and not tls:
            raise ValueError("a mail login needs TLS: give `mail_tls` too")
        self._emulation = emulation
        self._tls = tls
        self._login = login
        self._connections: WeakSet[SMTP] = WeakSet()
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's own log tells addresses

    async def start(self, host: str, port: int) -> int:
        """Listen, and say on which port."""
        self._server = await asyncio.get_running_loop().create_server(self._connection, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        self._server.close()
        for connection in self._connections:
            _cut(connection)
        await self._server.wait_closed()

    def _connection(self) -> SMTP:
        connection = SMTP(
            self,
            enable_SMTPUTF8=True,
            hostname="mail.emulator.invalid",
            ident="ESMTP",
            tls_context=self._tls,
            require_starttls=self._tls is not None,
            auth_required=self._login is not None,
            auth_exclude_mechanism=None if self._login else ("LOGIN", "PLAIN"),
            authenticator=self._authenticate,
            loop=asyncio.get_running_loop(),
        )
        self._connections.add(connection)
        return connection

    async def handle_RCPT(  # noqa: N802 — aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if fault := self._emulation.faults.take(Stage.MAIL_DOOR, address):
            if fault.kind is FaultKind.TEMPORARY:
                return "451 4.3.0 Try again later"
            return "550 5.1.1 There is no such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 — aiosmtpd calls it so
        emulation = self._emulation
        await asyncio.sleep(emulation.latency.total_seconds())
        mails = emulation.take_mail(envelope.original_content or b"", envelope.rcpt_tos)
        words = [word for mail in mails for word in (mail.to, mail.subject, mail.text)]
        if fault := emulation.faults.take(Stage.MAIL_ANSWER, *words):
            if fault.kind is FaultKind.MAIL_HANG:
                await emulation.hold(fault.wait)
            else:
                _cut(server)
                await asyncio.Event().wait()  # the end of the connection cancels us
        return _TAKEN

    async def handle_exception(self, error: Exception) -> str:
        return f"554 5.6.0 This can't be read: {type(error).__name__}"

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        name, password = self._login or ("", "")
        known = hmac.compare_digest(given.login, name.encode()) and hmac.compare_digest(
            given.password, password.encode()
        )
        return AuthResult(success=known, handled=False)


def _cut(connection: SMTP) -> None:
    if isinstance(connection.transport, asyncio.WriteTransport):
        connection.transport.abort()
