"""HTTP for the vendor's library: one session of kept-alive connections on an event loop in a thread of its own.

Why a thread: answers are read while the caller writes to its database, any number of threads can send at once, and
a connection that the other side closes is dropped before it is used again.
"""

import asyncio
import logging
import threading
from base64 import b64encode
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop  # type: ignore[assignment]  # uvloop does not come to every platform

CONNECT_TIMEOUT = 5.0  # seconds, with the name lookup and the TLS handshake
READ_TIMEOUT = 30.0  # seconds; Twilio itself may take up to 26 s before it gives up

T = TypeVar("T")

_UNSENT = (
    aiohttp.ClientConnectorError,  # refused, no such name, TLS handshake or certificate
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


class NotSentError(Exception):
    """Nothing of the request left this machine. The text is a short code without personal data."""


class MaybeSentError(Exception):
    """The request left, at least in part, and no answer came back. The text is a short code."""


class HttpError(Exception):
    """An answer other than 2xx. Its body is kept out of the text: it may name a phone number."""

    def __init__(self, status: int, body: str, retry_after: timedelta | None) -> None:
        super().__init__(f"http {status}")
        self.status = status
        self.body = body
        self.retry_after = retry_after


class KeptAliveClient(AsyncHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Sends each request once: no retries, no redirects, no proxies or passwords from the environment.

    Nothing is opened before the first `submit`, so an instance may be made before a fork and used after it.
    """

    def __init__(
        self, *, connections: int, connect_timeout: float = CONNECT_TIMEOUT, read_timeout: float = READ_TIMEOUT
    ) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._connections = connections
        self._timeouts = aiohttp.ClientTimeout(
            total=connect_timeout + read_timeout, connect=connect_timeout, sock_read=read_timeout
        )
        self._opening = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._session: aiohttp.ClientSession | None = None

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the client's loop, from any thread."""
        with self._opening:
            if self._loop is None:
                self._loop = new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="gateway-http", daemon=True)
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Cancel what is in flight and let go of all connections; the next `submit` opens new ones."""
        with self._opening:
            if self._loop is None or self._thread is None:
                return
            asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = None

    async def request(  # the vendor's signature
        self,
        method: str,
        uri: str,
        params: Mapping[str, str | int] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  # ours hold for every request
        allow_redirects: bool = False,  # noqa: ARG002  # never: a redirected POST may be sent twice
    ) -> Response:
        """One request, one answer.

        Raises:
            NotSentError: no connection came about.
            MaybeSentError: the connection broke, or no answer came in time.
            HttpError: the answer is not 2xx.
        """
        body = urlencode(data, doseq=True).encode() if data else None
        try:
            async with self._open().request(
                method, uri, params=params, data=body, headers=_headers(headers, auth), allow_redirects=False
            ) as answer:
                text = await answer.text(errors="replace")
        except _UNSENT as why:
            raise NotSentError(_name_unsent(why)) from None
        except (aiohttp.ClientError, OSError) as why:
            raise MaybeSentError("read timeout" if isinstance(why, TimeoutError) else "connection cut") from None
        if not 200 <= answer.status < 300:
            raise HttpError(answer.status, text, _retry_after(answer.headers))
        return Response(answer.status, text, answer.headers)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeouts,
                trust_env=False,
            )
        return self._session

    async def _shut(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None
        await asyncio.get_running_loop().shutdown_default_executor()  # name lookups


def _headers(headers: Mapping[str, str] | None, auth: tuple[str, str] | None) -> dict[str, str]:
    known = dict(headers or {})
    if auth:
        known["Authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
    return known


def _name_unsent(why: Exception) -> str:
    match why:
        case aiohttp.ConnectionTimeoutError():
            return "connect timeout"
        case aiohttp.ClientConnectorDNSError():
            return "name lookup"
        case aiohttp.ClientConnectorSSLError() | aiohttp.ClientConnectorCertificateError():
            return "tls handshake"
        case aiohttp.ClientConnectorError():
            return "connection refused"
        case _:
            return "bad url"


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The header in seconds; its other form, a date, is not worth trusting two clocks for."""
    value = headers.get("Retry-After", "")
    return timedelta(seconds=int(value)) if value.isascii() and value.isdigit() and len(value) < 6 else None
