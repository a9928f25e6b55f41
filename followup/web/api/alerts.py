"""Alerts: what needs a person, taken and resolved by people who sign."""

from collections.abc import Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from followup.actions import alerting, entries
from followup.actions.changing import NotFound
from followup.models import Alert
from followup.queries import alerts
from followup.queries.alerts import AlertPage, AlertView
from followup.runtime import Runtime
from followup.web.api import examples
from followup.web.api.asking import Caller, TheCaller, TheObject, say_once
from followup.web.api.description import answers, body
from followup.web.api.schemas import AlertQuery, Resolution, Taking
from followup.web.depends import TheRuntime

router = APIRouter(prefix="/alerts", tags=["alerts"])


@router.get("", dependencies=[Depends(say_once)], responses=answers(422, example=examples.ALERTS))
def list_alerts(runtime: TheRuntime, caller: TheCaller, chosen: Annotated[AlertQuery, Query()]) -> AlertPage:
    """Alerts, 50 to a page, the worst and most pressing first; resolved ones by when they were raised, newest first."""
    with runtime.read_db() as db:
        return alerts.page(db, status=chosen.status, now=caller.now, cursor=chosen.cursor)


@router.get("/{alert_id:uuid}", responses=answers(404, example=examples.ALERT))
def read_an_alert(runtime: TheRuntime, caller: TheCaller, alert_id: UUID) -> AlertView:
    """One alert, without the name of its patient and what they wrote."""
    with runtime.read_db() as db:
        return _view(db, caller, alert_id)


@router.post(
    "/{alert_id:uuid}/take",
    openapi_extra=body(Taking, somebody=examples.TAKEN),
    responses=answers(400, 404, 409, 413, 415, 422, example=examples.ALERT),
)
def take_an_alert(runtime: TheRuntime, caller: TheCaller, alert_id: UUID, data: TheObject) -> AlertView:
    """Let a person look after it, and nobody else be told any more. The same person may say so twice."""
    who = entries.check(Taking, data)
    return _act(runtime, caller, alert_id, partial(alerting.take, by=who.by))


@router.post(
    "/{alert_id:uuid}/resolve",
    openapi_extra=body(Resolution, phoned=examples.RESOLVED),
    responses=answers(400, 404, 409, 413, 415, 422, example=examples.ALERT),
)
def resolve_an_alert(runtime: TheRuntime, caller: TheCaller, alert_id: UUID, data: TheObject) -> AlertView:
    """Close it for good. Prompts for feedback go on, and those to book a day after it was raised.

    The same person may say the same twice.
    """
    done = entries.check(Resolution, data)
    return _act(runtime, caller, alert_id, partial(alerting.resolve, by=done.by, note=done.note))


def _act(runtime: Runtime, caller: Caller, alert_id: UUID, act: Callable[..., None]) -> AlertView:
    with runtime.open_db() as db:
        alert = db.get(Alert, alert_id)
        if alert is None:
            raise _unknown(alert_id)
        act(db, alert=alert, now=caller.now, via=caller.by)
        db.flush()
        return _view(db, caller, alert_id)


def _view(db: Session, caller: Caller, alert_id: UUID) -> AlertView:
    view = alerts.look(db, alert_id=alert_id, now=caller.now)
    if view is None:
        raise _unknown(alert_id)
    return view


def _unknown(alert_id: UUID) -> NotFound:
    return NotFound(f"there is no alert {alert_id}")
