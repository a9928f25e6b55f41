"""What every staff page stands on: who is signed in, what the clocks say, and the frame around the page.

@router.page("/inbox")
def inbox(desk: TheDesk) -> Response:
    with desk.read() as db:
        found = ...
    return desk.draw("desk/inbox.html", here="inbox", found=found)
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.routing import iter_route_contexts
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from followup.actions import auditing
from followup.messages.links import Links
from followup.queries import audit, desk as queries
from followup.queries.desk import Frame
from followup.queries.sign_ins import SignedIn
from followup.runtime import Runtime
from followup.web.access import Door, TheDoor, Who, own_path
from followup.web.depends import ThePages, TheRuntime
from followup.web.pages import Pages, later_by

THEMES = ("light", "dark")
_SAID, _THEME = "followup-said", "followup-theme"
_SEEN_ONCE_IN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class NavLink:
    """One link of the navigation. `classes` say on which screens it stands."""

    key: str
    path: str
    words: str
    icon: str
    classes: str = ""


NAV = (
    NavLink("today", "/", "Today", "today"),
    NavLink("inbox", "/inbox", "Inbox", "inbox"),
    NavLink("new", "/sessions/new", "New", "plus", "nav-add"),
    NavLink("patients", "/patients", "Patients", "patients"),
    NavLink("plans", "/plans", "Plans", "plans", "nav-only-wide"),
    NavLink("results", "/results", "Results", "results", "nav-only-wide"),
    NavLink("settings", "/settings", "Settings", "settings", "nav-only-wide"),
    NavLink("phone", "/phone", "Phone", "phone", "nav-only-wide"),
    NavLink("more", "/more", "More", "more", "nav-more"),
)
_ONLY_IN_PRACTICE = {"phone"}


@dataclass(frozen=True, slots=True)
class Said:
    """What the next page says once, as a toast: what was done, and for a while the way to undo it."""

    text: str
    undo: str = ""  #: a path to post to
    until: str = ""  #: ISO 8601, real time


@dataclass(frozen=True)
class Desk:
    """One request of someone who is signed in."""

    request: Request
    runtime: Runtime
    pages: Pages
    door: Door
    who: SignedIn
    now: datetime  #: business time, the same for the whole request

    @property
    def by(self) -> str:
        """How this person signs what they do."""
        return self.who.email

    @property
    def links(self) -> Links:
        """Makes links to patients' pages."""
        return self.runtime.links

    def read(self) -> AbstractContextManager[Session]:
        """One transaction that only reads."""
        return self.runtime.read_db()

    def write(self) -> AbstractContextManager[Session]:
        """One transaction that may write."""
        return self.runtime.open_db()

    def draw(self, template: str, *, here: str = "", status: int = 200, **values: object) -> HTMLResponse:
        """A whole page in its frame; `here` is the key of its link in the navigation."""
        said = _said_in(self.request)
        page = self.pages.draw(template, status=status, here=here, said=said, **self._frame(), **values)
        if said:
            page.delete_cookie(_SAID, path="/")
        return page

    def part(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A piece of a page, for a script to put in its place; it has everything that the page has, too."""
        return self.pages.draw(template, status=status, here="", said=None, **self._frame(), **values)

    def go(self, path: str, said: str = "", *, undo: str = "", until: datetime | None = None) -> Response:
        """On to another page after an act, which says what was done."""
        answer = self.door.to(path)
        if said:
            words = json.dumps(asdict(Said(said, undo, until.isoformat() if until else "")))
            kept = urlsafe_b64encode(words.encode()).decode()
            answer.set_cookie(_SAID, kept, max_age=60, secure=self.door.is_https, httponly=True, samesite="lax")
        return answer

    def saw(self, subject: str, subject_id: UUID) -> None:
        """Keep that this person looked at somebody's data; again only after a while."""
        with self.read() as db:
            last = audit.last_seen(db, subject=subject, subject_id=subject_id, by=self.by)
        if last is None or self.now - last > _SEEN_ONCE_IN:
            with self.write() as db:
                auditing.note(db, did="see", subject=subject, subject_id=subject_id, now=self.now, by=self.by)

    def _frame(self) -> Mapping[str, Any]:
        with self.read() as db:
            frame = queries.look(db, now=self.now)
        zone = frame.places[0].zone if frame.places else UTC
        counts = {"today": frame.counts.needs_person, "inbox": frame.counts.unseen}
        theme = self.request.cookies.get(_THEME, "")
        return {
            "frame": frame,
            "who": self.who,
            "zone": zone,
            "zone_name": _city(zone),
            "names": frame.names,
            "csrf": self.door.form_token(self.who.token),
            "nav": self._nav(),
            "has": partial(_has, self._paths()),
            "counted": {key: _shown(count) for key, count in counts.items()},
            "needs": _shown(frame.counts.needs_person),
            "practice": not self.runtime.settings.followup_live,
            "ahead": later_by(frame.ahead),
            "theme": theme if theme in THEMES else "",
            "is_pulse": False,
        }

    def _nav(self) -> list[NavLink]:
        paths, live = self._paths(), self.runtime.settings.followup_live
        return [link for link in NAV if link.path in paths and not (live and link.key in _ONLY_IN_PRACTICE)]

    def _paths(self) -> frozenset[str]:
        paths: frozenset[str] | None = getattr(self.request.app.state, "paths", None)
        if paths is None:
            paths = frozenset(route.path for route in iter_route_contexts(self.request.app.routes) if route.path)
            self.request.app.state.paths = paths
        return paths


def _desk(request: Request, runtime: TheRuntime, pages: ThePages, door: TheDoor, who: Who) -> Desk:
    return Desk(request, runtime, pages, door, who, runtime.now())


TheDesk = Annotated[Desk, Depends(_desk)]


def keep_theme(answer: Response, theme: str, *, door: Door) -> None:
    """Let this browser show light, dark, or (empty) what its system wants."""
    seconds = 365 * 24 * 3600 if theme else 0
    answer.set_cookie(_THEME, theme, max_age=seconds, secure=door.is_https, httponly=True, samesite="lax")


def _said_in(request: Request) -> Said | None:
    try:
        said = Said(**json.loads(urlsafe_b64decode(request.cookies.get(_SAID, ""))))
    except (ValueError, TypeError):
        return None
    return said if not said.undo or own_path(said.undo) == said.undo else None


def _shown(count: int) -> str:
    return f"{queries.MOST - 1}+" if count >= queries.MOST else str(count)


def _city(zone: ZoneInfo | Any) -> str:
    return str(zone).rpartition("/")[2].replace("_", " ")


def _has(paths: frozenset[str], path: str) -> bool:
    return path in paths


__all__ = ["Desk", "Frame", "Said", "TheDesk", "keep_theme"]
