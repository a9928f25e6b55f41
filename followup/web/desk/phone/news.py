"""What has changed on the page since it was drawn.

Each part carries a mark of what it shows. The page sends its marks along, and only parts whose mark is another by now
come back, so that nothing is moved, and no place in a text is lost, without need.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from starlette.responses import Response

from followup.web.desk.frame import Desk
from followup.web.desk.patient.story import WAITS
from followup.web.desk.phone.screen import Screen
from followup.web.pages import day_and_time

PARTS = ("trouble", "talk", "answers", "mails", "mail", "owed", "faults", "now")
MOST_SAID = 1600  #: characters: Twilio takes no more
_OF_EMULATORS = frozenset({"talk", "answers", "mails", "mail", "faults"})


@dataclass(frozen=True, slots=True)
class Mark:
    """What a part shows, as a short text that changes with it, and how many things have come in there."""

    text: str = ""
    count: int = 0

    @classmethod
    def read(cls, text: str) -> "Mark":
        """What a page sent; nothing of it is trusted."""
        mark, _, count = text[:40].partition(".")
        return cls(mark, int(count) if count.isdecimal() else 0)

    def __str__(self) -> str:
        return f"{self.text}.{self.count}"


def marks_in(asked: Mapping[str, str]) -> dict[str, Mark]:
    """The marks that a page sent."""
    return {part: Mark.read(asked.get(f"mark-{part}", "")) for part in PARTS}


def values(desk: Desk, shown: Screen, trouble: str) -> dict[str, object]:
    """What every part is drawn with."""
    return {
        "shown": shown,
        "patient": shown.patient,
        "trouble": trouble,
        "marks": _marks(desk, shown, trouble),
        "waits": WAITS,
        "theirs": lambda when: day_and_time(when.astimezone(shown.zone)),
        "their_zone": shown.zone.key.rpartition("/")[2].replace("_", " "),
        "most_said": MOST_SAID,
    }


def answer(
    desk: Desk,
    shown: Screen,
    had: Mapping[str, Mark],
    *,
    typed: str | None = None,
    trouble: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    """The parts that show something else; with `typed`, also the field to answer in, which holds that then.

    A part without a mark is not on the page. While the emulators do not answer, what they told last stays.
    """
    trouble = trouble or shown.there.trouble
    has = _marks(desk, shown, trouble)
    kept = _OF_EMULATORS if shown.there.trouble else ()
    changed = [part for part in PARTS if had[part].text not in ("", has[part].text) and part not in kept]
    if not changed and typed is None:
        return Response(status_code=204)
    told = desk.part(
        "desk/phone/news.html", status=status, changed=changed, typed=typed, **values(desk, shown, trouble)
    )
    if words := trouble or done or _come(shown, had, has):
        told.headers["HX-Trigger"] = json.dumps({"announce": words})
    return told


def _marks(desk: Desk, shown: Screen, trouble: str) -> dict[str, Mark]:
    there, opened = shown.there, shown.opened.message_id if shown.opened else ""
    shows: dict[str, tuple[object, int]] = {
        "trouble": (trouble, 0),
        "talk": (there.talk, len(shown.come)),
        "answers": (there.answers, 0),
        "mails": (([one.message_id for one in there.mailbox], opened), len(there.mailbox)),
        "mail": (opened, 0),
        "owed": ((shown.owed, shown.more), 0),
        "faults": (there.ordered, 0),
        "now": (f"{desk.now:%Y-%m-%dT%H:%M}", 0),
    }
    return {part: Mark(sha256(repr(what).encode()).hexdigest()[:12], count) for part, (what, count) in shows.items()}


def _come(shown: Screen, had: Mapping[str, Mark], has: Mapping[str, Mark]) -> str:
    """What to tell those who do not see it."""
    texts, mails = (has[part].count - had[part].count if had[part].text else 0 for part in ("talk", "mails"))
    told = []
    if texts > 0:
        told.append(f"{'A text has' if texts == 1 else f'{texts} texts have'} come: {shown.come[-1].words}")
    if mails > 0:
        told.append(f"{'A mail has' if mails == 1 else f'{mails} mails have'} come: {shown.there.mailbox[0].subject}")
    return " ".join(told)
