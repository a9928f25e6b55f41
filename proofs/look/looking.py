"""One page as people see it: pictures in four ways, axe-core, and whatever a browser complains of."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, Response

from proofs.checks import Check

WIDE, NARROW, NARROWEST, HEIGHT = 1280, 360, 320, 800
_SCHEMES: Sequence[Literal["light", "dark"]] = ("light", "dark")
_REFUSAL = "Failed to load resource: the server responded with a status of 4"  # a form that was refused says so, too
_LONG_ID = re.compile(r"(?<=/)[\w.-]{20,}(?=/|$)")

# What is wider than the screen, and not within something that scrolls by itself.
_STICKS_OUT = """() => {
  const width = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > width) found.push(`the page, by ${document.documentElement.scrollWidth - width} px`);
  for (const one of document.body.querySelectorAll("*")) {
    const box = one.getBoundingClientRect();
    if (box.right <= width + 1 || box.width < 2 || one.closest("svg svg, .unseen, .skip-link")) continue;
    let holds = false;
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== "visible") { holds = true; break; }
    if (!holds && getComputedStyle(one).position !== "fixed") found.push(`${one.tagName.toLowerCase()}.${one.getAttribute("class") ?? ""}, by ${Math.round(box.right - width)} px`);
  }
  return found.slice(0, 3);
}"""


class Eyes:
    """Looks at pages, and hears what a browser says meanwhile."""

    def __init__(self, context: BrowserContext, home: str, folder: Path) -> None:
        self._home = urlsplit(home).netloc
        self._folder = folder
        self._heard: list[str] = []
        self.visited: set[str] = set()  #: paths of the pages that came
        context.on("page", self._listen)

    def look(self, page: Page, name: str) -> Check:
        """Pictures at two widths, light and dark; axe-core finds nothing; nothing scrolls sideways."""
        faults = []
        for width in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            for scheme in _SCHEMES:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.screenshot(path=self._folder / f"{name}-{width}-{scheme}.png", full_page=True)
                faults += [f"{width} px, {scheme}: {fault}" for fault in _axe(page)]
        for width in (NARROW, NARROWEST):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            faults += [f"{width} px: sticks out: {fault}" for fault in page.evaluate(_STICKS_OUT)]
        if page.locator("[data-markup], script:not([src])").count():
            faults.append("markup that a patient wrote is markup here")
        page.set_viewport_size({"width": WIDE, "height": HEIGHT})
        page.emulate_media(color_scheme="light")
        faults += self.heard()
        return Check(name, _LONG_ID.sub("…", urlsplit(page.url).path), faults)

    def heard(self) -> list[str]:
        """What the browser has complained of since this was asked last."""
        heard, self._heard = self._heard, []
        return heard

    def _listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._heard.append(f"script: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("dialog", self._dialog)

    def _console(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and not said.text.startswith(_REFUSAL):
            self._heard.append(f"console: {said.text}")

    def _request(self, request: Request) -> None:
        where = urlsplit(request.url)
        if where.scheme in ("http", "https") and where.netloc != self._home:
            self._heard.append(f"asks another host: {request.url[:100]}")

    def _response(self, answer: Response) -> None:
        path = urlsplit(answer.url).path
        if answer.status >= 500 or (answer.status >= 400 and path.startswith("/static/")):
            self._heard.append(f"{answer.status} for {path}")
        if answer.request.method == "GET" and answer.status < 400:
            self.visited.add(path)

    def _dialog(self, dialog: Dialog) -> None:
        self._heard.append(f"a dialog: {dialog.message}")
        dialog.dismiss()


def _axe(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"axe {one['id']}: {one['nodes'][0]['html'][:160]} ({len(one['nodes'])} times)" for one in found]
