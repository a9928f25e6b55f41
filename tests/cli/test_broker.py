import asyncio
import os
import stat
from pathlib import Path

from kombu.connection import Connection

from followup.cli.broker import Broker, broker_in
from followup.cli.children import Supervisor


def while_it_runs(broker: Broker) -> int:
    """Start the broker, speak to it as Celery does, stop it; the mode of its socket."""
    modes = []

    def speak() -> None:
        with Connection(broker.url) as connection:  # type: ignore[no-untyped-call]  # kombu is untyped
            connection.ensure_connection(max_retries=1)
        modes.append(stat.S_IMODE(broker.socket.stat().st_mode))
        supervisor.stop()

    supervisor = Supervisor([broker.child()], environment=os.environ, say=lambda *_: None)
    assert asyncio.run(supervisor.run(when_up=speak))
    return modes[0]


def test_celery_can_speak_to_it_and_only_its_owner_can(tmp_path: Path) -> None:
    assert while_it_runs(broker_in(tmp_path)) == 0o700


def test_it_works_in_a_folder_with_a_long_and_odd_name(tmp_path: Path) -> None:
    folder = tmp_path / ("year 2026 & after " * 8)
    folder.mkdir()
    broker = broker_in(folder)
    assert len(os.fsencode(broker.socket)) < 100
    assert while_it_runs(broker) == 0o700
    broker.socket.parent.rmdir()


def test_it_keeps_nothing(tmp_path: Path) -> None:
    while_it_runs(broker_in(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["broker.log"]


def test_it_does_not_answer_before_it_runs(tmp_path: Path) -> None:
    assert not asyncio.run(broker_in(tmp_path).answers())
