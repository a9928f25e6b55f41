"""Real processes that are started again whenever they die, as a supervisor would, and that never outlive the test."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from followup.runtime import die_with_parent

LOOK_EVERY = 0.05  # seconds


class Processes:
    """Kept alive while the context is open; each writes to `<name>.log` in `home`."""

    def __init__(
        self, commands: Mapping[str, Sequence[str]], *, environment: Mapping[str, str], home: Path, door: int
    ) -> None:
        self._commands = commands
        self._environment = environment
        self._home = home
        self._door = door
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started, self._stopping = threading.Event(), threading.Event()
        # All are children of one thread that lives as long as they: Linux tells them when their parent *thread* ends.
        self._keeper = threading.Thread(target=self._keep, name="keeper")

    def __enter__(self) -> Self:
        self._keeper.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._keeper.join()

    def signal(self, name: str, number: signal.Signals) -> None:
        self._running[name].send_signal(number)

    def logs(self) -> str:
        """The last words of each."""
        tails = ((log.stem, log.read_text(errors="replace")[-3000:]) for log in sorted(self._home.glob("*.log")))
        return "\n".join(f"--- {name}\n{tail}" for name, tail in tails)

    def _keep(self) -> None:
        try:
            while not self._stopping.is_set():
                for name, command in self._commands.items():
                    if name not in self._running or self._running[name].poll() is not None:
                        self._running[name] = self._start(name, command)
                self._started.set()
                self._stopping.wait(LOOK_EVERY)
        finally:
            self._started.set()
            for process in self._running.values():
                process.kill()  # nothing is lost by it: that is what these tests are about
            for process in self._running.values():
                process.wait()

    def _start(self, name: str, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        with (self._home / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self._home,
                env={"PATH": os.defpath, **self._environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[self._door],
                start_new_session=True,  # Ctrl-C is for the tests
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call
            )
