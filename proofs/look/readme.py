"""The pictures of the README, of an ordinary Tuesday morning."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

from proofs.checks import Check
from proofs.look import png, staff_pages
from proofs.look.looking import WIDE
from proofs.look.walking import Walk

SHOWN = ("today", "session", "inbox")
_MOST_BYTES = 150_000


def pictures(walk: Walk, folder: Path) -> Iterator[Check]:
    """Each as a reader sees it, and small enough for a page."""
    walk.go("/")
    walk.press("Hide for good")
    walk.page.locator("#tour").wait_for(state="detached")
    walk.page.set_viewport_size({"width": WIDE, "height": 800})
    walk.go("/")
    yield _take(walk.page, folder / "readme-today.png")
    walk.page.set_viewport_size({"width": WIDE, "height": 1000})
    staff_pages.session_filled(walk, walk.find("achterberg"))
    yield _take(walk.page, folder / "readme-session.png")
    walk.page.set_viewport_size({"width": WIDE, "height": 800})
    staff_pages.FULL["talk"](walk)
    yield _take(walk.page, folder / "readme-inbox.png")
    walk.patient("P-120")
    yield _take(walk.page, folder / "readme-patient.png")


def put(folder: Path, place: Path) -> None:
    """Put those that the README shows where it shows them."""
    place.mkdir(exist_ok=True)
    for name in SHOWN:
        shutil.copyfile(folder / f"readme-{name}.png", place / f"{name}.png")


def _take(page: Page, file: Path) -> Check:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
    size = file.write_bytes(png.shrink(page.screenshot()))
    return Check(file.stem, f"{size // 1000} kB", [] if size < _MOST_BYTES else ["too large for a page"])
