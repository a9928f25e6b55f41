"""Messages in a list: all that is scheduled, or those of one day and status. The figures of Today lead here."""

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import HTTPException
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from followup.queries import leaving, message_lists
from followup.queries.cursors import BadCursor
from followup.queries.message_lists import Listing
from followup.terms import Status
from followup.web.access import StaffRouter
from followup.web.desk.frame import Desk, TheDesk

router = StaffRouter()

_PAGE = 50


@router.page("/messages")
def listing(desk: TheDesk) -> HTMLResponse:
    """Messages that were asked for, page by page, soonest first."""
    asked = desk.request.query_params
    day, status, cursor = asked.get("day", ""), asked.get("status", ""), asked.get("after")
    if status and status not in list(Status):
        raise HTTPException(404)
    try:
        with desk.read() as db:
            found = _of_day(desk, db, day, status, cursor) if day else _scheduled(desk, db, cursor)
    except BadCursor as error:
        raise HTTPException(400, f"{error}.") from None
    kept = {name: value for name, value in (("day", day), ("status", status)) if value}
    return desk.draw(
        "desk/messages.html",
        here="today",
        rows=found.items,
        given={"day": day, "status": status if day else Status.SCHEDULED},
        statuses=[("", "Any"), *((each.value, each.capitalize()) for each in Status)],
        first=f"/messages?{urlencode(kept)}" if cursor else "",
        later=f"/messages?{urlencode(kept | {'after': found.next_cursor})}" if found.next_cursor else "",
    )


def _scheduled(desk: Desk, db: Session, cursor: str | None) -> Listing:
    return message_lists.upcoming(db, now=desk.now, cursor=cursor, limit=_PAGE)


def _of_day(desk: Desk, db: Session, day: str, status: str, cursor: str | None) -> Listing:
    since, until = _bounds(day, leaving.home_zone(db))
    chosen = Status(status) if status else None
    return message_lists.of_day(db, since=since, until=until, status=chosen, now=desk.now, cursor=cursor, limit=_PAGE)


def _bounds(day: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From midnight to midnight, on days of 23 and 25 hours too. Raises HTTPException 404."""
    try:
        first = date.fromisoformat(day)
        return datetime.combine(first, time(), zone), datetime.combine(first + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError):
        raise HTTPException(404) from None
