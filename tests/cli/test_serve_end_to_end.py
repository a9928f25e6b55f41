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
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

FOLLOWUP = [sys.executable, "-m", "followup.cli"]
EXAMPLE = Path(__file__).parents[2] / "examples" / "treatments.csv"
PROCESSES = 9  # supervisor, broker, emulators, web, tick, beat, worker and the two of its pool


@pytest.fixture
def environment() -> dict[str, str]:
    """A service of its own, beside whatever else runs on this machine."""
    return {
        "PATH": os.environ["PATH"],
        "FOLLOWUP_PORT": str(free_ports(1)),
        "EMULATOR_TWILIO_URL": f"http://127.0.0.1:{free_ports(1)}",
        "EMULATOR_SMTP_URL": f"smtp://127.0.0.1:{free_ports(2)}",
    }


@contextmanager
def serving(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`followup serve` as a person starts it, once it says that it runs; and its address."""
    command = [*FOLLOWUP, "serve"]
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
            yield serve, f"http://127.0.0.1:{environment['FOLLOWUP_PORT']}"
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


@pytest.mark.timeout(300)  # two weeks take their time on a machine that does other things too
def test_killed_it_leaves_nothing_starts_again_sends_the_example_week_once_and_ctrl_c_stops_it_all(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    def followup(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*FOLLOWUP, *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    with serving(tmp_path, environment) as (serve, _address):
        killed = members(serve.pid)
        serve.kill()
        serve.wait()
        assert all_ended(killed)

    with serving(tmp_path, environment) as (serve, address):
        assert get(f"{address}/readyz")[1]["ready"]
        followup("clock", "--to", "2027-03-20T22:30:00Z")
        first, second = (followup("import", str(EXAMPLE)).stdout.splitlines()[-1] for _ in range(2))
        assert first == "Rows taken: 61, known already: 3, refused: 15."
        assert second == "Rows taken: 0, known already: 64, refused: 15."
        assert followup("clock", "--skip", "16d").returncode == 0

        messages = json.loads(followup("messages", "--json").stdout)["items"]
        emulator = environment["EMULATOR_TWILIO_URL"]
        texts, mails = get(f"{emulator}/_emulator/ledger")[1], get(f"{emulator}/_emulator/mailbox")[1]
        arrived = [(text["message_id"], text) for text in texts]
        arrived += [(mail["message_id"].strip("<>").partition("@")[0], mail) for mail in mails]
        left = {message["id"]: message for message in messages if message["status"] in {"sent", "delivered"}}
        assert Counter(message_id for message_id, _ in arrived) == Counter(left.keys())
        assert all(is_lawful(left[message_id], what["business_at"]) for message_id, what in arrived)
        assert all(message["because"] for message in messages if message["id"] not in left)
        unconditional = {"chest-warning", "what-to-expect", "check-in", "warning-signs", "book-next", "pain-score"}
        assert unconditional | {"change-score"} <= {message["step"] for message in left.values()}

        running = members(serve.pid)
        os.killpg(serve.pid, signal.SIGINT)
        said, _ = serve.communicate()
        assert serve.returncode == 0
        assert said.splitlines()[-1] == "Stopped."
        assert "Traceback" not in said
        assert all_ended(running)


def is_lawful(message: dict[str, Any], business_at: str) -> bool:
    """Between nine and eight where the patient is; a chest warning within the hour at any time."""
    due = datetime.fromisoformat(message["due_local"])
    at = datetime.fromisoformat(business_at).astimezone(due.tzinfo)
    return 9 <= at.hour < 20 or (message["step"] == "chest-warning" and at - due < timedelta(hours=1))
