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
    return Tour(_steps(way), way.is_done, "".join("01"[step.is_done] for step in _steps(way)) + "01"[way.raised])


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
    take = (
        "An alert waits on Today: press Take. Whoever is on call was told of it as well."
        if way.raised
        else "Answer C, or that your chest feels tight, and an alert comes up on Today."
    )
    return [
        Step("Record a session", "/sessions/new", "Make somebody up; it takes half a minute.", way.recorded),
        Step("Skip to the next message", "/phone", "The clock stands beside the patient's phone.", way.left),
        Step("Answer as the patient", "/phone", "Try C: tingling, numb or weak.", way.answered),
        Step("Take care of it", "/" if way.raised else "/phone", take, way.taken),
        Step("Watch two weeks go by", "/phone", "Skip a week, twice; feedback comes in by itself.", way.weeks_later),
    ]
