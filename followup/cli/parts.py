"""The processes that make up the service on one machine; on many, each is started by itself in the same way."""

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial

from followup import logs
from followup.cli import claims
from followup.cli.broker import broker_in
from followup.cli.children import Child
from followup.cli.emulate import ports_of_both
from followup.cli.probes import is_healthy, listens
from settings import Settings, is_loopback

WORKER_PROCESSES = 2


def ports(settings: Settings) -> Sequence[claims.Port]:
    """Every port that something of ours will listen on."""
    web = claims.Port(settings.followup_host, settings.followup_port, "FOLLOWUP_PORT")
    return [web, *ports_of_both(settings)] if _brings_emulators(settings) else [web]


def environment(settings: Settings) -> Mapping[str, str]:
    """What the parts are told: our own environment, and where the broker is that comes along."""
    broker = {} if settings.redis_url else {"REDIS_URL": broker_in(settings.followup_data_dir).url}
    # Celery warns whoever runs as root, which is what one is in a container.
    quiet = ",".join(
        filter(None, [os.environ.get("PYTHONWARNINGS"), "ignore:You're running the worker with superuser"])
    )
    return {**os.environ, **broker, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": quiet, logs.FOR_PEOPLE: "1"}


def helpers(settings: Settings) -> Sequence[Child]:
    """What the engine speaks to, as far as it is not elsewhere; so it starts first and stops last."""
    found = []
    if not settings.redis_url:
        found.append(broker_in(settings.followup_data_dir).child())
    if _brings_emulators(settings):
        *_, mailbox = ports_of_both(settings)
        command = _python("followup.cli", "emulate", "both")
        found.append(Child("emulators", command, partial(listens, mailbox.host, mailbox.number)))
    return found


def engine(settings: Settings) -> Sequence[Child]:
    """Web, worker, tick worker and beat."""
    host, port = settings.followup_host, settings.followup_port
    web = _python(
        *("uvicorn", "--factory", "followup.web.asgi:app", "--host", host, "--port", str(port)),
        *("--no-access-log", "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "5"),
    )
    return [
        Child("web", web, partial(is_healthy, host, port)),
        Child("worker", _worker("followup", "--concurrency", str(WORKER_PROCESSES))),
        Child("tick", _worker("tick", "--pool", "solo")),
        Child("beat", _celery("beat", "--schedule", str(settings.followup_data_dir / "beat"))),
    ]


def _brings_emulators(settings: Settings) -> bool:
    return not settings.followup_live and is_loopback(settings.emulator_twilio_url)


def _worker(queue: str, *options: str) -> list[str]:
    # Workers find their work in the database and need not know of each other.
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return _celery("worker", "--queues", queue, "--hostname", f"{queue}@%h", *options, *alone)


def _celery(*words: str) -> list[str]:
    return _python("celery", "--quiet", "--app", "worker", *words)


def _python(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]
