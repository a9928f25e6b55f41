"""The Compose file as Compose itself reads it, and its services as processes of this machine."""

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from followup.runtime import die_with_parent

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sysconfig.get_path("scripts"))
PATIENCE_S = 30


def ask_compose(*words: str, env_file: Path | str = os.devnull, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the real Compose on our file, with nothing of our environment and no `.env` of a developer."""
    command = [PROGRAMS / "docker-compose", "--env-file", env_file, "--profile", "practice", *words]
    environment = {"PATH": os.defpath, **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def resolved(env_file: Path | str = os.devnull, **variables: str) -> dict[str, Any]:
    """What Compose makes of our file with these variables."""
    done = ask_compose("config", "--format", "json", env_file=env_file, **variables)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def image_health_check() -> list[str]:
    """What the image asks where a service has no check of its own."""
    found = re.search(r"^HEALTHCHECK .*?CMD (\[.*?\])$", (ROOT / "Dockerfile").read_text(), re.DOTALL | re.MULTILINE)
    assert found
    return ["CMD", *json.loads(found[1])]


class Containers:
    """The services that are ours, each with its own command and environment; `here` says what is elsewhere on this machine.

    Secrets are read from the files that Compose would mount. When the block ends, all are asked to stop, and must.
    """

    def __init__(self, project: Mapping[str, Any], *, here: Mapping[str, str], home: Path) -> None:
        self._project = project
        self._here = here
        self._home = home
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            process.terminate()
        try:
            for process in self._running.values():
                process.wait(PATIENCE_S)
        finally:
            for process in self._running.values():
                with suppress(ProcessLookupError):  # there is nobody left in its session: as it should be
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def start(self, name: str) -> None:
        with (self._home / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._command(name, self._service(name)["command"]),
                cwd=self._home,
                env=self._environment(name),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call
            )

    def run(self, name: str, *words: str) -> str:
        """What a command says in the place of the service's own, as `docker compose run` does it."""
        command = self._command(name, words or self._service(name)["command"])
        done = subprocess.run(
            command, cwd=self._home, env=self._environment(name), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def is_healthy(self, name: str) -> bool:
        """Whether the service's own check says so."""
        kind, *words = self._service(name).get("healthcheck", {}).get("test") or image_health_check()
        if kind == "CMD-SHELL":
            words = ["/bin/sh", "-c", *words]
        command = self._command(name, words)
        done = subprocess.run(
            command, cwd=self._home, env=self._environment(name), capture_output=True, check=False, timeout=PATIENCE_S
        )
        return done.returncode == 0

    def exit_codes(self) -> dict[str, int | None]:
        """How each ended; None for one that runs."""
        return {name: process.poll() for name, process in self._running.items()}

    def left(self) -> list[str]:
        """The command lines of what still runs in a session of ours."""
        sessions = {process.pid for process in self._running.values()}
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(FileNotFoundError, ProcessLookupError):  # it ended while we looked
                if int(stat.read_text().rpartition(")")[2].split()[3]) in sessions:
                    found.append((stat.parent / "cmdline").read_text().replace("\0", " "))
        return found

    def logs(self) -> str:
        """The last words of each."""
        tails = ((log.stem, log.read_text(errors="replace")[-3000:]) for log in sorted(self._home.glob("*.log")))
        return "\n".join(f"--- {name}\n{tail}" for name, tail in tails)

    def _service(self, name: str) -> Mapping[str, Any]:
        service: Mapping[str, Any] = self._project["services"][name]
        return service

    def _command(self, name: str, words: Sequence[str]) -> list[str]:
        program, *rest = (self._moved(name, word) for word in words)
        ours = {"python": sys.executable}.get(program, str(PROGRAMS / program))
        return [program if program.startswith("/") else ours, *rest]

    def _environment(self, name: str) -> dict[str, str]:
        given = {key: self._moved(name, value) for key, value in self._service(name)["environment"].items()}
        return {"PATH": f"{PROGRAMS}:{os.defpath}", "FOLLOWUP_DATA_DIR": str(self._home), **given}

    def _moved(self, name: str, word: str) -> str:
        """The word with every address in it as it is here, in one go, so that no answer is taken for a question."""
        files = {
            mount["target"]: self._project["secrets"][mount["source"]]["file"]
            for mount in self._service(name)["secrets"]
        }
        here = {**files, **self._here}
        longest_first = sorted(here, key=len, reverse=True)
        # Compose writes every dollar twice, so that its answer may be its own input again.
        return re.sub("|".join(map(re.escape, longest_first)), lambda found: here[found[0]], word.replace("$$", "$"))
