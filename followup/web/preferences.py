"""Where patients choose what we send them, how, how much it says, and in which language."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from followup.actions import changing, consenting
from followup.messages.catalogue import catalogue, languages
from followup.models import Patient
from followup.runtime import Runtime
from followup.terms import Channel, Purpose
from followup.web import sheets
from followup.web.depends import TheForm, ThePages, TheRuntime
from followup.web.forms import Form
from followup.web.pages import Pages
from followup.web.visitors import PAGE, Visitor, visitor

router = APIRouter(prefix="/p/{token}", include_in_schema=False)

_TEXT_OF = {Channel.SMS: "text", Channel.EMAIL: "email"}
_PRIVACY = {"detailed": False, "minimal": True}


@dataclass(frozen=True, slots=True)
class Box:
    """One kind of message on one channel, to tick."""

    name: str
    words: str
    is_ticked: bool


@router.api_route("/preferences", methods=PAGE)
def show(token: str, runtime: TheRuntime, pages: ThePages) -> HTMLResponse:
    """What holds now. Opening the page changes nothing."""
    with runtime.read_db() as db:
        return _draw(pages, visitor(db, runtime, token))


@router.post("/preferences")
def save(token: str, runtime: TheRuntime, pages: ThePages, form: TheForm) -> HTMLResponse:
    """Keep what was chosen, and let what is still owed follow it. A form that is not ours whole changes nothing."""
    with runtime.open_db() as db:
        who = visitor(db, runtime, token, lock=True)
        if not _is_whole(form):
            return _draw(pages, who, status=400)
        _keep(db, runtime, who.patient, form)
        return _draw(pages, visitor(db, runtime, token), is_saved=True)


def _is_whole(form: Form) -> bool:
    return bool(form.first("asked")) and form.first("privacy") in _PRIVACY and form.first("language") in languages()


def _keep(db: Session, runtime: Runtime, patient: Patient, form: Form) -> None:
    now, said = runtime.now(), set(form.pairs)
    shown = catalogue(patient.language).tag
    for channel in Channel:
        if ("channel", channel.value) not in said:
            continue  # it was not on the page, so nothing was said about it
        consenting.choose(
            db,
            patient=patient,
            channel=channel,
            wanted=[purpose for purpose in Purpose if (_name(channel, purpose), "yes") in said],
            evidence="button on the page",
            wording_version=shown,
            now=now,
        )
    patient.minimal, patient.language = _PRIVACY[form.first("privacy")], form.first("language")
    db.flush()
    changing.follow_patient(db, patient=patient, now=now, by="patient")


def _draw(pages: Pages, who: Visitor, *, is_saved: bool = False, status: int = 200) -> HTMLResponse:
    texts = who.read("preferences")
    return pages.draw(
        "preferences.html",
        status=status,
        **sheets.frame(who.clinic, who.patient.language, texts["title"]),
        texts=texts,
        help=sheets.line(texts["help"], who.clinic),
        care_off=sheets.line(texts["care_off"], who.clinic),
        is_saved=is_saved,
        channels={channel: (texts[_TEXT_OF[channel]], list(_boxes(who, channel, texts))) for channel in _offered(who)},
        is_minimal=who.patient.minimal,
        languages={tag: sheets.LANGUAGES.get(tag, tag) for tag in languages()},
    )


def _offered(who: Visitor) -> Iterator[Channel]:
    """The channels for which there is an address at all."""
    if who.patient.phone:
        yield Channel.SMS
    if who.patient.email:
        yield Channel.EMAIL


def _boxes(who: Visitor, channel: Channel, texts: dict[str, str]) -> Iterator[Box]:
    for purpose in Purpose:
        yield Box(_name(channel, purpose), texts[purpose], (channel, purpose) in who.permits)


def _name(channel: Channel, purpose: Purpose) -> str:
    return f"{channel}_{purpose}"
