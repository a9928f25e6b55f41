"""Child processes that live and end together: started in order, started again when they die, stopped in reverse.

All of them stay in the process group of their supervisor and die with it, even when it is killed. Ctrl-C reaches the
supervisor alone, so that it can stop them in order.
"""

import asyncio
import math
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from followup.runtime import die_with_parent

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  #: seconds before a dead child is started again
STEADY = 30.0  #: seconds after which a child counts as having worked well
GRACE = 8.0  #: seconds that a child gets to finish its work
SAME_WISH = 1.0  #: seconds in which a second order to stop is an echo (`timeout` and wrappers send it twice)
LONGEST_LINE = 1_000_000  #: bytes of one line of a child's output

Say = Callable[[str, str], None]  #: a child's name, and one line about it or from it


async def at_once() -> bool:
    """For a child that nobody has to wait for."""
    return True


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep alive. `answers` tells whether it does its work yet."""

    name: str
    command: Sequence[str]
    answers: Callable[[], Awaitable[bool]] = at_once


class Supervisor:
    """Keeps stages of children alive: a stage starts once the one before it answers, and stops before it."""

    def __init__(self, *stages: Sequence[Child], environment: Mapping[str, str], say: Say) -> None:
        self._stopping = asyncio.Event()
        self._stopping_since = math.inf
        self._killed = False
        self._stages = [[_Kept(child, environment, say, self._stopping) for child in stage] for stage in stages]

    async def run(self, when_up: Callable[[], None]) -> bool:
        """Keep all of it alive until told to stop, then stop it. False if children had to be killed at once."""
        started = []
        try:
            for stage in self._stages:
                started.append(stage)
                for kept in stage:
                    kept.start()
                await self._until_answering(stage)
            if not self._stopping.is_set():
                when_up()
            await self._stopping.wait()
        finally:
            for stage in reversed(started):
                await asyncio.gather(*(kept.end() for kept in stage))
        return not self._killed

    def stop(self) -> None:
        """Stop in order; asked again later, kill at once."""
        now = asyncio.get_running_loop().time()
        if now > self._stopping_since + SAME_WISH:
            self._killed = True
            for kept in chain(*self._stages):
                kept.kill()
        elif not self._stopping.is_set():
            self._stopping_since = now
            self._stopping.set()

    async def _until_answering(self, stage: Sequence["_Kept"]) -> None:
        for kept in stage:
            while not self._stopping.is_set() and not await kept.child.answers():  # noqa: ASYNC110 - no event to await
                await asyncio.sleep(0.1)


class _Kept:
    """One child, running or about to run again."""

    def __init__(self, child: Child, environment: Mapping[str, str], say: Say, stopping: asyncio.Event) -> None:
        self.child = child
        self._environment = environment
        self._say = say
        self._stopping = stopping
        self._keeping: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._relay: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._keeping = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        clock = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            began = clock.time()
            end = await self._live()
            if self._stopping.is_set():
                return
            if clock.time() - began > STEADY:
                pause = FIRST_PAUSE
            self._say(self.child.name, f"{end}; it is started again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _live(self) -> str:
        try:
            self._process = await self._spawn()
        except OSError as error:
            return f"could not be started ({error.strerror})"
        return f"ended ({_how(await self._process.wait())})"

    async def _spawn(self) -> asyncio.subprocess.Process:
        # A pipe of our own: asyncio's would make `wait` wait for grandchildren that hold it open, too.
        ours, theirs = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self.child.command,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                preexec_fn=_bound_to(os.getpid()),
            )
        finally:
            os.close(theirs)
            self._relay = asyncio.create_task(self._pass_on(os.fdopen(ours, "rb")))
        return process

    async def _pass_on(self, output: BinaryIO) -> None:
        lines = asyncio.StreamReader(limit=LONGEST_LINE)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), output
        )
        try:
            while True:
                try:
                    line = await lines.readline()
                except ValueError:
                    line = b"(a line too long to show)"
                if not line:
                    return
                self._say(self.child.name, line.decode(errors="replace").rstrip())
        finally:
            transport.close()

    async def end(self) -> None:
        """Stop for good: ask first, kill after `GRACE`."""
        if self._keeping:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        if self._process and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), GRACE)
            except TimeoutError:
                self._say(self.child.name, f"did not stop within {GRACE:g} s and is killed")
                self._process.kill()
                await self._process.wait()
        if self._relay:
            await asyncio.wait([self._relay], timeout=0.5)  # its last words
            self._relay.cancel()

    def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()


def _bound_to(supervisor: int) -> Callable[[], None]:
    def bind() -> None:
        die_with_parent()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        if os.getppid() != supervisor:  # it died before we could ask
            os._exit(1)

    return bind


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"killed by {signal.Signals(-code).name}"
