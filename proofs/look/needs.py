"""Which Chromium there is."""

import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

_QUIET = (  # it runs as root in containers, without a graphics card, and must call nobody
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


class NoChromium(Exception):
    """There is none; says how to get one."""


def chromium(playwright: Playwright) -> Browser:
    """The system's own, or the one that Playwright has fetched. Raises NoChromium."""
    path = shutil.which("chromium") or playwright.chromium.executable_path
    if not Path(path).exists():
        raise NoChromium("make look needs Chromium: as root, apt-get install --no-install-recommends chromium")
    return playwright.chromium.launch(executable_path=path, args=_QUIET)
