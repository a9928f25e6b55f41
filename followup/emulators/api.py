"""Twilio's Messages API over HTTP: create, fetch, list, update."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic_core import to_json

from followup.emulators.emulation import Emulation
from followup.emulators.errors import ApiError
from followup.emulators.faults import Fault, FaultKind, Stage
from followup.emulators.log import Record, TextStatus
from followup.emulators.pages import page
from followup.emulators.sms import read_form, read_sms

_MESSAGES = "/2010-04-01/Accounts/{account}/Messages"

Handler = Callable[[web.Request], Awaitable[web.Response]]


class MessagesApi:
    """Everything under `/2010-04-01`."""

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation
        self._admitted = emulation.account.credentials()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"{_MESSAGES}.json", self._guarded(self.create)),
            web.get(f"{_MESSAGES}.json", self._guarded(self.read_list)),
            web.post(f"{_MESSAGES}/{{sid}}.json", self._guarded(self.update)),
            web.get(f"{_MESSAGES}/{{sid}}.json", self._guarded(self.fetch)),
            web.route("*", "/2010-04-01/{rest:.*}", self._guarded(self.nothing)),
        ]

    async def create(self, request: web.Request) -> web.Response:
        emulation = self._emulation
        sms = read_sms(read_form(await request.read()), now=emulation.clock.now())
        if fault := emulation.faults.take(Stage.DOOR, sms.to, sms.body):
            raise _refusal(fault)
        record, journey = emulation.accept(sms)
        answer = self._shown(record, 201)  # says where the text stands now, however long the answer takes
        if fault := emulation.faults.take(Stage.ANSWER, sms.to, sms.body):
            await self._spoil(request, fault, journey)
        return answer

    async def read_list(self, request: web.Request) -> web.Response:
        return _json(page(self._emulation.log, request.query, request.path, self._emulation.account.sid))

    async def fetch(self, request: web.Request) -> web.Response:
        return self._shown(self._found(request))

    async def update(self, request: web.Request) -> web.Response:
        """Take back what is scheduled, or blot out the words: Twilio changes nothing else."""
        record, changes = self._found(request), dict(read_form(await request.read()))
        if changes.get("Body"):
            raise ApiError(20001, "Body can only be emptied")
        if changes.get("Status", "canceled") != "canceled":
            raise ApiError(20001, "Status can only become canceled")
        if "Status" in changes:
            if record.status is not TextStatus.SCHEDULED:
                raise ApiError(30409)
            self._emulation.carrier.cancel(record)
        record.redacted = record.redacted or "Body" in changes
        return self._shown(record)

    async def nothing(self, request: web.Request) -> web.Response:
        raise ApiError(20404, request.path)

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.Response:
            if self._emulation.latency:
                await asyncio.sleep(self._emulation.latency.total_seconds())
            try:
                self._admit(request)
                return await handler(request)
            except ApiError as error:
                return _json(error.body, error.status, error.headers)

        return guarded

    def _admit(self, request: web.Request) -> None:
        if request.headers.get("Authorization") not in self._admitted:
            raise ApiError(20003)
        ours = self._emulation.account.sid
        if request.match_info.get("account", ours) != ours:
            raise ApiError(20404, request.path)

    async def _spoil(self, request: web.Request, fault: Fault, journey: asyncio.Task[None] | None) -> None:
        match fault.kind:
            case FaultKind.ERROR_AFTER_ACCEPT:
                raise ApiError(20500)
            case FaultKind.CUT if request.transport:
                request.transport.abort()
            case FaultKind.RECEIPT_BEFORE_ANSWER if journey:
                await asyncio.wait([journey])
            case FaultKind.HANG | FaultKind.SLOW:
                await self._emulation.hold(fault.wait)

    def _found(self, request: web.Request) -> Record:
        record = self._emulation.log.get(request.match_info["sid"])
        if record is None:
            raise ApiError(20404, request.path)
        return record

    def _shown(self, record: Record, status: int = 200) -> web.Response:
        return _json(record.resource(self._emulation.account.sid), status)


def _refusal(fault: Fault) -> ApiError:
    if fault.kind is FaultKind.BUSY:
        return ApiError(20429, retry_after=fault.retry_after)
    return ApiError(fault.code or 20500)


def _json(content: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=to_json(content), status=status, headers=headers, content_type="application/json")
