import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from followup.cli import children
from followup.cli.children import Child, Supervisor

UNTIL_STOPPED = """
import os, signal, sys
def stop(*_):
    print("stops", flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("starts", os.getpid(), flush=True)
while True:
    signal.pause()
"""
STUBBORN = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("starts", os.getpid(), flush=True)
while True:
    signal.pause()
"""


class Play:
    """Supervises children inside a test, hears what they say, and stops at a cue."""

    def __init__(self, *stages: list[Child], cue: tuple[str, str], stops: int = 1) -> None:
        self.heard: list[tuple[str, str]] = []
        self._cue = cue
        self._stops = stops
        self._supervisor = Supervisor(*stages, environment=os.environ, say=self._hear)

    def _hear(self, name: str, line: str) -> None:
        self.heard.append((name, line))
        cue_name, cue_line = self._cue
        if name == cue_name and line.startswith(cue_line):
            for _ in range(self._stops):
                self._supervisor.stop()

    def run(self) -> bool:
        return asyncio.run(self._supervisor.run(when_up=lambda: None))


def program(source: str) -> list[str]:
    return [sys.executable, "-S", "-c", source]


def test_a_child_that_dies_is_started_again_and_the_log_says_why(tmp_path: Path) -> None:
    lived = str(tmp_path / "lived")
    source = f"import os, sys; print('life', len(os.listdir({str(tmp_path)!r}))); os.mkdir({lived!r}); sys.exit(3)"
    play = Play([Child("fragile", program(source))], cue=("fragile", "life 1"))
    assert play.run()
    assert [line for _, line in play.heard[:3]] == [
        "life 0",
        "ended (exit code 3); it is started again in 0.5 s",
        "life 1",
    ]


def test_the_signal_that_killed_a_child_is_named() -> None:
    source = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    play = Play([Child("victim", program(source))], cue=("victim", "ended"))
    assert play.run()
    assert play.heard == [("victim", "ended (killed by SIGKILL); it is started again in 0.5 s")]


def test_a_program_that_is_not_there_is_said_to_be_missing() -> None:
    play = Play([Child("missing", ["/nowhere/at/all"])], cue=("missing", "could not"))
    assert play.run()
    assert play.heard == [("missing", "could not be started (No such file or directory); it is started again in 0.5 s")]


def test_a_stage_starts_once_the_one_before_it_answers_and_stops_before_it(tmp_path: Path) -> None:
    ready = tmp_path / "ready"

    async def answers() -> bool:
        return ready.exists()

    slowly = f"import time; time.sleep(0.2); open({str(ready)!r}, 'w').close(); print('is ready', flush=True)\n"
    lower = Child("lower", program(slowly + UNTIL_STOPPED), answers)
    play = Play([lower], [Child("upper", program(UNTIL_STOPPED))], cue=("upper", "starts"))
    assert play.run()
    told = [f"{name} {line}".rstrip(" 0123456789") for name, line in play.heard]
    assert told == ["lower is ready", "lower starts", "upper starts", "upper stops", "lower stops"]


def test_what_children_say_is_passed_on_line_by_line_with_their_name() -> None:
    source = "import sys; print('one\\ntwo', flush=True); print('three', file=sys.stderr); print('four', end='')"
    play = Play([Child("talker", program(source))], cue=("talker", "four"))
    assert play.run()
    assert [said for said in play.heard if "ended" not in said[1]] == [
        ("talker", "one"),
        ("talker", "two"),
        ("talker", "three"),
        ("talker", "four"),
    ]


def test_a_line_that_never_ends_fills_no_memory_and_holds_nothing_up() -> None:
    source = f"print('x' * {3 * children.LONGEST_LINE}); print('after it')"
    play = Play([Child("talker", program(source))], cue=("talker", "after it"))
    assert play.run()
    assert max(len(line) for _, line in play.heard) <= children.LONGEST_LINE


def test_a_child_that_does_not_stop_in_time_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "GRACE", 0.1)
    play = Play([Child("stubborn", program(STUBBORN))], cue=("stubborn", "starts"))
    assert play.run()
    assert play.heard[-1] == ("stubborn", "did not stop within 0.1 s and is killed")


def test_asked_again_it_kills_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "SAME_WISH", -1)
    play = Play([Child("stubborn", program(STUBBORN))], cue=("stubborn", "starts"), stops=2)
    assert not play.run()
    assert [line.split()[0] for _, line in play.heard] == ["starts"]


def test_an_echo_of_the_order_to_stop_is_not_a_second_one() -> None:
    play = Play([Child("polite", program(UNTIL_STOPPED))], cue=("polite", "starts"), stops=2)
    assert play.run()
    assert play.heard[-1] == ("polite", "stops")


@contextmanager
def little_supervisor(source: str) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A supervisor of two children as a process of its own, and handles on both children once they run."""
    command = [sys.executable, str(Path(__file__).with_name("little_supervisor.py")), source]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as supervisor:
        assert supervisor.stdout
        started = []
        try:
            for line in supervisor.stdout:
                if " starts " in line:
                    started.append(os.pidfd_open(int(line.split()[-1])))
                if len(started) == 2:
                    break
            yield supervisor, started
        finally:
            supervisor.kill()
            for handle in started:
                os.close(handle)


def has_ended(handle: int) -> bool:
    """Whether the process behind a handle ends within ten seconds."""
    return bool(select.select([handle], [], [], 10)[0])


@pytest.mark.parametrize("source", [UNTIL_STOPPED, STUBBORN])
def test_killing_the_supervisor_leaves_nothing_behind(source: str) -> None:
    with little_supervisor(source) as (supervisor, started):
        supervisor.kill()
        supervisor.wait()
        assert [has_ended(handle) for handle in started] == [True, True]


def test_one_signal_to_the_supervisor_stops_everything_in_order() -> None:
    with little_supervisor(UNTIL_STOPPED) as (supervisor, started):
        supervisor.terminate()
        said, _ = supervisor.communicate()
        assert said.splitlines() == ["upper stops", "lower stops"]
        assert supervisor.returncode == 0
        assert [has_ended(handle) for handle in started] == [True, True]


def test_ctrl_c_in_a_terminal_reaches_the_supervisor_alone() -> None:
    with little_supervisor(UNTIL_STOPPED) as (supervisor, _):
        os.killpg(supervisor.pid, signal.SIGINT)
        said, _ = supervisor.communicate()
        assert said.splitlines() == ["upper stops", "lower stops"]
        assert supervisor.returncode == 0
