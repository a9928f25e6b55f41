"""The pages before a sign-in."""

from collections.abc import Mapping

from proofs.look.walking import Reach, Walk, at


def _wrong(walk: Walk) -> None:
    walk.go("/sign-in")
    walk.fill(email="nobody@maple.example", password="not this one")
    walk.page.locator("form[action$='/sign-in'] [type=submit]").click()


def _asked(walk: Walk) -> None:
    walk.go("/forgot-password")
    walk.fill(email="desk@maple.example")
    walk.page.locator("form [type=submit]").click()


def _choose(walk: Walk) -> None:
    walk.go(walk.scene.password_link("desk@maple.example"))


def _choose_wrong(walk: Walk) -> None:
    _choose(walk)
    walk.fill(password="short", again="other")
    walk.send_as_it_is("form")


PAGES: Mapping[str, Reach] = {
    "sign-in": at("/sign-in"),
    "sign-in-wrong": _wrong,
    "forgot": at("/forgot-password"),
    "forgot-asked": _asked,
    "password": _choose,
    "password-wrong": _choose_wrong,
    "password-dead": at("/password/nothing"),
}
