"""What actions refuse, as answers: which status, and which field is the trouble."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from followup.actions.alerting import AlreadyTaken
from followup.actions.changing import NotFound, TooLate
from followup.actions.consenting import Stopped
from followup.actions.enrolling import Conflict, UnknownClinic
from followup.actions.entries import EntryError, Problem
from followup.actions.moving import Unmovable
from followup.actions.planning import UnknownPlan
from followup.actions.settling import CannotSettle
from followup.actions.whose import Assigned
from followup.queries.cursors import BadCursor
from followup.web import errors

_STATUS = {
    NotFound: 404,
    **dict.fromkeys((Conflict, TooLate, CannotSettle, AlreadyTaken, Assigned, Unmovable, Stopped), 409),
}
_FIELD = {UnknownClinic: "clinic", UnknownPlan: "plan", BadCursor: "cursor"}


def install(app: FastAPI) -> None:
    """Let everything that an action refuses be answered from here."""
    app.add_exception_handler(EntryError, _not_taken)
    for kind in _STATUS:
        app.add_exception_handler(kind, _refused)
    for kind in _FIELD:
        app.add_exception_handler(kind, _not_known)


async def _not_taken(request: Request, error: Exception) -> Response:
    assert isinstance(error, EntryError)
    return errors.unprocessable(request, error.problems)


async def _not_known(request: Request, error: Exception) -> Response:
    what, _, mend = str(error).partition("; ")
    return errors.unprocessable(request, [Problem(_FIELD[type(error)], what, mend)])


async def _refused(request: Request, error: Exception) -> Response:
    return errors.answer(request, _STATUS[type(error)], _sentence(str(error)), headers=_where(request, error))


def _where(request: Request, error: Exception) -> dict[str, str]:
    """The way to the treatment session that is in the way; relative, wherever PUBLIC_URL puts us."""
    if not isinstance(error, Conflict):
        return {}
    is_below = request.url.path.endswith("/preview")
    return {"Location": f"{'' if is_below else 'treatments/'}{error.treatment_id}"}


def _sentence(said: str) -> str:
    is_name = "_" in said.partition(" ")[0]  # a field's name stays as it is written
    return f"{said if is_name else said[0].upper() + said[1:]}."
