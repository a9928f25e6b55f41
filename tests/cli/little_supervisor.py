"""A supervisor of two children, run by `test_children.py` as a process of its own. Its argument is their program."""

import asyncio
import os
import signal
import sys

from followup.cli.children import Child, Supervisor


def say(name: str, line: str) -> None:
    sys.stdout.write(f"{name} {line}\n")
    sys.stdout.flush()


async def supervise() -> bool:
    command = [sys.executable, "-c", sys.argv[1]]
    supervisor = Supervisor(
        [Child("lower", command)],
        [Child("upper", command)],
        environment=os.environ,
        say=say,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, supervisor.stop)
    return await supervisor.run(when_up=lambda: None)


sys.exit(0 if asyncio.run(supervise()) else 1)
