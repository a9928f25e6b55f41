"""Getting about on the pages, as whoever is signed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from playwright.sync_api import Page

from proofs.look.scene import Scene


@dataclass(frozen=True, slots=True)
class Walk:
    """One browser window, and the service that it is open on."""

    page: Page
    scene: Scene
    ids: Mapping[str, str]  #: of patients, by their keys

    def go(self, path: str) -> None:
        """Open a page."""
        self.page.goto(self.scene.web + path)

    def patient(self, key: str, rest: str = "") -> None:
        """Open somebody's page."""
        self.go(f"/patients/{self.ids[key]}{rest}")

    def find(self, name: str) -> str:
        """The id of a patient whom the list finds by a name."""
        self.go(f"/patients?q={name}")
        return (self.page.locator(".patient-cell a").first.get_attribute("href") or "").rpartition("/")[2]

    def press(self, words: str) -> None:
        """Press the first button or link with these words."""
        self.page.locator("button:visible, a:visible, summary:visible").filter(has_text=words).first.click()

    def fill(self, **fields: str) -> None:
        """Type into fields by their names."""
        for name, words in fields.items():
            self.page.locator(f"[name={name}]:visible").first.fill(words)

    def send_as_it_is(self, form: str) -> None:
        """Send a form that the browser itself would not let go."""
        self.page.locator(form).first.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
        self.page.wait_for_load_state()


Reach = Callable[[Walk], None]


def at(path: str) -> Reach:
    """The way to a page that has an address."""
    return partial(_open, path=path)


def of(key: str, rest: str = "") -> Reach:
    """The way to somebody's page."""
    return partial(Walk.patient, key=key, rest=rest)


def _open(walk: Walk, path: str) -> None:
    walk.go(path)
