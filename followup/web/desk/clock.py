"""Moving the clock while nothing is live, so that whoever tries the service out sees weeks go by: as `followup clock`.

A page that shows the bar gives its template `skips=clock.bar(desk, back="/its/path")`, and includes `desk/clock.html`;
in a card about one patient it is `desk/clock-card.html`, with `patient`.
When the clock stands still again, the event `moved` is fired at the bar; parts that show what is due may wait for it
(`hx-trigger="moved from:body"`).
"""

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from fastapi import HTTPException
from starlette.responses import Response

from followup.models import Patient
from followup.practice import walking
from followup.practice.walking import Stuck
from followup.queries import phones, progress
from followup.web.access import StaffRouter, own_path
from followup.web.depends import TheForm
from followup.web.desk.frame import Desk, TheDesk

router = StaffRouter()

_AT_ONCE = timedelta(seconds=4)  # a browser gets an answer by then, and asks for the rest of the way
_PATIENCE = timedelta(seconds=20)
_FURTHEST = timedelta(days=60)
_SKIPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Bar:
    """What the bar shows: where one may skip to, or how far it still is."""

    back: str  #: the page that it stands on
    next_at: datetime | None  #: when the next message is due
    until: datetime | None = None  #: set while we are still on the way
    trouble: str = ""
    patient: Patient | None = None  #: whom the card is about that it stands in; the card tells the time by itself


def bar(desk: Desk, *, back: str, patient: Patient | None = None) -> Bar | None:
    """The bar for a page; None while live, when there is no such clock."""
    if desk.runtime.settings.followup_live:
        return None
    until = _instant(desk.request.query_params.get("until", ""), now=desk.now)
    return replace(_bar(desk, back, until=until), patient=patient)


@router.act("/clock/skip")
def skip(desk: TheDesk, form: TheForm) -> Response:
    """Go on to the next message, by a day or a week, or the rest of the way there; everything due leaves meanwhile."""
    if desk.runtime.settings.followup_live:
        raise HTTPException(404)
    back, patient = own_path(form.first("back", most=200)), _patient(desk, form.first("patient", most=40))
    target = _target(desk, form.first("to", most=40), patient)
    if target is None:
        none = f"Nothing that could leave is scheduled for {patient.given_name}." if patient else ""
        return _answer(desk, replace(_bar(desk, back, trouble=none), patient=patient))
    trouble, is_there = "", False
    try:
        is_there = _walk(desk, target)
    except Stuck as error:
        trouble = f"{error}."
    shown = _bar(desk, back, until=None if is_there or trouble else target, trouble=trouble)
    return _answer(desk, replace(shown, patient=patient))


def _walk(desk: Desk, target: datetime) -> bool:
    """Whether the clock stands at the target, as far as there was time."""
    since, wake = time.monotonic(), walking.waker(desk.runtime.settings.redis_url)
    for _ in walking.walk(desk.runtime, target, wake=wake, patience=_PATIENCE):
        if time.monotonic() - since > _AT_ONCE.total_seconds():
            return desk.runtime.now() >= target
    return True


def _target(desk: Desk, to: str, patient: Patient | None) -> datetime | None:
    if to in _SKIPS:
        return desk.now + _SKIPS[to]
    with desk.read() as db:
        if to == "theirs" and patient:
            return phones.next_message(db, patient=patient, now=desk.now)
        if to == "next":
            return progress.next_message(db, after=desk.now)
    return _instant(to, now=desk.now)


def _patient(desk: Desk, text: str) -> Patient | None:
    try:
        patient_id = UUID(text)
    except ValueError:
        return None
    with desk.read() as db:
        return db.get(Patient, patient_id)


def _instant(text: str, *, now: datetime) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo and now < moment < now + _FURTHEST else None


def _bar(desk: Desk, back: str, *, until: datetime | None = None, trouble: str = "") -> Bar:
    with desk.read() as db:
        return Bar(back, progress.next_message(db, after=desk.runtime.now()), until, trouble)


def _answer(desk: Desk, shown: Bar) -> Response:
    if "HX-Request" in desk.request.headers:
        template = "desk/clock-card.html" if shown.patient else "desk/clock.html"
        answer: Response = replace(desk, now=desk.runtime.now()).part(template, skips=shown)
        if not shown.until:
            answer.headers["HX-Trigger"] = "moved"
        return answer
    if shown.until:
        separator = "&" if "?" in shown.back else "?"
        return desk.go(f"{shown.back}{separator}{urlencode({'until': shown.until.isoformat()})}")
    return desk.go(shown.back, shown.trouble or "The clock has moved.")
