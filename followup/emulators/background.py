"""The emulators in a thread of their own, for tests."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any, Self, TypeVar
from urllib.parse import quote

from followup.emulators.account import DEFAULT_ACCOUNT, TwilioAccount
from followup.emulators.carrier import Receipts
from followup.emulators.faults import Fault
from followup.emulators.inbound import Inbound
from followup.emulators.server import Layout, Served, serve

T = TypeVar("T")

_PATIENCE = 30  # seconds; longer than a webhook may take


class Emulators:
    """Twilio and a mailbox on free ports of 127.0.0.1 while the context is open.

    `mail_tls` makes the mail server insist on STARTTLS; `mail_login` (name, password) on AUTH as well.
    """

    def __init__(
        self,
        *,
        account: TwilioAccount = DEFAULT_ACCOUNT,
        reply_url: str = "",
        latency: timedelta = timedelta(0),
        receipts: Receipts = Receipts.EVERY,
        mail_tls: ssl.SSLContext | None = None,
        mail_login: tuple[str, str] | None = None,
    ) -> None:
        self.account = account
        self._layout = Layout(
            host="127.0.0.1",
            twilio_port=0,
            smtp_port=0,
            mail_http_port=0,
            account=account,
            reply_url=reply_url,
            latency=latency,
            receipts=receipts,
            mail_tls=mail_tls,
            mail_login=mail_login,
        )

    def __enter__(self) -> Self:
        started: Future[Served] = Future()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(started),), name="emulators")
        self._thread.start()
        self._served = started.result(_PATIENCE)
        self._emulation = self._served.emulation
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    @property
    def twilio_url(self) -> str:
        return f"http://127.0.0.1:{self._served.twilio_port}"

    @property
    def mail_http_url(self) -> str:
        return f"http://127.0.0.1:{self._served.mail_http_port}"

    @property
    def smtp_url(self) -> str:
        """With name and password, and `?starttls=required`, where the server insists on them."""
        who = ":".join(quote(word, safe="") for word in self._layout.mail_login or ())
        return (
            f"smtp://{who + '@' if who else ''}127.0.0.1:{self._served.smtp_port}"
            f"{'?starttls=required' if self._layout.mail_tls else ''}"
        )

    @property
    def reply_url(self) -> str:
        """Where a patient's texts are posted to; may be changed at any time."""
        return self._emulation.reply_url

    @reply_url.setter
    def reply_url(self, url: str) -> None:
        self._emulation.reply_url = url

    def ledger(self, after: int = 0) -> list[dict[str, Any]]:
        """The rows of `GET /_emulator/ledger`."""
        return self._do(lambda: self._emulation.ledger(after))

    def mailbox(self) -> list[dict[str, Any]]:
        """The rows of `GET /_emulator/mailbox`."""
        return self._do(self._emulation.mailbox)

    def fault(self, kind: str, count: int = 1, match: str = "", **details: float) -> None:
        """Order a fault; `details` are `seconds`, `code` and `retry_after`. Raises ValueError for an unknown kind."""
        fault = Fault.model_validate({"kind": kind, "count": count, "match": match, **details})
        self._do(lambda: self._emulation.faults.order(fault))

    def inbound(
        self, *, from_: str, to: str, body: str, sid: str = "", opt_out_type: str = "", media: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Text the service as a patient: `{"sid", "status_code"}` once it answered."""
        given = {"from": from_, "to": to, "body": body, "opt_out_type": opt_out_type, "media": tuple(media)}
        inbound = Inbound.model_validate(given | ({"sid": sid} if sid else {}))
        return self._await(self._emulation.receive(inbound))

    def clock(self, offset: timedelta) -> None:
        """Say how far business time is ahead of real time."""

        def move() -> None:
            self._emulation.clock.offset = offset

        self._do(move)

    def reset(self) -> None:
        """Forget every text, mail and fault."""
        self._do(self._emulation.reset)

    async def _serve(self, started: Future[Served]) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with serve(self._layout) as served:
                started.set_result(served)
                await self._stopped.wait()
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    def _do(self, act: Callable[[], T]) -> T:
        async def done() -> T:
            return act()

        return self._await(done())

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_PATIENCE)
