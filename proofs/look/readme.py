"""The pictures of the README, of an ordinary Tuesday morning."""

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

from proofs.checks import Check
from proofs.look import staff_pages
from proofs.look.walking import Reach, Walk, at

_MOST_BYTES = 150_000
_WIDTH = 1280
_SHOWN: dict[str, tuple[Reach, int]] = {
    "today": (at("/"), 900),
    "session": (staff_pages.FULL["session-filled"], 1000),
    "inbox": (staff_pages.FULL["talk"], 860),
    "patient": (staff_pages.FULL["patient-story"], 1000),
}


def pictures(walk: Walk, folder: Path) -> Iterator[Check]:
    """Each as a reader sees it, and small enough for a page."""
    for name, (reach, height) in _SHOWN.items():
        walk.page.set_viewport_size({"width": _WIDTH, "height": height})
        reach(walk)
        yield _take(walk.page, folder / f"readme-{name}.png")


def _take(page: Page, file: Path) -> Check:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.evaluate("document.activeElement?.blur()")
    page.screenshot(path=file)
    size = file.stat().st_size
    return Check(file.stem, f"{size // 1000} kB", [] if size < _MOST_BYTES else ["too large for a page"])
