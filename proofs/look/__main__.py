"""`python -m proofs.look`: fill a practice service, walk all of its pages in Chromium, and end with 1 if any is wrong."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from playwright.sync_api import Browser, sync_playwright

from proofs import children
from proofs.checks import Check, show
from proofs.look import album, coverage, gate_pages, keyboard, patient_pages, readme, staff_pages, story, together
from proofs.look.looking import HEIGHT, WIDE, Eyes
from proofs.look.needs import NoChromium, chromium
from proofs.look.scene import Scene, practice
from proofs.look.walking import Reach, Walk

PICTURES, README_PICTURES = Path("var/look"), Path("docs/pictures")


def main() -> int:
    began, checks = monotonic(), list[Check]()
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with TemporaryDirectory(prefix="followup-look-") as name:
        home = Path(name)
        try:
            with sync_playwright() as playwright, chromium(playwright) as browser, practice(home) as scene:
                for check in _Looks(browser, scene).all():
                    checks.append(check)
                    show(check)
        except NoChromium as why:
            print(why, file=sys.stderr)
            return 1
        except Exception as why:  # noqa: BLE001 - shown with what led to it
            checks.append(Check("it came to its end", "", [f"{type(why).__name__}: {why}"]))
            show(checks[-1])
            print(children.last_words(home), file=sys.stderr)
    album.bind(PICTURES)
    if "--readme" in sys.argv[1:]:
        readme.put(PICTURES, README_PICTURES)
    wrong = sum(bool(check.faults) for check in checks)
    print(
        f"{len(checks) - wrong} of {len(checks)} hold, after {monotonic() - began:.0f} s; pictures: {PICTURES}/index.html"
    )
    return 1 if wrong else 0


class _Looks:
    """What is looked at, in the order in which it happens."""

    def __init__(self, browser: Browser, scene: Scene) -> None:
        self._browser = browser
        self._scene = scene
        self._ids: dict[str, str] = {}
        self._visited: set[str] = set()

    def all(self) -> Iterator[Check]:
        with self._window("gate") as (walk, eyes):
            yield from _each(walk, eyes, gate_pages.PAGES)
        with self._window("admin") as (walk, eyes):
            yield from _each(walk, eyes, staff_pages.EMPTY)
            walk.go("/")
            walk.press("example week")
            yield eyes.look(walk.page, "example-week")
            self._ids |= story.monday(self._scene)
            self._ids |= story.tuesday(self._scene)
            yield from readme.pictures(walk, PICTURES)
        with self._window("patient") as (walk, eyes):
            yield from _each(walk, eyes, patient_pages.PAGES)
        self._ids |= story.flood(self._scene)
        with self._window("admin") as (walk, eyes):
            yield from _each(walk, eyes, staff_pages.FULL)
            yield keyboard.focus_is_seen(walk, list(staff_pages.ROUNDS))
            yield keyboard.news(walk)
        yield from self._jobs()
        yield coverage.every_page(self._visited)

    def _jobs(self) -> Iterator[Check]:
        with self._window("") as (walk, eyes):
            yield from keyboard.jobs(walk)
            yield eyes.look(walk.page, "keyboard-closed")
            with self._window("clinician") as (other, others_eyes):
                yield from together.at_once(walk, other, others_eyes)
            staff_pages.pause(walk)
            yield from _each(walk, eyes, staff_pages.PAUSED)
            staff_pages.resume(walk)
        with self._window("patient") as (walk, eyes):
            for moment, pages in patient_pages.LATER.items():
                self._scene.walk_to(moment)
                yield from _each(walk, eyes, pages)

    @contextmanager
    def _window(self, who: str) -> Iterator[tuple[Walk, Eyes]]:
        """A browser of its own, signed in as a role of the practice, or as nobody."""
        context = self._browser.new_context(viewport={"width": WIDE, "height": HEIGHT}, locale="en-US")
        context.set_default_timeout(20_000)
        eyes = Eyes(context, self._scene.web, PICTURES)
        walk = Walk(context.new_page(), self._scene, self._ids)
        if who in ("admin", "clinician", "desk"):
            walk.go("/sign-in")
            walk.page.locator(f"button[value={who}]").click()
        try:
            yield walk, eyes
        finally:
            self._visited |= eyes.visited
            context.close()


def _each(walk: Walk, eyes: Eyes, pages: Mapping[str, Reach]) -> Iterator[Check]:
    for name, reach in pages.items():
        try:
            reach(walk)
            yield eyes.look(walk.page, name)
        except Exception as error:  # noqa: BLE001 - one page that can't be reached keeps nobody from the next
            yield Check(name, walk.page.url, [line for line in str(error).splitlines() if line.strip()][:5])


if __name__ == "__main__":
    sys.exit(main())
