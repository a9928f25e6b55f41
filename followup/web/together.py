"""What several requests ask for at the same time is done in one go: a transaction costs as much for one as for fifty."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

MOST = 100  # at one go

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """Hands `work` whatever has come in since it was called last, and within `gather` seconds from then.

    `work` answers each item, in their order.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]], *, gather: float = 0) -> None:
        self._work, self._gather, self._closing = work, gather, threading.Event()
        self._waiting: SimpleQueue[tuple[T, Future[R]]] = SimpleQueue()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="together")

    async def do(self, item: T) -> R:
        """Wait until it is done, for the answer. Raises what `work` raises for this very item; others do not share it."""
        done: Future[R] = Future()
        self._waiting.put((item, done))
        self._thread.submit(self._take)
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """Finish what was asked for."""
        self._closing.set()
        self._thread.shutdown()

    def _take(self) -> None:
        taken: list[tuple[T, Future[R]]] = []
        if 0 < self._waiting.qsize() < MOST:  # whoever came first may have taken all along
            self._closing.wait(self._gather)
        with suppress(Empty):
            while len(taken) < MOST:
                item, done = self._waiting.get_nowait()
                if done.set_running_or_notify_cancel():
                    taken.append((item, done))
        if taken:
            self._do(taken)

    def _do(self, taken: Sequence[tuple[T, Future[R]]]) -> None:
        try:
            answers = self._work([item for item, _ in taken])
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to whoever asked
            if len(taken) == 1:
                taken[0][1].set_exception(error)
                return
            for one in taken:
                self._do([one])
        else:
            for (_, done), answer in zip(taken, answers, strict=True):
                done.set_result(answer)
