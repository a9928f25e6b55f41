"""The main jobs by keyboard alone: nothing here ever points at anything."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Locator, Page, expect

from proofs.checks import Check
from proofs.look import people
from proofs.look.walking import Walk

_MOST_STOPS = 160  # presses of the Tab key until a page has been gone round
_WORDS = "Thank you for telling us. Dana will phone you within ten minutes."
_PASSWORD = "four plain words suffice"
_NOTE = "Phoned at 11:20. The tingling is less; comes in tomorrow at 9."

# Whether the focus can be seen: on the element itself, or on what stands for it.
_FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const stand = [one, one.nextElementSibling, one.parentElement, one.closest("label, .search, li, tr, a")].filter(Boolean);
  const drawn = (what) => {
    const style = getComputedStyle(what);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none" || style.strokeWidth > "1.5px";
  };
  const box = one.getBoundingClientRect();
  const where = (box.width > 1 ? one : one.closest("label, .pill, form") ?? one).getBoundingClientRect();
  const isOn = where.bottom > 0 && where.top < innerHeight && where.right > 0 && where.left < innerWidth;
  const name = `${one.tagName.toLowerCase()}${one.id ? `#${one.id}` : ""}.${one.getAttribute("class") ?? ""} "${(one.getAttribute("aria-label") ?? one.textContent).trim().slice(0, 30)}"`;
  return { name, seen: stand.some(drawn), isOn };
}"""


def jobs(walk: Walk) -> Iterator[Check]:
    """Get in, record a session, take an alert, answer, close it."""
    for what, job in (
        ("follow an invitation, choose a password, and sign in with it", _follow_invitation),
        ("sign in", _sign_in),
        ("record a session, with the body map", _record),
        ("take an alert, and hear that it is taken", _take),
        ("answer a conversation", _answer),
        ("close the alert with a note", _close),
    ):
        yield _done(f"by keyboard alone: {what}", job, walk)


def focus_is_seen(walk: Walk, paths: list[str]) -> Check:
    """Tab goes round each page, and every stop shows itself."""
    faults, stops = [], 0
    for path in paths:
        walk.go(path)
        for _ in range(_MOST_STOPS):
            walk.page.keyboard.press("Tab")
            found = walk.page.evaluate(_FOCUS)
            if found is None:
                break
            stops += 1
            if not (found["seen"] and found["isOn"]):
                faults.append(f"{path}: {found['name']} {'is off the screen' if found['seen'] else 'shows no focus'}")
    return Check("focus is visible at every stop of the Tab key", f"{stops} stops on {len(paths)} pages", faults)


def news(walk: Walk) -> Check:
    """A worry that comes in while Today is open is announced; it moves no row before the reader brings it in."""
    return _done("a worry that comes in is announced on Today, and brought in by its button", _hear, walk)


def _follow_invitation(walk: Walk) -> str:
    page, keyboard = walk.page, walk.page.keyboard
    walk.go(walk.scene.password_link(people.IVY))
    _tab_to(page, "#password")
    keyboard.type(_PASSWORD)
    _tab_to(page, "#again")
    keyboard.type(_PASSWORD)
    keyboard.press("Enter")
    page.wait_for_url(f"{walk.scene.web}/")
    walk.go("/more")
    _tab_to(page, "form[action$='/sign-out'] button")
    keyboard.press("Enter")
    page.wait_for_url("**/sign-in?**")
    _tab_to(page, "#email")
    keyboard.type(people.IVY)
    _tab_to(page, "#password")
    keyboard.type(_PASSWORD)
    keyboard.press("Enter")
    page.wait_for_url(f"{walk.scene.web}/")
    said: str = page.title()
    page.context.clear_cookies()
    return said


def _sign_in(walk: Walk) -> str:
    walk.go("/sign-in")
    _tab_to(walk.page, "button[value=admin]")
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url(f"{walk.scene.web}/")
    title: str = walk.page.title()
    return title


def _record(walk: Walk) -> str:
    page = walk.page
    walk.go("/")
    page.keyboard.press("n")
    expect(page.locator("#seek")).to_be_focused()
    page.keyboard.type("watanabe")
    page.locator("[data-match]").first.wait_for()
    page.keyboard.press("Enter")
    expect(page.locator("#ended_time")).to_be_focused()
    _tab_to(page, ".region[tabindex='0']")
    for key in ("ArrowRight", "Space", "ArrowRight", "ArrowRight", "Space"):
        page.keyboard.press(key)
    chosen = page.locator("[name=regions]:checked").count()
    assert chosen == 2, f"{chosen} regions are chosen"
    _tab_to(page, "[name=baseline_pain]")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-outlook]")).to_be_visible()
    expect(page.locator("[data-announce]")).not_to_be_empty()
    said = page.locator("[data-announce]").inner_text()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_be_visible()
    return f"{said} {page.locator('.toast span').first.inner_text()}"


def _take(walk: Walk) -> str:
    page = walk.page
    walk.go("/")
    _row(page, "Marchetti")
    page.keyboard.press("t")
    expect(page.locator("[data-announce]")).to_contain_text("You have it")
    said: str = page.locator("[data-announce]").inner_text()
    return said


def _answer(walk: Walk) -> str:
    page = walk.page
    walk.go("/inbox?view=mine")
    _row(page, "Marchetti")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/**")
    page.keyboard.press("r")
    expect(page.locator("textarea#answer")).to_be_focused()
    page.keyboard.type(_WORDS)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_be_visible()
    walk.scene.until(
        "the answer to leave", lambda: any(_WORDS in text for text in walk.scene.texts(people.ELENA.phone))
    )
    said: str = page.locator(".toast span").first.inner_text()
    return said


def _close(walk: Walk) -> str:
    page = walk.page
    page.keyboard.press("e")
    expect(page.locator(".alert-close textarea")).to_be_focused()
    page.keyboard.type(_NOTE)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk-note").last).to_contain_text(_NOTE)
    said: str = page.locator(".toast span").first.inner_text()
    return said


def _hear(walk: Walk) -> str:
    walk.go("/")
    walk.scene.receive(people.PETRA.phone, "C. Now my hand is weak")
    expect(walk.page.locator("#news")).to_contain_text("new", timeout=60_000)
    expect(walk.page.locator("[data-announce]")).to_contain_text("person", timeout=60_000)
    said: str = walk.page.locator("[data-announce]").inner_text()
    assert not walk.page.locator("[data-row]").filter(has_text="hand is weak").count(), "the row came by itself"
    _tab_to(walk.page, "#news a")
    walk.page.keyboard.press("Enter")
    expect(walk.page.locator("#news a")).to_have_count(0)
    return said


def _row(page: Page, name: str) -> None:
    """Go down with j until the current row is this one."""
    current = page.locator('[data-row][aria-current="true"]')
    for _ in range(page.locator("[data-row]").count()):
        page.keyboard.press("j")
        if name in current.inner_text():
            return
    raise AssertionError(f"j never came to {name}")


def _tab_to(page: Page, what: str) -> Locator:
    """Press Tab until this has the focus, which must be seen at every stop."""
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        found = page.evaluate(_FOCUS)
        assert found is None or found["seen"], f"{found['name']} shows no focus"
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return page.locator(what).first
    raise AssertionError(f"Tab never came to {what}")


def _done(what: str, job: Callable[[Walk], str], walk: Walk) -> Check:
    """The job, and what it says at its end; or what kept it from its end."""
    try:
        return Check(what, job(walk))
    except Exception as error:  # noqa: BLE001 - whatever stops a person is a fault
        return Check(what, "was not done", [line for line in str(error).splitlines() if line.strip()][:6])
