"""Alerts, where notices to staff lead: see one, take it, take it over, close it with a note."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import HTTPException
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from followup.actions import alerting, versions
from followup.actions.alerting import AlreadyTaken, Unsigned
from followup.actions.versions import ChangedMeanwhile
from followup.models import Alert
from followup.queries.conversation import thread_of
from followup.queries.need_rows import group_of
from followup.web.access import HOME, StaffRouter, own_path
from followup.web.depends import TheForm
from followup.web.desk import inbox, talk, today
from followup.web.desk.faster import Faster
from followup.web.desk.frame import Desk, TheDesk
from followup.web.forms import Form

router = StaffRouter()

_LONGEST_NOTE = 4000


@router.page("/alerts/{alert_id}")
def show(alert_id: UUID, desk: TheDesk) -> Response:
    """The conversation that an alert is about; if there is none, the alert alone."""
    alert, thread_id = _find(desk, alert_id)
    return desk.go(f"/inbox/{thread_id}") if thread_id else _draw(desk, alert)


@router.act("/alerts/{alert_id}/take")
def take(alert_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Look after it, unless somebody else does; from a conversation, or from a row of Today."""

    def act(db: Session, alert: Alert) -> None:
        alerting.take(db, alert=alert, by=desk.by, now=desk.now)

    return _act(desk, form, alert_id, act, "You have it. Nobody else is told any more.")


@router.act("/alerts/{alert_id}/take-over")
def take_over(alert_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Look after what a colleague has."""
    was = form.first("was", most=200)

    def act(db: Session, alert: Alert) -> None:
        alerting.take_over(db, alert=alert, was=was, by=desk.by, now=desk.now)

    return _act(desk, form, alert_id, act, "You have it now. The record names you both.")


@router.act("/alerts/{alert_id}/resolve")
def resolve(alert_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Close it for good, with what was done; if it still is as it was shown."""
    note, version = form.first("note", most=_LONGEST_NOTE).strip(), form.first("version", most=64)

    def act(db: Session, alert: Alert) -> None:
        alerting.lock(db, alert_id)
        versions.check(alerting.shown(alert), version)
        alerting.resolve(db, alert=alert, by=desk.by, note=note, now=desk.now)

    return _act(desk, form, alert_id, act, "Closed. What it held goes on.", note=note)


def _act(
    desk: Desk, form: Form, alert_id: UUID, act: Callable[[Session, Alert], None], said: str, *, note: str = ""
) -> Response:
    """Do it, and go back to where it was done; or say who was faster, and keep what was typed."""
    alert, thread_id = _find(desk, alert_id)
    here = f"/inbox/{thread_id}" if thread_id else f"/alerts/{alert_id}"
    back = own_path(form.first("back", most=500) or here)
    try:
        with desk.write() as db:
            act(db, db.get_one(Alert, alert_id))
    except Unsigned:
        wrong = {f"note-{alert_id}": "Write what was done: nobody can tell later without it."}
        return _again(desk, alert_id, thread_id, status=422, wrong=wrong)
    except (AlreadyTaken, ChangedMeanwhile):
        return _too_late(desk, alert_id, thread_id, back, note)
    if _is_today(back):
        return today.after(desk, group_of(alert.cause), alert_id, said=said, back=back)
    return desk.go(back, said)


def _too_late(desk: Desk, alert_id: UUID, thread_id: UUID | None, back: str, note: str) -> Response:
    """Say who was faster, where it was done."""
    alert, _ = _find(desk, alert_id)
    faster = _faster(alert, note, desk.now)
    if _is_today(back):
        return today.after(desk, group_of(alert.cause), alert_id, faster=faster)
    return _again(desk, alert_id, thread_id, status=409, faster=faster)


def _is_today(back: str) -> bool:
    return back == HOME or back.startswith("/today/")


def _faster(alert: Alert, note: str, now: datetime) -> Faster:
    if alert.resolved_at:
        return Faster(alert.resolved_by or "", alert.resolved_at, "closed", alert.id, note)
    return Faster(alert.taken_by or "", alert.taken_at or now, "took", alert.id, note)


def _again(
    desk: Desk,
    alert_id: UUID,
    thread_id: UUID | None,
    *,
    status: int,
    wrong: dict[str, str] | None = None,
    faster: Faster | None = None,
) -> HTMLResponse:
    if thread_id:
        return inbox.redraw(desk, thread_id, status=status, wrong=wrong, faster=faster)
    alert, _ = _find(desk, alert_id)
    return _draw(desk, alert, status=status, wrong=wrong or {}, faster=faster)


def _draw(desk: Desk, alert: Alert, *, status: int = 200, **more: Any) -> HTMLResponse:
    with desk.read() as db:
        [bar] = talk.bars(db, [alert], now=desk.now)
    values = {"wrong": {}, "faster": None} | more
    return desk.draw("desk/inbox/alert.html", here="inbox", status=status, bar=bar, **values)


def _find(desk: Desk, alert_id: UUID) -> tuple[Alert, UUID | None]:
    """An alert, and the conversation that it is about."""
    with desk.read() as db:
        alert = db.get(Alert, alert_id)
        if alert is None:
            raise HTTPException(404)
        return alert, thread_of(db, alert)
