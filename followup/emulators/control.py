"""The emulators' own HTTP API, under `/_emulator`: look into them, and order what should happen."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from followup.emulators.emulation import Emulation
from followup.emulators.faults import Fault
from followup.emulators.inbound import Inbound

M = TypeVar("M", bound=BaseModel)

Handler = Callable[[web.Request], Awaitable[web.Response]]


class ClockOrder(BaseModel):
    """How far business time is ahead of real time."""

    model_config = ConfigDict(extra="forbid")

    offset_seconds: float = Field(allow_inf_nan=False)


class Recipient(BaseModel):
    """`to`: only what went to this number or address; everything when it is empty."""

    to: str = ""


class LedgerQuery(Recipient):
    """`after`: how many of these texts the caller has seen already."""

    after: int = Field(default=0, ge=0)


class FaultQuery(BaseModel):
    """`match`: only orders with just these words; all of them without it."""

    match: str | None = None


class Control:
    """Every handler answers JSON; what it can't read is a 422 with one line."""

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/_emulator/ledger", _readable(self.ledger)),
            web.get("/_emulator/mailbox", _readable(self.mailbox)),
            web.get("/_emulator/faults", _readable(self.faults)),
            web.post("/_emulator/faults", _readable(self.order)),
            web.delete("/_emulator/faults", _readable(self.drop)),
            web.post("/_emulator/inbound", _readable(self.inbound)),
            web.post("/_emulator/reset", _readable(self.reset)),
            web.get("/_emulator/clock", _readable(self.clock)),
            web.post("/_emulator/clock", _readable(self.set_clock)),
        ]

    async def ledger(self, request: web.Request) -> web.Response:
        query = LedgerQuery.model_validate(dict(request.query))
        return web.json_response(self._emulation.ledger(query.after, to=query.to))

    async def mailbox(self, request: web.Request) -> web.Response:
        query = Recipient.model_validate(dict(request.query))
        return web.json_response(self._emulation.mailbox(to=query.to))

    async def faults(self, request: web.Request) -> web.Response:
        query = FaultQuery.model_validate(dict(request.query))
        return web.json_response(self._emulation.faults.listed(query.match))

    async def drop(self, request: web.Request) -> web.Response:
        query = FaultQuery.model_validate(dict(request.query))
        self._emulation.faults.drop(query.match)
        return web.json_response({})

    async def order(self, request: web.Request) -> web.Response:
        fault = await _read(request, Fault)
        self._emulation.faults.order(fault)
        return web.json_response(fault.model_dump(mode="json"), status=201)

    async def inbound(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(await self._emulation.receive(await _read(request, Inbound)))
        except LookupError as error:
            return web.json_response({"error": str(error)}, status=409)

    async def reset(self, _: web.Request) -> web.Response:
        self._emulation.reset()
        return web.json_response({})

    async def clock(self, _: web.Request) -> web.Response:
        return web.json_response({"offset_seconds": self._emulation.clock.offset.total_seconds()})

    async def set_clock(self, request: web.Request) -> web.Response:
        order = await _read(request, ClockOrder)
        self._emulation.clock.offset = timedelta(seconds=order.offset_seconds)
        return await self.clock(request)


async def _read(request: web.Request, model: type[M]) -> M:
    return model.model_validate_json(await request.read())


def _readable(handler: Handler) -> Handler:
    async def answering(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except ValidationError as error:
            lines = (f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors())
            return web.json_response({"error": "; ".join(lines)}, status=422)

    return answering
