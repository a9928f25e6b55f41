"""What the forms of settings have in common: what was typed, what is wrong with it, and who was faster."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from followup.actions.versions import ChangedMeanwhile
from followup.queries import audit
from followup.web.forms import Form

VERSION = "version"
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Clash:
    """Someone else saved first: who, when, and what is different now from what was typed."""

    by: str
    at: datetime
    differs: list[tuple[str, str]]


def typed(form: Form, names: Mapping[str, str]) -> dict[str, str]:
    """What was typed into the fields of a form; `names` has their words."""
    return {name: form.first(name, most=_MOST) for name in names}


def clash(
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
