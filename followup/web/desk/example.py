"""Sample data in one click: a week of a made-up clinic, while nothing is live and nothing is recorded."""

from dataclasses import replace

from fastapi import HTTPException
from starlette.responses import HTMLResponse

from followup.actions.importing import Result
from followup.actions.shifting import CannotTurnBack
from followup.practice import example
from followup.practice.walking import Stuck
from followup.queries.tour import nothing_recorded
from followup.web.access import StaffRouter
from followup.web.desk import tour
from followup.web.desk.frame import Desk, TheDesk

router = StaffRouter()


def is_offered(desk: Desk) -> bool:
    """Whether there is reason to offer it: in practice, before anything is recorded."""
    if desk.runtime.settings.followup_live:
        return False
    with desk.read() as db:
        return nothing_recorded(db)


@router.act("/practice/example-week")
def record(desk: TheDesk) -> HTMLResponse:
    """Record the week, and say what became of each line."""
    if desk.runtime.settings.followup_live:
        raise HTTPException(404)
    week, trouble = None, ""
    try:
        week = example.record(desk.runtime, by=desk.by)
    except (CannotTurnBack, Stuck) as error:
        trouble = f"{error}."
    desk = replace(desk, now=desk.runtime.now())
    return desk.draw(
        "desk/example/recorded.html",
        here="today",
        status=409 if trouble else 200,
        counts=week.counts if week else {},
        refused=[line for line in week.lines if line.result is Result.REFUSED] if week else [],
        trouble=trouble,
        tour=tour.part(desk),
    )
