"""Starts programs of the service over and over, quickly: what they import is imported here, once, and each is a fork.

Each line that comes in is an order in JSON: the words of a `python -m` command, and the file for what it says. The id
of the new process is the answer.
"""

import importlib
import json
import os
import runpy
import signal
import sys

from followup.runtime import die_with_parent

# What Celery's commands, the web and `worker_app` import; none of it starts a thread or opens a connection.
IMPORTED = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.concurrency.solo",
    "celery.worker.consumer",
    "followup.tasks",
    "followup.web.app",
    "kombu.transport.redis",
    "psycopg",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: whoever has ended is gone at once
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            become(order["words"], log=order["log"])
            return
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def become(words: list[str], *, log: str) -> None:
    """Run the program in this process."""
    die_with_parent()
    os.setsid()  # Ctrl-C is for the tests
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for target, source in ((0, os.open(os.devnull, os.O_RDONLY)), (1, output), (2, output)):
        os.dup2(source, target)
    sys.argv = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
