"""What a proof needs of this machine, and what of that is missing."""

import os
import shutil
from pathlib import Path

OLDEST_POSTGRESQL, OLDEST_REDIS = 15, 7
PACKAGES = {"postconf": "postfix", "redis-server": "redis-server", "openssl": "openssl"}
_WHERE = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"  # Debian keeps Postfix from the PATH of plain accounts


def missing() -> str:
    """One line with what to install or to do first; empty when everything is there."""
    packages = [package for program, package in PACKAGES.items() if not shutil.which(program, path=_WHERE)]
    if not any(_version(initdb) >= OLDEST_POSTGRESQL for initdb in Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        packages.append("postgresql")
    if packages:
        names = " ".join(packages)
        return f"make live needs {names}: as root, apt-get install --no-install-recommends {names}"
    return "" if os.geteuid() == 0 else "make live must be root, because Postfix starts only so: sudo make live"


def program(name: str) -> str:
    """The path of a program that `missing` did not miss."""
    found = shutil.which(name, path=_WHERE)
    assert found, name
    return found


def _version(initdb: Path) -> float:
    return float(initdb.parts[-3])
