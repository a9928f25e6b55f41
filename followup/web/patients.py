"""Patients' pages behind signed links: in the patient's language, with a number to call, working without a script."""

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from followup.actions import booking, consenting
from followup.actions.apart import held_apart
from followup.runtime import Runtime
from followup.terms import Channel, ConsentSource
from followup.web import sheets
from followup.web.depends import TheForm, ThePages, TheRuntime
from followup.web.sheets import Act, DeadLink, Sheet
from followup.web.visitors import PAGE, Visitor, visitor

router = APIRouter(prefix="/p/{token}", include_in_schema=False)


@router.api_route("/unsubscribe", methods=PAGE)
def ask(token: str, runtime: TheRuntime, pages: ThePages) -> HTMLResponse:
    """Ask, and do nothing: mail scanners open every link (RFC 8058 §1)."""
    with runtime.read_db() as db:
        who = visitor(db, runtime, token)
    if who.has_stopped:
        return sheets.draw(pages, _stopped(who))
    texts, help_line = who.read("unsubscribe"), who.read("preferences")["help"]
    stop = Act("unsubscribe", texts["confirm"])
    return sheets.draw(
        pages, who.sheet(texts["title"], texts["question"], help_line, button=stop, link=_way_to_choose(who))
    )


@router.post("/unsubscribe")
def unsubscribe(token: str, runtime: TheRuntime, pages: ThePages, form: TheForm) -> HTMLResponse:
    """Stop all email at once, whether a mail program asks (RFC 8058 one-click) or the page's own button."""
    evidence = "button on the page" if form.first("asked") else "one-click (RFC 8058)"
    now = runtime.now()
    with runtime.open_db() as db:
        who = visitor(db, runtime, token, lock=True)
        consenting.withdraw(
            db,
            patient=who.patient,
            channel=Channel.EMAIL,
            source=ConsentSource.UNSUBSCRIBE,
            evidence=evidence,
            now=now,
            by="patient",
        )
    return sheets.draw(pages, _stopped(who))


@router.post("/resubscribe")
def resubscribe(token: str, runtime: TheRuntime, pages: ThePages) -> HTMLResponse:
    """Send emails again, as far as the patient had stopped them."""
    now = runtime.now()
    with runtime.open_db() as db:
        who = visitor(db, runtime, token, lock=True)
        consenting.restore(
            db,
            patient=who.patient,
            channel=Channel.EMAIL,
            source=ConsentSource.UNSUBSCRIBE,
            evidence="button on the page",
            now=now,
            by="patient",
        )
    texts = who.read("preferences")
    return sheets.draw(pages, who.sheet(texts["saved"], texts["help"], link=_way_to_choose(who)))


@router.api_route("/book", methods=PAGE)
def book(token: str, runtime: TheRuntime, pages: ThePages, request: Request) -> Response:
    """On to the clinic's own booking page, counting that somebody went; where it has none, its number."""
    with runtime.read_db() as db:
        who = visitor(db, runtime, token)
    if not who.clinic.booking_url.startswith(("https://", "http://")):
        return sheets.draw(pages, who.sheet(who.clinic.name, who.read("preferences")["help"]))
    if request.method == "GET":
        _count_click(runtime, who)
    return RedirectResponse(who.clinic.booking_url, 303)


def _count_click(runtime: Runtime, who: Visitor) -> None:
    """Whatever comes of it: a patient who wants to book is not kept from it."""
    subject, about = ("message", who.message) if who.message else ("patient", who.patient)
    with held_apart("count a click", about=about.id), runtime.open_db() as db:
        booking.note_click(db, subject=subject, subject_id=about.id, now=runtime.now())


@router.api_route("/{rest:path}", methods=PAGE)
def cut_off(rest: str) -> Response:
    """A link that lost its end on the way."""
    raise DeadLink(rest)


def _stopped(who: Visitor) -> Sheet:
    first, _, rest = who.read("unsubscribe")["done"].partition(". ")
    return who.sheet(f"{first}.", rest, button=_way_back(who))


def _way_back(who: Visitor) -> Act:
    return Act("resubscribe", who.read("unsubscribe")["undo"])


def _way_to_choose(who: Visitor) -> Act:
    return Act("preferences", who.read("unsubscribe")["choose"])
