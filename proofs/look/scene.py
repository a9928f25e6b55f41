"""The practice service in a folder of its own, and the ways into it: its commands, its API and its emulators."""

import json
import os
import re
import subprocess
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.servers import free_port
from proofs import children

NUMBER = "+15005550006"  #: from which the sample clinic texts
_FOLLOWUP = Path(sysconfig.get_path("scripts")) / "followup"
_LINK = re.compile(r"/p/[\w.~-]+/[a-z-]+")

_PASSWORD = re.compile(r"/password/[\w.~-]+")


@dataclass(frozen=True, slots=True)
class Scene:
    """The service while it runs."""

    home: Path
    web: str  #: where it is
    emulators: str
    environment: Mapping[str, str]
    key: str = ""  #: of the API

    def command(self, *words: str) -> str:
        """What `followup …` prints. Raises RuntimeError when it fails."""
        environment = {"PATH": os.defpath, **self.environment}
        done = subprocess.run(
            [_FOLLOWUP, *words], cwd=self.home, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"followup {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def api(self, path: str, body: object = None) -> Any:
        """What the API answers: to a GET, or with a body to a POST."""
        return _ask(f"{self.web}/api/v1{path}", body, {"Authorization": f"Bearer {self.key}"})

    def receive(self, sent_from: str, words: str) -> None:
        """Let somebody text our number."""
        _ask(f"{self.emulators}/_emulator/inbound", {"from": sent_from, "to": NUMBER, "body": words})

    def go_wrong(self, kind: str, match: str, count: int = 1) -> None:
        """Let the next messages to somebody go wrong."""
        _ask(f"{self.emulators}/_emulator/faults", {"kind": kind, "count": count, "match": match})

    def texts(self, to: str) -> list[str]:
        """What was texted to a number."""
        return [row["body"] for row in _ask(f"{self.emulators}/_emulator/ledger?to={to.replace('+', '%2B')}")]

    def links(self, to: str, action: str) -> list[str]:
        """The paths that end like this in the mails to an address, or in all of them; newest first."""
        mails = _ask(f"{self.emulators}/_emulator/mailbox?to={to}")
        return [path for mail in reversed(mails) for path in _LINK.findall(mail["text"]) if path.endswith(f"/{action}")]

    def password_link(self, to: str) -> str:
        """The path to choose a password at, in the newest mail to an address that has one; the mail may be under way."""

        def links() -> list[str]:
            mails = _ask(f"{self.emulators}/_emulator/mailbox?to={to}")
            return [found[0] for mail in mails if (found := _PASSWORD.search(mail["text"]))]

        self.until(f"a link in a mail to {to}", links)
        return links()[-1]

    def walk_to(self, moment: datetime) -> None:
        """Let business time go by; all that is due leaves on the way."""
        self.command("clock", "--to", moment.astimezone(UTC).isoformat())

    def until(self, what: str, condition: Callable[[], object]) -> None:
        """Wait for what the service does by itself."""
        children.wait_for(what, condition, within=children.PATIENCE)


@contextmanager
def practice(home: Path) -> Iterator[Scene]:
    """`followup serve`, not live, with nothing recorded yet."""
    web, texts, mails = free_port(), free_port(), free_port()
    environment = {
        "FOLLOWUP_DATA_DIR": str(home / "data"),
        "FOLLOWUP_PORT": str(web),
        "EMULATOR_TWILIO_URL": f"http://127.0.0.1:{texts}",
        "EMULATOR_SMTP_URL": f"smtp://127.0.0.1:{mails}",
    }
    scene = Scene(home, f"http://127.0.0.1:{web}", f"http://127.0.0.1:{texts}", environment)
    with children.started("service", [str(_FOLLOWUP), "serve"], home=home, environment=environment, port=web):
        scene.until("the service to be ready", lambda: "Ctrl-C" in (home / "service.log").read_text(errors="replace"))
        yield replace(scene, key=scene.command("key", "add", "look"))


def _ask(url: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, {"Content-Type": "application/json", **(headers or {})})) as answer:
        return json.load(answer)
