"""Draws patients' pages: the texts of one wording, filled in for a clinic, with numbers to press."""

import re
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from markupsafe import Markup
from sqlalchemy import select
from starlette.responses import HTMLResponse

from followup.messages.catalogue import catalogue, languages
from followup.messages.wording import page
from followup.models import Clinic
from followup.rules.opening import hours_in
from followup.runtime import Runtime
from followup.web.pages import Pages, with_calls

#: What each language calls itself.
LANGUAGES = {"en": "English", "es": "Español"}

_MOST_CLINICS = 20


class DeadLink(Exception):
    """The link was not made here, or its patient is gone."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something to press: an address and its words."""

    to: str
    words: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page says to one reader. `button` changes something, `link` does not."""

    clinic: Clinic
    language: str
    title: str
    lines: tuple[str, ...] = ()
    button: Act | None = None
    link: Act | None = None


def draw(pages: Pages, sheet: Sheet) -> HTMLResponse:
    """The sheet as a page."""
    return pages.draw(
        "sheet.html",
        **frame(sheet.clinic, sheet.language, sheet.title),
        lines=[line(text, sheet.clinic) for text in sheet.lines],
        button=sheet.button,
        link=sheet.link,
    )


def frame(clinic: Clinic, language: str, title: str) -> dict[str, Any]:
    """What every page for patients needs."""
    return {"language": catalogue(language).language, "clinic": clinic.name, "title": title}


def line(text: str, clinic: Clinic) -> Markup:
    """A text with the clinic's numbers to press."""
    return with_calls(text, _numbers(clinic))


def texts(name: str, *, language: str, clinic: Clinic) -> dict[str, str]:
    """The texts of the wordings' page `name`, by field."""
    values = {
        "clinic": clinic.name,
        "phone": clinic.phone,
        "hours": hours_in(language, clinic.hours).replace("-", "\u2011"),  # no line ends in "8-"
        "emergency": clinic.emergency,
    }
    filled = page(name, language=language, values=values)
    return {field: text.replace(" ()", "") for field, text in filled.items()}  # a clinic may not say its hours


def dead_link(request: Request, _: Exception) -> HTMLResponse:
    """What to do instead. We can't know whose link it was, so every clinic's number is there."""
    runtime: Runtime = request.app.state.runtime
    pages: Pages = request.app.state.pages
    language = _preferred_language(request)
    with runtime.read_db() as db:
        clinics = db.scalars(select(Clinic).order_by(Clinic.name).limit(_MOST_CLINICS)).all()
    said = [texts("note", language=language, clinic=clinic)["expired"].partition(". ") for clinic in clinics]
    paragraph = Markup("<strong>{}</strong><br>{}")
    return pages.draw(
        "sheet.html",
        status=404,
        language=language,
        clinic="",
        title=f"{said[0][0]}." if said else "404",
        lines=[
            paragraph.format(clinic.name, line(rest, clinic))
            for clinic, (_, _, rest) in zip(clinics, said, strict=True)
        ],
        button=None,
        link=None,
    )


def _numbers(clinic: Clinic) -> dict[str, str]:
    return {number: f"tel:{re.sub(r'[^0-9+]', '', number)}" for number in (clinic.phone, clinic.emergency)}


def _preferred_language(request: Request) -> str:
    asked = (tag.split(";")[0].strip() for tag in request.headers.get("Accept-Language", "").split(","))
    known = (tag[:2].lower() for tag in asked if tag[:2].lower() in languages())
    return next(known, languages()[0])
