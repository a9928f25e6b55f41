"""Every page that a patient reaches by a link, on a phone that has nobody signed in."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from proofs.look import people, story
from proofs.look.walking import Reach, Walk, at


def _linked(walk: Walk, *, email: str, action: str) -> None:
    walk.go(walk.scene.links(email, action)[0])


def _check_in_wrong(walk: Walk) -> None:
    _linked(walk, email=people.OMAR.email, action="check-in")
    walk.send_as_it_is("form")


def _check_in_told(walk: Walk) -> None:
    _linked(walk, email=people.OMAR.email, action="check-in")
    walk.page.locator("label:has([value=C])").click()
    walk.fill(words=people.MARKED_WORDS)
    walk.page.locator("form [type=submit]").click()


def _feedback_told(walk: Walk) -> None:
    _linked(walk, email="", action="feedback")
    walk.page.locator("label:has([value='3'])").first.click()
    walk.fill(words="Much better, thank you.")
    walk.page.locator("form [type=submit]").click()


def _preferences_saved(walk: Walk) -> None:
    _linked(walk, email=people.IRIS.email, action="preferences")
    walk.page.locator("[name=privacy][value=minimal]").check(force=True)
    walk.page.locator("form [type=submit]").click()


def _unsubscribed(walk: Walk) -> None:
    _linked(walk, email=people.NORA.email, action="unsubscribe")
    walk.page.locator("form [type=submit]").click()


PAGES: Mapping[str, Reach] = {
    "their-check-in": partial(_linked, email=people.OMAR.email, action="check-in"),
    "their-check-in-spanish": partial(_linked, email=people.NORA.email, action="check-in"),
    "their-check-in-wrong": _check_in_wrong,
    "their-check-in-told": _check_in_told,
    "their-check-in-over": partial(_linked, email=people.OMAR.email, action="check-in"),
    "their-feedback": partial(_linked, email="", action="feedback"),
    "their-feedback-told": _feedback_told,
    "their-preferences": partial(_linked, email=people.NORA.email, action="preferences"),
    "their-preferences-saved": _preferences_saved,
    "their-unsubscribe": partial(_linked, email=people.NORA.email, action="unsubscribe"),
    "their-unsubscribe-done": _unsubscribed,
    "their-dead-link": at("/p/nothing/feedback"),
}
LATER: Mapping[datetime, Mapping[str, Reach]] = {
    story.WEDNESDAY: {"their-still-or-gone": partial(_linked, email=people.OMAR.email, action="still-or-gone")},
    story.THURSDAY: {"their-note": partial(_linked, email=people.IRIS.email, action="note")},  # to whom we say little
}
