"""Processes that are ready when their block begins and gone when it ends, however it ends."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic

from followup.runtime import die_with_parent

PATIENCE = 60.0  # seconds
_LOOK_EVERY = 0.25  # seconds
_PAUSE = threading.Event()


@contextmanager
def started(
    name: str, command: Sequence[str], *, home: Path, environment: Mapping[str, str], port: int = 0
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program that writes to `<name>.log` in `home`, and listens on `port` if that is given."""
    with (home / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=home,
            env={"PATH": os.defpath, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the proof, which stops them itself
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call
        )
    try:
        if port:
            wait_for(f"{name} to listen", partial(_listens, port), within=PATIENCE)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(what: str, condition: Callable[[], object], *, within: float) -> None:
    """Wait until a condition holds. Raises TimeoutError when it does not within so many seconds."""
    deadline = monotonic() + within
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError(f"waited {within:g} s in vain for {what}")
        _PAUSE.wait(_LOOK_EVERY)


def last_words(home: Path) -> str:
    """The end of every log."""
    tails = ((log.stem, log.read_text(errors="replace")[-2000:]) for log in sorted(home.glob("*.log")))
    return "\n".join(f"--- {name}\n{tail}" for name, tail in tails)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
