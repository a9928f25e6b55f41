"""The web application in a thread of the test's process, so that signed receipts and replies reach it over HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from followup.testing.waiting import until


@contextmanager
def reserved_port() -> Iterator[socket.socket]:
    """A free port of 127.0.0.1. Until somebody serves there, whoever calls is turned away."""
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", 0))
        yield door


@contextmanager
def serving(app: FastAPI, door: socket.socket) -> Iterator[None]:
    """Serve while the context is open."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, name="web")
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        if not server.started:
            raise RuntimeError("the web application did not start; its log says why")
        yield
    finally:
        server.should_exit = True
        thread.join()
