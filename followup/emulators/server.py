"""Listening: which emulator answers on which port."""

import asyncio
import logging
import signal
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from followup.emulators.account import TwilioAccount
from followup.emulators.api import MessagesApi
from followup.emulators.carrier import Receipts
from followup.emulators.control import Control
from followup.emulators.emulation import Emulation
from followup.emulators.smtp import MailServer
from followup.emulators.webhooks import Webhooks

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop  # type: ignore[assignment]  # uvloop does not come to every platform

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What to serve. A port of None is not served; 0 takes any that is free."""

    host: str
    twilio_port: int | None
    smtp_port: int | None
    mail_http_port: int | None
    account: TwilioAccount
    reply_url: str
    latency: timedelta
    receipts: Receipts
    mail_tls: ssl.SSLContext | None = None
    mail_login: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """What is listening, with the ports that were really taken."""

    emulation: Emulation
    twilio_port: int | None
    smtp_port: int | None
    mail_http_port: int | None


@asynccontextmanager
async def serve(layout: Layout) -> AsyncIterator[Served]:
    """Serve while the context is open. Raises OSError when a port is taken."""
    async with AsyncExitStack() as stack:
        webhooks = await stack.enter_async_context(Webhooks(layout.account))
        emulation = Emulation(
            account=layout.account,
            webhooks=webhooks,
            reply_url=layout.reply_url,
            latency=layout.latency,
            receipts=layout.receipts,
        )
        stack.callback(emulation.carrier.stop)
        control, api = Control(emulation).routes(), MessagesApi(emulation).routes()
        ports = Served(
            emulation,
            twilio_port=await _serve_http(stack, layout.host, layout.twilio_port, [*api, *control]),
            smtp_port=await _serve_mail(stack, layout, emulation),
            mail_http_port=await _serve_http(stack, layout.host, layout.mail_http_port, control),
        )
        stack.callback(emulation.release)  # first of all: nobody who hangs may hold up the end
        yield ports


def run(
    *,
    host: str = "127.0.0.1",
    twilio_port: int | None,
    smtp_port: int | None,
    mail_http_port: int | None,
    account: TwilioAccount,
    reply_url: str,
    latency: timedelta = timedelta(0),
    receipts: Receipts = Receipts.EVERY,
) -> None:
    """Serve the emulators until SIGTERM or SIGINT. A port of None is not served.

    `/_emulator/…` answers for everything in this process, on the Twilio port and on `mail_http_port`.
    Raises OSError when a port is taken.
    """
    layout = Layout(
        host=host,
        twilio_port=twilio_port,
        smtp_port=smtp_port,
        mail_http_port=mail_http_port,
        account=account,
        reply_url=reply_url,
        latency=latency,
        receipts=receipts,
    )
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve_until_stopped(layout))


async def _serve_until_stopped(layout: Layout) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with serve(layout) as served:
        _log.info(
            "emulators on %s: Twilio %s, SMTP %s, mailbox %s",
            layout.host,
            *(port or "off" for port in (served.twilio_port, served.smtp_port, served.mail_http_port)),
        )
        await stopped.wait()


async def _serve_http(stack: AsyncExitStack, host: str, port: int | None, routes: Iterable[web.RouteDef]) -> int | None:
    if port is None:
        return None
    app = web.Application()
    app.add_routes(routes)
    # No access log: its lines would hold phone numbers.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, host, port).start()
    return int(runner.addresses[0][1])


async def _serve_mail(stack: AsyncExitStack, layout: Layout, emulation: Emulation) -> int | None:
    if layout.smtp_port is None:
        return None
    server = MailServer(emulation, tls=layout.mail_tls, login=layout.mail_login)
    port = await server.start(layout.host, layout.smtp_port)
    stack.push_async_callback(server.stop)
    return port
