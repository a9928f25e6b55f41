"""Stands around every request: the headers that each answer carries, and the answer when all else failed."""

import logging

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from followup.logs import about, failure
from followup.web import errors

log = logging.getLogger(__name__)

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # a patient's address is a key to the page
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}


class Guard:
    """ASGI middleware. What a handler raises never reaches the server, whose log would quote it word for word."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._headers = _HEADERS | (_STRICT_TRANSPORT if is_https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._dress(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody outside may read it
            # Its text may hold a patient's words or number (a database quotes the row), so only where it was is kept.
            log.error("request failed", extra=about(method=scope["method"], **failure(error)))  # noqa: TRY400 - see above
            if begun:
                return
            failed = errors.answer(Request(scope), 500, "It is our side that failed; nothing was changed.")
            await failed(scope, receive, send_guarded)

    def _dress(self, headers: MutableHeaders, path: str) -> None:
        headers.update(self._headers)
        # Drawings and styles may be kept if asked for again; pages about people never.
        headers.setdefault("Cache-Control", "no-cache" if path.startswith("/static/") else "no-store")
