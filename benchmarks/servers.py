"""The servers that are measured with: PostgreSQL as it guards data, which the tests' one does not, and Valkey."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests import servers
else:  # by its path: some libraries install a package of their own that is called `tests`
    _spec = spec_from_file_location("test_servers", Path(__file__).parents[1] / "tests" / "servers.py")
    servers = module_from_spec(_spec)
    _spec.loader.exec_module(servers)

free_port, valkey = servers.free_port, servers.valkey

#: All else is PostgreSQL's own default: it writes through to disk, and cleans up.
POSTGRESQL_SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


@contextmanager
def postgresql() -> Iterator[str]:
    """A new server that nobody else uses; the URL of its database `postgres`."""
    account = servers.unprivileged_account()
    with tempfile.TemporaryDirectory(prefix="followup-bench-", dir=servers.SHORT_LIVED) as name:
        home = Path(name)
        if account:
            os.chown(home, account.pw_uid, account.pw_gid)
        programs = servers.runnable_by(account, servers.postgresql_programs(), home)
        data, port = home / "data", free_port()
        initdb = (str(programs / "initdb"), "--pgdata", str(data), "--username=followup", "--auth=trust")
        subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C"],
            check=True,
            stdout=subprocess.DEVNULL,
            **servers.as_account(account, home),
        )
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": name, **POSTGRESQL_SETTINGS}
        options = [f"--{key}={value}" for key, value in settings.items()]
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), *options]
        with servers.running(command, account, home):
            yield f"postgresql+psycopg://followup@127.0.0.1:{port}/postgres"
