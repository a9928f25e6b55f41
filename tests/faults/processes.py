"""Real processes that are started again whenever they die, as a supervisor would, and that never outlive the test."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from followup.runtime import die_with_parent
from followup.testing.waiting import until

NURSERY = Path(__file__).with_name("nursery.py")
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
        self._running: dict[str, int] = {}
        self._started, self._stopping = threading.Event(), threading.Event()
        # The nursery is a child of one thread that lives as long: Linux tells it when its parent *thread* ends.
        self._keeper = threading.Thread(target=self._keep, name="keeper")

    def __enter__(self) -> Self:
        self._keeper.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._keeper.join()

    def signal(self, name: str, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it has just died by itself
            os.kill(self._running[name], number)

    def logs(self) -> str:
        """The last words of each."""
        tails = ((log.stem, log.read_text(errors="replace")[-3000:]) for log in sorted(self._home.glob("*.log")))
        return "\n".join(f"--- {name}\n{tail}" for name, tail in tails)

    def _keep(self) -> None:
        try:
            with self._nursery() as nursery:
                while not self._stopping.is_set():
                    for name, command in self._commands.items():
                        if name not in self._running or not is_alive(self._running[name]):
                            self._running[name] = self._start(nursery, name, command)
                    self._started.set()
                    self._stopping.wait(LOOK_EVERY)
                for name in self._commands:
                    self.signal(name, signal.SIGKILL)  # nothing is lost by it: that is what these tests are about
                until(lambda: not any(map(is_alive, self._running.values())))
        finally:
            self._started.set()

    def _nursery(self) -> "subprocess.Popen[str]":
        with (self._home / "nursery.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(NURSERY)],
                cwd=self._home,
                env={"PATH": os.defpath, **self._environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=[self._door],
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call
            )

    def _start(self, nursery: "subprocess.Popen[str]", name: str, command: Sequence[str]) -> int:
        assert nursery.stdin
        assert nursery.stdout
        nursery.stdin.write(json.dumps({"words": command, "log": str(self._home / f"{name}.log")}) + "\n")
        nursery.stdin.flush()
        return int(nursery.stdout.readline())


def is_alive(process: int) -> bool:
    """Whether it is there; the nursery lets nothing remain of what has ended."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
