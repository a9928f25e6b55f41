"""The page behind a private message: all that the message itself did not say."""

from datetime import timedelta

from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import HTMLResponse

from followup.actions import composing
from followup.messages.catalogue import catalogue
from followup.models import Message
from followup.models.owed import load
from followup.web import sheets
from followup.web.depends import ThePages, TheRuntime
from followup.web.sheets import DeadLink
from followup.web.visitors import PAGE, visitor

router = APIRouter(prefix="/p/{token}", include_in_schema=False)

#: What a text said of a treatment is of no use later, and a link may lie about for years.
_READABLE = timedelta(days=30)


@router.api_route("/note", methods=PAGE)
def note(token: str, runtime: TheRuntime, pages: ThePages) -> HTMLResponse:
    """The words of one message, for a month after it was due."""
    with runtime.read_db() as db:
        who = visitor(db, runtime, token)
        message = who.message
        if message is None or not catalogue(who.patient.language)[message.wording].minimal:
            raise DeadLink
        if runtime.now() > message.due_at + _READABLE:
            raise DeadLink
        [each] = load(db, Message.id == message.id)
    texts = who.read("note")
    return pages.draw(
        "note.html",
        **sheets.frame(who.clinic, who.patient.language, texts["title"]),
        words=Markup(composing.note(each, links=runtime.links)),  # noqa: S704  # its values are escaped there
        footer=sheets.line(texts["footer"], who.clinic),
    )
