import asyncio
import threading
from collections.abc import Sequence

import pytest

from followup.web.together import MOST, Together

BROKEN = -1


class Work:
    """Notes what it was given at each go; the first go waits until `free` is set."""

    def __init__(self) -> None:
        self.goes: list[list[int]] = []
        self.begun, self.free = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[str]:
        self.begun.set()
        self.free.wait(5)
        self.goes.append(list(items))
        if BROKEN in items:
            raise ValueError("cannot be done")
        return [f"did {item}" for item in items]


def ask(work: Work, first: int, others: Sequence[int]) -> list[str | BaseException]:
    """Ask for `first`, for all the others while that is being done, and tell what each was answered."""

    async def all_of_them() -> list[str | BaseException]:
        together = Together(work)
        asked = [asyncio.create_task(together.do(first))]
        await asyncio.to_thread(work.begun.wait, 5)
        asked += [asyncio.create_task(together.do(number)) for number in others]
        await asyncio.sleep(0)  # each of them has asked now
        work.free.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        together.close()
        return answers

    return asyncio.run(all_of_them())


def test_what_comes_while_another_is_done_is_done_in_one_go() -> None:
    work = Work()
    assert ask(work, 1, [2, 3, 4]) == ["did 1", "did 2", "did 3", "did 4"]
    assert work.goes == [[1], [2, 3, 4]]


def test_one_that_fails_fails_alone() -> None:
    work = Work()
    answers = ask(work, 1, [2, BROKEN, 4])
    assert [type(answer) for answer in answers] == [str, str, ValueError, str]
    assert work.goes == [[1], [2, BROKEN, 4], [2], [BROKEN], [4]]


def test_one_go_is_never_too_long() -> None:
    work = Work()
    ask(work, 1, range(2, 2 * MOST))
    assert max(map(len, work.goes)) == MOST
    assert [number for go in work.goes for number in go] == list(range(1, 2 * MOST))


def test_who_went_away_before_is_not_waited_for() -> None:
    work = Work()

    async def leave() -> None:
        together = Together(work)
        first = asyncio.create_task(together.do(1))
        await asyncio.to_thread(work.begun.wait, 5)
        gone = asyncio.create_task(together.do(2))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        work.free.set()
        await first
        together.close()

    asyncio.run(leave())
    assert work.goes == [[1]]
