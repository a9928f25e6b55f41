"""A tour of two minutes on the pages themselves, while nothing is live: five steps, ticked off as they really happen.

A page that shows it gives its template `tour=tour.part(desk)`, and includes `desk/tour.html`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.responses import Response

from followup.actions import touring
from followup.queries import tour
from followup.queries.tour import Way
from followup.web.access import StaffRouter, own_path
from followup.web.depends import TheForm
from followup.web.desk.frame import Desk, TheDesk

router = StaffRouter()

_RECORD = "Make somebody up; a number such as 212-555-0142 will do."


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the tour."""

    title: str
    path: str  #: where it is done
    how: str  #: one sentence, shown while it is the next
    is_done: bool


@dataclass(frozen=True, slots=True)
class Tour:
    """All of it. `mark` changes with what it shows."""

    steps: Sequence[Step]
    is_done: bool
    mark: str

    @property
    def next(self) -> Step | None:
        """The first step that has not happened."""
        return next((step for step in self.steps if not step.is_done), None)


def part(desk: Desk) -> Tour | None:
    """The tour for a page; None while live, and once somebody has hidden it."""
    if desk.runtime.settings.followup_live:
        return None
    with desk.read() as db:
        if tour.is_hidden(db):
            return None
        way = tour.look(db, now=desk.now)
    steps = _steps(way)
    mark = "".join("01"[done] for done in (*(step.is_done for step in steps), way.raised, way.taken))
    return Tour(steps, way.is_done, mark)


@router.page("/tour")
def show(desk: TheDesk, mark: str = "") -> Response:
    """The tour as far as it has come, for a page that shows it already."""
    now = part(desk)
    if now and now.mark == mark:
        return Response(status_code=204)
    return desk.part("desk/tour.html", tour=now)


@router.act("/tour/hide")
def hide(desk: TheDesk, form: TheForm) -> Response:
    """Show it no more, to anybody."""
    if desk.runtime.settings.followup_live:
        raise HTTPException(404)
    with desk.write() as db:
        touring.hide(db, now=desk.now, by=desk.by)
    if "HX-Request" in desk.request.headers:
        return desk.part("desk/tour.html", tour=None)
    return desk.go(own_path(form.first("back", most=200)))


def _steps(way: Way) -> list[Step]:
    return [
        Step("Record a session", "/sessions/new", _RECORD, way.recorded),
        Step("Skip to the next message", "/phone", "The clock stands beside the patient's phone.", way.left),
        Step("Answer as the patient", "/phone", "Try C: tingling, numb or weak.", way.answered),
        _taking_care(way),
        Step("Watch two weeks go by", "/phone", "Skip a week, twice; what is owed leaves by itself.", way.weeks_later),
    ]


def _taking_care(way: Way) -> Step:
    if not way.raised:
        path, how = "/phone", "Answer C, or that your chest feels tight, and an alert comes up on Today."
    elif not way.taken:
        path, how = "/", "An alert waits on Today: press Take. Whoever is on call was told of it, too."
    else:
        path = f"/inbox/{way.waiting}" if way.waiting else "/inbox"
        how = "It is yours: call the patient, then close it with a note. Until then booking and feedback wait."
    return Step("Take care of it", path, how, way.resolved)
