"""The first page while nothing is live: what left, what will leave, and what the clock says. Ids only."""

from fastapi import APIRouter, HTTPException
from starlette.responses import HTMLResponse

from followup.queries import overview
from followup.web.depends import ThePages, TheRuntime
from followup.web.pages import later_by

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
def first_page(runtime: TheRuntime, pages: ThePages) -> HTMLResponse:
    """Both lists, for whoever tries the service out."""
    if runtime.settings.followup_live:
        raise HTTPException(404)
    now = runtime.now()
    with runtime.read_db() as db:
        found = overview.look(db, now=now)
    return pages.draw("overview.html", found=found, now=now, later=later_by(found.ahead), most=overview.MOST)
