"""The service in real processes: impatient, and mortal wherever a test says so.

`celery -A worker_app worker` and `beat` are its background half, `python -m worker_app FD` serves the web on a socket.
A file in DEATHS names a point. The first process that gets there takes the file away and is gone, as in a power cut.
A file `hold` and a point keeps everybody there who comes by, until it is gone.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from followup.actions import alarms, notices, receiving, replying, sending, understanding
from followup.actions.patience import Patience
from followup.messages.gateway import Answer, Gateway, Parcel, Search, Sighting
from followup.rules.triage import Reading, triage
from followup.runtime import build
from followup.tasks import make_celery
from followup.terms import Channel
from followup.testing.waiting import until
from settings import load

DEATHS = Path(os.environ["DEATHS"])
SPEAKER = DEATHS / "speaker.pid"
POISON = "poison"
SHORT = Patience(
    lease=timedelta(seconds=1.5),
    speak_within=timedelta(seconds=3),
    first_look=timedelta(seconds=0.5),
    surely_listed=timedelta(seconds=4),  # a loaded machine may take seconds from the attempt to the first byte
    between_lists=timedelta(seconds=0.5),
    waits=(timedelta(seconds=0.2),) * 7,
)
TICK, RECONCILE = 0.2, 0.3  # seconds
SMALL_BATCH = 20  # so that several workers share what is due


def die_at(point: str) -> None:
    try:
        (DEATHS / point).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def wait_at(point: str) -> None:
    """Stay here for as long as a test wants others to catch up."""
    hold = DEATHS / f"hold {point}"
    if hold.exists():
        (DEATHS / f"held {os.getpid()}").touch()
        until(lambda: not hold.exists(), within=timedelta(minutes=1))


class MortalGateway(Gateway):
    """Dies before a word is spoken, or around an answer's way into the database."""

    def __init__(self, inner: Gateway) -> None:
        self._inner = inner
        self.channel, self.batch, self.keeps_list = inner.channel, inner.batch, inner.keeps_list

    def send(self, parcels: Sequence[Parcel]) -> Iterator[Sequence[tuple[Parcel, Answer]]]:
        die_at("begun")
        SPEAKER.write_text(str(os.getpid()))
        for answers in self._inner.send(parcels):
            die_at("answered")
            yield answers
            die_at("recorded")

    def find(self, search: Search) -> list[Sighting] | None:
        die_at("looking")
        found = self._inner.find(search)
        die_at("looked")
        return found

    def close(self) -> None:
        self._inner.close()


def mortal_queueing(task: Any) -> None:
    queue = task.apply_async

    @wraps(queue)
    def die_or_queue(*args: Any, **options: Any) -> Any:
        die_at("leased")
        return queue(*args, **options)

    task.apply_async = die_or_queue


def mortal(module: ModuleType, name: str, *, called: str = "") -> None:
    """Let it be fatal to call this, to have done it, and to have committed what it did.

    The points are `before`, `after` and `committed`, then the name, or the argument that is `called` so.
    """
    do = getattr(module, name)

    @wraps(do)
    def do_or_die(db: Session, **about: Any) -> Any:
        point = about[called] if called else name
        wait_at(f"before {point}")
        die_at(f"before {point}")
        done = do(db, **about)
        db.flush()  # all of it is in the database, and nothing is committed
        die_at(f"after {point}")

        def committed(db: Session) -> None:
            if not db.in_nested_transaction():
                die_at(f"committed {point}")

        event.listen(db, "after_commit", committed)
        return done

    setattr(module, name, do_or_die)


def read(text: str) -> Reading:
    """As triage does, but for words that no code of ours was ready for."""
    if text == POISON:
        raise RuntimeError(text)
    return triage(text)


understanding.triage = read  # type: ignore[attr-defined]  # imported there for its own use
for module, name in (
    (receiving, "keep_receipts"),
    (receiving, "keep_reply"),
    (understanding, "unread"),
    (understanding, "understand"),
    (alarms, "start_clock"),
    (alarms, "tell_next"),
    (replying, "answer"),
):
    mortal(module, name)
mortal(notices, "owe", called="wording")
runtime = build(load(), patience=SHORT)
runtime = replace(runtime, gateways={channel: MortalGateway(way) for channel, way in runtime.gateways.items()})
sending._BATCH[Channel.SMS] = SMALL_BATCH
app = make_celery(runtime)
for name, seconds in (("tick", TICK), ("reconcile", RECONCILE)):
    app.conf.beat_schedule[name]["schedule"] = timedelta(seconds=seconds)
mortal_queueing(app.tasks["send_batch"])


def serve(door: int) -> None:
    import uvicorn  # noqa: PLC0415 - workers start sooner without the web

    from followup.web.app import create_app  # noqa: PLC0415

    server = uvicorn.Server(uvicorn.Config(create_app(runtime), log_level="warning", access_log=False))
    server.run(sockets=[socket.socket(fileno=door)])


if __name__ == "__main__":
    serve(int(sys.argv[1]))
