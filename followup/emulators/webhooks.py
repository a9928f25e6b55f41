"""Signed requests to the service, over connections that are kept open."""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urldefrag

import aiohttp
from yarl import URL

from followup.emulators.account import TwilioAccount

_log = logging.getLogger(__name__)
_TIMEOUT = aiohttp.ClientTimeout(total=15)  # Twilio's own patience
_RETRY_WAITS = (0.1, 0.2, 0.4)  # seconds; Twilio, too, asks again only when it could not connect


class Webhooks:
    """Posts forms as Twilio posts them. Use as an async context manager."""

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT, headers={"User-Agent": "TwilioProxy/1.1"})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, url: str, form: Mapping[str, str]) -> int | None:
        """Post until somebody answers; the status code, or None when nobody did."""
        target = urldefrag(url).url  # the fragment holds Twilio's own connection settings and is not signed
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": self._account.sign(target, form),
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
        }
        body = URL.build(query=form).raw_query_string.encode()  # several times as fast as what the client does itself
        for wait in (*_RETRY_WAITS, None):
            try:
                # `encoded` keeps the URL letter by letter as it was signed
                async with self._session.post(URL(target, encoded=True), data=body, headers=headers) as answer:
                    await answer.read()
                    return answer.status
            except TimeoutError:
                break
            except aiohttp.ClientConnectionError:
                if wait is not None:
                    await asyncio.sleep(wait)
        _log.warning("%s was not heard: nobody answered", form.get("MessageSid"))
        return None
