"""Who saw and did what."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import HTTPException, Query
from sqlalchemy import select
from starlette.responses import HTMLResponse

from followup.models import Staff
from followup.queries import audit
from followup.queries.cursors import BadCursor
from followup.terms import Role
from followup.web.access import StaffRouter
from followup.web.desk.frame import TheDesk

router = StaffRouter()

Short = Annotated[str, Query(max_length=200)]


@router.page("/settings/audit", needs=Role.ADMIN)
def log(desk: TheDesk, by: Short = "", about: Short = "", cursor: Short = "") -> HTMLResponse:
    """The log, newest first, of everybody or one, about everything or one thing."""
    with desk.read() as db:
        try:
            found = audit.page(db, by=by, subject_id=about, cursor=cursor)
        except BadCursor as error:
            raise HTTPException(404) from error
        people = db.execute(select(Staff.email, Staff.name).order_by(Staff.name, Staff.email)).all()
    chosen = {name: value for name, value in (("by", by), ("about", about)) if value}
    later = {**chosen, "cursor": found.next_cursor} if found.next_cursor else {}
    return desk.draw(
        "desk/settings/audit.html",
        here="settings",
        lines=found.items,
        people=[("", "everybody"), *((email, name or email) for email, name in people)],
        given={"by": by, "about": about},
        first=f"/settings/audit?{urlencode(chosen)}" if cursor else "",
        later=f"/settings/audit?{urlencode(later)}" if later else "",
    )
