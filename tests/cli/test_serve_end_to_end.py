import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PROCESSES = 9  # supervisor, broker, emulators, web, tick, beat, worker and the two of its pool


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`followup serve` as a person starts it, once it says that it runs; and its address."""
    web, twilio = free_ports(1), free_ports(1)
    environment = {
        "PATH": os.environ["PATH"],
        "FOLLOWUP_PORT": str(web),
        "EMULATOR_TWILIO_URL": f"http://127.0.0.1:{twilio}",
        "EMULATOR_SMTP_URL": f"smtp://127.0.0.1:{free_ports(2)}",
    }
    command = [sys.executable, "-m", "followup.cli", "serve"]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as serve:
        try:
            assert serve.stdout
            said = []
            for line in serve.stdout:
                said.append(line)
                if line.startswith("Ctrl-C stops it"):
                    break
            assert any(line.startswith("followup is running. Open http://127.0.0.1:") for line in said), said
            yield serve, f"http://127.0.0.1:{web}"
        finally:
            serve.kill()


def free_ports(count: int) -> int:
    """The first of some neighbouring ports that nobody listens on."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            number = int(first.getsockname()[1])
        try:
            for neighbour in range(number, number + count):
                socket.create_server(("127.0.0.1", neighbour)).close()
        except OSError:
            continue
        return number


def members(session: int) -> list[int]:
    """A handle on every process of the service, once all of them run; the worker's own children come last."""
    deadline = time.monotonic() + 60
    while len(found := processes(session)) < PROCESSES:
        assert time.monotonic() < deadline, f"only {len(found)} processes run"
        threading.Event().wait(0.1)
    return [os.pidfd_open(process) for process in found]


def processes(session: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended while we looked
            _, _, after_name = stat.read_text().rpartition(")")
            if int(after_name.split()[3]) == session:
                found.append(int(stat.parent.name))
    return found


def all_ended(handles: list[int]) -> bool:
    """Whether every process ends within ten seconds each."""
    ended = [bool(select.select([handle], [], [], 10)[0]) for handle in handles]
    for handle in handles:
        os.close(handle)
    return all(ended)


def get(url: str) -> tuple[int, Any]:
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.status, json.load(response)


def test_it_runs_and_ctrl_c_stops_all_of_it(tmp_path: Path) -> None:
    with serving(tmp_path) as (serve, address):
        status, body = get(f"{address}/readyz")
        assert (status, body["ready"]) == (200, True)
        running = members(serve.pid)
        os.killpg(serve.pid, signal.SIGINT)
        said, _ = serve.communicate()
        assert serve.returncode == 0
        assert said.splitlines()[-1] == "Stopped."
        assert "Traceback" not in said
        assert all_ended(running)


def test_killing_it_leaves_nothing_behind_and_it_starts_again(tmp_path: Path) -> None:
    for _ in range(2):
        with serving(tmp_path) as (serve, _address):
            running = members(serve.pid)
            serve.kill()
            serve.wait()
            assert all_ended(running)
