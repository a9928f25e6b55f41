"""Patients' pages behind signed links: in the patient's language, with a number to call, working without a script."""

from dataclasses import dataclass

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse

from followup.actions import consenting
from followup.models import Clinic, Patient
from followup.models.facts import latest_consents
from followup.runtime import Runtime
from followup.terms import Channel, Consented, ConsentSource, Purpose
from followup.web import sheets
from followup.web.depends import TheForm, ThePages, TheRuntime
from followup.web.pages import Pages
from followup.web.sheets import Act, DeadLink, Sheet

router = APIRouter(prefix="/p/{token}", include_in_schema=False)

_PAGE = ["GET", "HEAD"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose link was opened."""

    patient: Patient
    clinic: Clinic
    has_stopped: bool  #: wants no email of any purpose

    def read(self, name: str) -> dict[str, str]:
        """The texts of one page in the patient's language."""
        return sheets.texts(name, language=self.patient.language, clinic=self.clinic)

    def sheet(self, title: str, *lines: str, button: Act | None = None, link: Act | None = None) -> Sheet:
        """A page for this visitor."""
        return Sheet(self.clinic, self.patient.language, title, lines, button, link)


@router.api_route("/unsubscribe", methods=_PAGE)
def ask(token: str, runtime: TheRuntime, pages: ThePages) -> HTMLResponse:
    """Ask, and do nothing: mail scanners open every link (RFC 8058 §1)."""
    with runtime.read_db() as db:
        visitor = _visitor(db, runtime, token)
    if visitor.has_stopped:
        return sheets.draw(pages, _stopped(visitor))
    texts, help_line = visitor.read("unsubscribe"), visitor.read("preferences")["help"]
    stop, keep = Act("unsubscribe", texts["confirm"]), Act("preferences", texts["keep"])
    return sheets.draw(pages, visitor.sheet(texts["title"], texts["question"], help_line, button=stop, link=keep))


@router.post("/unsubscribe")
def unsubscribe(token: str, runtime: TheRuntime, pages: ThePages, form: TheForm) -> HTMLResponse:
    """Stop all email at once, whether a mail program asks (RFC 8058 one-click) or the page's own button."""
    evidence = "button on the page" if form.first("asked") else "one-click (RFC 8058)"
    now = runtime.now()
    with runtime.open_db() as db:
        visitor = _visitor(db, runtime, token, lock=True)
        consenting.withdraw(
            db,
            patient=visitor.patient,
            channel=Channel.EMAIL,
            source=ConsentSource.UNSUBSCRIBE,
            evidence=evidence,
            now=now,
            by="patient",
        )
    return sheets.draw(pages, _stopped(visitor))


@router.post("/resubscribe")
def resubscribe(token: str, runtime: TheRuntime, pages: ThePages) -> HTMLResponse:
    """Send emails again, as far as the patient had stopped them."""
    now = runtime.now()
    with runtime.open_db() as db:
        visitor = _visitor(db, runtime, token, lock=True)
        consenting.restore(
            db,
            patient=visitor.patient,
            channel=Channel.EMAIL,
            source=ConsentSource.UNSUBSCRIBE,
            evidence="button on the page",
            now=now,
            by="patient",
        )
    texts = visitor.read("preferences")
    return sheets.draw(pages, visitor.sheet(texts["saved"], texts["help"], link=_way_to_stop(visitor)))


@router.api_route("/preferences", methods=_PAGE)
def preferences(token: str, runtime: TheRuntime, pages: ThePages) -> HTMLResponse:
    """How to reach the clinic, and how to stop or restart its emails."""
    return _contact(token, runtime, pages, "preferences")


@router.api_route("/feedback", methods=_PAGE)
def feedback(token: str, runtime: TheRuntime, pages: ThePages) -> HTMLResponse:
    """How to tell the clinic: a person answers the phone."""
    return _contact(token, runtime, pages, "feedback")


@router.api_route("/book", methods=_PAGE)
def book(token: str, runtime: TheRuntime, pages: ThePages) -> Response:
    """On to the clinic's own booking page; where it has none, its number."""
    with runtime.read_db() as db:
        visitor = _visitor(db, runtime, token)
    if visitor.clinic.booking_url.startswith(("https://", "http://")):
        return RedirectResponse(visitor.clinic.booking_url, 303)
    return sheets.draw(pages, visitor.sheet(visitor.clinic.name, visitor.read("preferences")["help"]))


@router.api_route("/{rest:path}", methods=_PAGE)
def cut_off(rest: str) -> Response:
    """A link that lost its end on the way."""
    raise DeadLink(rest)


def _contact(token: str, runtime: Runtime, pages: Pages, name: str) -> HTMLResponse:
    with runtime.read_db() as db:
        visitor = _visitor(db, runtime, token)
    title, help_line = visitor.read(name)["title"], visitor.read("preferences")["help"]
    if visitor.has_stopped:
        return sheets.draw(pages, visitor.sheet(title, help_line, button=_way_back(visitor)))
    return sheets.draw(pages, visitor.sheet(title, help_line, link=_way_to_stop(visitor)))


def _stopped(visitor: Visitor) -> Sheet:
    first, _, rest = visitor.read("unsubscribe")["done"].partition(". ")
    return visitor.sheet(f"{first}.", rest, button=_way_back(visitor))


def _way_back(visitor: Visitor) -> Act:
    return Act("resubscribe", visitor.read("unsubscribe")["undo"])


def _way_to_stop(visitor: Visitor) -> Act:
    return Act("unsubscribe", visitor.read("unsubscribe")["confirm"])


def _visitor(db: Session, runtime: Runtime, token: str, *, lock: bool = False) -> Visitor:
    patient_id = runtime.links.id_of(token)
    patient = db.get(Patient, patient_id, with_for_update=lock) if patient_id else None
    if patient is None:
        raise DeadLink
    held = latest_consents(db, [patient.id])
    stopped = all(held.get((patient.id, Channel.EMAIL, purpose)) is Consented.WITHDRAWN for purpose in Purpose)
    return Visitor(patient, db.get_one(Clinic, patient.clinic_id), stopped)
