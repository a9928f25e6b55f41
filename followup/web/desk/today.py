"""The first page: who needs a person, what went out today, and what leaves next. It keeps itself up to date.

Rows are never moved under a pointer: what is new is counted in the head of the list, and the reader brings it in.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from fastapi import HTTPException
from starlette.responses import HTMLResponse, Response

from followup.actions import settling
from followup.actions.settling import CannotSettle
from followup.models import Message
from followup.queries import leaving, message_lists, needs
from followup.queries.cursors import BadCursor
from followup.queries.need_rows import Group, Need
from followup.rules.quiet import local_date
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk import charts, clock, example, tour
from followup.web.desk.faster import Faster
from followup.web.desk.frame import Desk, TheDesk
from followup.web.desk.rings import Ring, ring

router = StaffRouter()

_ROWS, _PAGE, _NEXT = 10, 50, 8  # of a group on this page, of a group by itself, and of what leaves next
_MOST_SHOWN = 4 * _PAGE
_SHOWN = re.compile(r"(alerts|replies|unreached|uncertain)\.([0-9a-f]{32})\.([a-z-]{1,40})")
TITLES = {
    Group.ALERTS: "Open alerts",
    Group.REPLIES: "Unread replies",
    Group.UNREACHED: "Not reached",
    Group.UNCERTAIN: "Not sure whether it went",
}


@router.page("/")
def today(desk: TheDesk) -> HTMLResponse:
    """All of it."""
    return _draw(desk)


@router.page("/today/needs")
def show_needs(desk: TheDesk) -> HTMLResponse:
    """The list of needs as it is now, for whoever brings in what is new, with the rest of the page."""
    shown, found = _shown(desk), _needs(desk)
    new = (need.id for rows in found["groups"] for need in rows.items if need.id not in shown)
    return desk.part("desk/today/renew.html", focus=next(new, None), **found, **_leaving(desk))


@router.page("/today/news")
def news(desk: TheDesk) -> HTMLResponse:
    """What has changed since the page was drawn: how many rows are new, and rows that stand elsewhere now."""
    shown = _shown(desk)
    told = desk.request.query_params.get("told", "")
    with desk.read() as db:
        rows = needs.every(db, now=desk.now, limit=_ROWS)
        versions = needs.versions(db, ids=list(shown))
        changed = [
            need
            for need_id, (group, version) in shown.items()
            if versions.get(need_id) != version and (need := needs.look(db, group=group, need_id=need_id)) is not None
        ]
    new = sum(need.id not in shown for one in rows for need in one.items)
    kept = [need for one in rows for need in one.items if need.id in shown]
    answer = desk.part(
        "desk/today/news.html",
        new=new,
        changed=changed,
        kept=kept,
        shown=" ".join(
            f"{group}.{need_id.hex}.{versions.get(need_id, old)}" for need_id, (group, old) in shown.items()
        ),
        rings={need.id: clock_of(need, desk.now) for need in (*kept, *changed)},
        **_leaving(desk),
    )
    if new and str(new) != told:
        _announce(answer, f"{new} new that need a person.")
    return answer


@router.page("/today/all/{group}")
def show_group(group: str, desk: TheDesk) -> HTMLResponse:
    """Everything of one group, page by page."""
    if group not in list(Group):
        raise HTTPException(404)
    cursor = desk.request.query_params.get("after")
    try:
        with desk.read() as db:
            rows = needs.page(db, group=Group(group), now=desk.now, limit=_PAGE, cursor=cursor)
    except BadCursor as error:
        raise HTTPException(400, f"{error}.") from None
    return desk.draw(
        "desk/today/group.html",
        here="today",
        rows=rows,
        titles=TITLES,
        rings={need.id: clock_of(need, desk.now) for need in rows.items},
        is_first=not cursor,
    )


@router.act("/today/messages/{message_id}/settle")
def settle(message_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Say whether an uncertain message went; it is not sent again either way."""
    went = form.first("went", most=3)
    with desk.read() as db:
        found = db.get(Message, message_id)
    if found is None:
        raise HTTPException(404)
    if went not in ("yes", "no"):
        raise HTTPException(422, "Say whether it went: yes or no.")
    try:
        with desk.write() as db:
            message = db.get_one(Message, message_id, with_for_update=True)
            settling.settle_by_hand(db, message=message, was_sent=went == "yes", now=desk.now, by=desk.by)
    except CannotSettle:
        return after(desk, Group.UNCERTAIN, message_id, faster=Faster("", None, "settled"))
    said = "Settled: it went." if went == "yes" else "Settled: it did not go."
    return after(desk, Group.UNCERTAIN, message_id, said=said)


def clock_of(need: Need, now: datetime) -> Ring | None:
    """The clock of an alert that nobody has."""
    if need.raised_at is None or need.answer_by is None or need.state != "open":
        return None
    return ring(since=need.raised_at, until=need.answer_by, now=now)


def after(
    desk: Desk, group: Group, need_id: UUID, *, said: str = "", faster: Faster | None = None, back: str = "/"
) -> Response:
    """The row as it stands after an act; for a browser without scripts the page it came from, or who was faster."""
    status = 409 if faster else 200
    if "HX-Request" not in desk.request.headers:
        return _draw(desk, faster=faster, status=status) if faster else desk.go(back, said)
    with desk.read() as db:
        need = needs.look(db, group=group, need_id=need_id)
    answer = desk.part("desk/today/after.html", need=need, rings={}, faster=faster, status=status)
    if said:
        _announce(answer, said)
    return answer


def _announce(answer: Response, words: str) -> None:
    answer.headers["HX-Trigger"] = json.dumps({"announce": words})


def _draw(desk: Desk, *, faster: Faster | None = None, status: int = 200) -> HTMLResponse:
    return desk.draw(
        "desk/today.html",
        here="today",
        status=status,
        skips=clock.bar(desk, back="/"),
        tour=tour.part(desk),
        offers_example=example.is_offered(desk),
        faster=faster,
        **_needs(desk),
        **_leaving(desk),
    )


def _needs(desk: Desk) -> dict[str, Any]:
    with desk.read() as db:
        rows = needs.every(db, now=desk.now, limit=_ROWS)
    items = [need for one in rows for need in one.items]
    return {
        "groups": rows,
        "titles": TITLES,
        "rings": {need.id: clock_of(need, desk.now) for need in items},
        "shown": " ".join(f"{need.group}.{need.id.hex}.{need.version}" for need in items),
    }


def _leaving(desk: Desk) -> dict[str, Any]:
    with desk.read() as db:
        zone = leaving.home_zone(db)
        midnight = datetime.combine(local_date(desk.now, zone), time(), zone)
        quiet = leaving.quiet_hours(db)
        past = leaving.past(db, since=midnight, until=midnight + timedelta(days=1))
        ahead = leaving.ahead(db, now=desk.now, zone=zone)
        soon = message_lists.upcoming(db, now=desk.now, limit=_NEXT)
    return {
        "day": midnight.date(),
        "quiet": quiet,
        "past": past,
        "by_hour": charts.by_hour(ahead.hours, quiet=quiet),
        "by_day": charts.by_day(ahead.days),
        "chart_width": charts.WIDTH,
        "leaves": ahead,
        "soon": soon,
    }


def _shown(desk: Desk) -> dict[UUID, tuple[Group, str]]:
    """What the page that asks shows: of each row its group and how far it had come."""
    found: Sequence[tuple[str, str, str]] = _SHOWN.findall(desk.request.query_params.get("shown", "")[:20_000])
    return {UUID(hex=need_id): (Group(group), state) for group, need_id, state in found[:_MOST_SHOWN]}
