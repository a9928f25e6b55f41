"""What one `followup serve` claims for itself before it starts anything: its data folder and its ports."""

import fcntl
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path


class TakenError(Exception):
    """Something else has it already; the text names it and the mend."""


@dataclass(frozen=True, slots=True)
class Port:
    """Where something will listen, and the setting that says so."""

    host: str
    number: int
    setting: str


@contextmanager
def data_folder(folder: Path) -> Iterator[None]:
    """Hold the folder until the end of the block, or of the process. Raises `TakenError`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise TakenError(f"Can't write to {folder} ({error.strerror}); change FOLLOWUP_DATA_DIR.") from None
    with os.fdopen(descriptor, "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TakenError(
                f"followup serve runs on {folder} already (process {file.read().strip()});"
                " stop that one, or give this one another FOLLOWUP_DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def check_ports(ports: Sequence[Port]) -> None:
    """Raises `TakenError` for the first port that can't be listened on, or is asked for twice."""
    with ExitStack() as held:
        for port in ports:
            try:
                family, kind, protocol, _, address = socket.getaddrinfo(
                    port.host, port.number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                )[0]
                listener = held.enter_context(socket.socket(family, kind, protocol))
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(address)
                listener.listen(1)
            except OSError as error:
                raise TakenError(
                    f"Can't listen on port {port.number} of {port.host} ({error.strerror});"
                    f" stop what uses it, or change {port.setting}."
                ) from None
