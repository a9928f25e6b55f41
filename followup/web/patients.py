"""Patients' pages behind signed links: in the patient's language, with a number to call, working without a script."""

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from followup.actions import consenting
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


@router.api_route("/check-in", methods=PAGE)
@router.api_route("/still-or-gone", methods=PAGE)
@router.api_route("/feedback", methods=PAGE)
def tell(token: str, runtime: TheRuntime, pages: ThePages, request: Request) -> HTMLResponse:
    """How to tell the clinic: a person answers the phone."""
    with runtime.read_db() as db:
        who = visitor(db, runtime, token)
    title, help_line = who.read(request.url.path.rpartition("/")[2])["title"], who.read("preferences")["help"]
    if who.has_stopped:
        return sheets.draw(pages, who.sheet(title, help_line, button=_way_back(who)))
    return sheets.draw(pages, who.sheet(title, help_line, link=_way_to_choose(who)))


@router.api_route("/book", methods=PAGE)
def book(token: str, runtime: TheRuntime, pages: ThePages) -> Response:
    """On to the clinic's own booking page; where it has none, its number."""
    with runtime.read_db() as db:
        who = visitor(db, runtime, token)
    if who.clinic.booking_url.startswith(("https://", "http://")):
        return RedirectResponse(who.clinic.booking_url, 303)
    return sheets.draw(pages, who.sheet(who.clinic.name, who.read("preferences")["help"]))


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
