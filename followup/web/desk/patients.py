"""Patients: found while someone types, and listed by name."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import HTTPException, Query
from starlette.responses import HTMLResponse

from followup.queries import finding
from followup.queries.cursors import BadCursor
from followup.web.access import StaffRouter
from followup.web.desk.frame import TheDesk

router = StaffRouter()

_MATCHES, _PAGE = 6, 50
_LONGEST = 100

Typed = Annotated[str, Query(alias="q")]


@router.page("/patients")
def listing(desk: TheDesk, typed: Typed = "", cursor: str = "") -> HTMLResponse:
    """Everybody, or who has what is looked for."""
    typed = typed[:_LONGEST].strip()
    try:
        with desk.read() as db:
            found = finding.page(db, typed=typed, cursor=cursor, limit=_PAGE)
            count = finding.count(db, typed=typed)
    except BadCursor:
        raise HTTPException(404) from None
    kept = {"q": typed} if typed else {}
    return desk.draw(
        "desk/patients/list.html",
        here="patients",
        found=found,
        typed=typed,
        count=count,
        most=finding.MOST_COUNTED,
        first=_address(kept) if cursor else "",
        later=_address({**kept, "cursor": found.next_cursor}) if found.next_cursor else "",
    )


@router.page("/patients/search")
def search(desk: TheDesk, typed: Typed = "", *, choose: bool = False) -> HTMLResponse:
    """The first few, while someone types: as links to their pages, or as buttons of a form (`choose`)."""
    typed = typed[:_LONGEST].strip()
    found = None
    if typed:
        with desk.read() as db:
            found = finding.page(db, typed=typed, limit=_MATCHES)
    return desk.part("desk/patients/matches.html", found=found, typed=typed, for_session=choose)


def _address(query: dict[str, str]) -> str:
    return f"/patients?{urlencode(query)}" if query else "/patients"
