"""The first page while nothing is live: what left, what will leave, and what the clock says. Ids only."""

from datetime import timedelta

from fastapi import APIRouter, HTTPException
from starlette.responses import HTMLResponse

from followup.queries import overview
from followup.web.depends import ThePages, TheRuntime

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
def first_page(runtime: TheRuntime, pages: ThePages) -> HTMLResponse:
    """Both lists, for whoever tries the service out."""
    if runtime.settings.followup_live:
        raise HTTPException(404)
    now = runtime.now()
    with runtime.read_db() as db:
        found = overview.look(db, now=now)
    return pages.draw("overview.html", found=found, now=now, later=_later(found.ahead), most=overview.MOST)


def _later(ahead: timedelta) -> str:
    """How far business time is ahead, in its two largest units; empty for less than a minute."""
    minutes = round(abs(ahead) / timedelta(minutes=1))
    days, hours = divmod(minutes // 60, 24)
    units = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes % 60, "min")) if number]
    return f"{' '.join(units[:2])} {'later' if ahead > timedelta(0) else 'earlier'}" if units else ""
