"""What the forms of settings have in common: what was typed, what is wrong with it, and who was faster."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from followup.actions import versions
from followup.actions.clinic_fields import Unfit
from followup.actions.versions import ChangedMeanwhile
from followup.queries import audit
from followup.web.desk.frame import Desk
from followup.web.forms import Form

VERSION = "version"
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Clash:
    """Someone else saved first: who, when, and what is different now from what was typed."""

    by: str
    at: datetime
    differs: list[tuple[str, str]]


def save(
    desk: Desk,
    form: Form,
    *,
    names: Mapping[str, str],
    subject: str,
    subject_id: UUID | str,
    act: Callable[[Session, Mapping[str, str], str], object],
    draw: Callable[..., HTMLResponse],
) -> HTMLResponse | None:
    """Do it with what was typed and the version that was shown; the form again (`draw`) if it can't be done."""
    given, version = typed(form, names), form.first(VERSION, most=64)
    try:
        with desk.write() as db:
            act(db, given, version)
    except Unfit as error:
        return draw(given=given, wrong=error.wrong, version=version, status=422)
    except ChangedMeanwhile as error:
        with desk.read() as db:
            faster = _clash(db, error, given=given, names=names, subject=subject, subject_id=subject_id, now=desk.now)
        return draw(given=given, clash=faster, version=versions.version_of(error.shown), status=409)
    return None


def typed(form: Form, names: Mapping[str, str]) -> dict[str, str]:
    """What was typed into the fields of a form; `names` has their words."""
    return {name: form.first(name, most=_MOST) for name in names}


def _clash(
    db: Session,
    error: ChangedMeanwhile,
    *,
    given: Mapping[str, str],
    names: Mapping[str, str],
    subject: str,
    subject_id: UUID | str,
    now: datetime,
) -> Clash:
    """What to tell the second of two who changed the same thing."""
    last = audit.latest(db, subject=subject, subject_id=subject_id)
    differs = [(words, error.shown[name]) for name, words in names.items() if error.shown[name] != given[name]]
    return Clash(last.did_by if last else "Someone", last.did_at if last else now, differs)
