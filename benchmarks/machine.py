"""What the figures were measured on."""

import os
import platform
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.ground import Ground

CORES = 2
_LIBRARIES = ("celery", "sqlalchemy", "psycopg", "twilio", "aiohttp", "fastapi", "uvicorn")


def take_two_cores() -> list[int]:
    """Keep this process, and all that it starts, to the first cores it may use."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)
    return cores


def described(cores: list[int], ground: Ground) -> Iterator[str]:
    """Date, machine and versions, a line each."""
    shared = "worker (2 processes), tick worker, beat, web, PostgreSQL, Valkey, the emulated Twilio and the measuring"
    yield f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()}, {_model()}"
    yield f"cores {', '.join(map(str, cores))} of {os.cpu_count()}, shared by {shared}"
    yield f"Python {platform.python_version()}, PostgreSQL {ground.postgresql_version()}, SQLite {sqlite3.sqlite_version}"
    yield ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())
