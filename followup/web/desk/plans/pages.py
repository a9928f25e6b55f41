"""Plans and their words to look at, and a rehearsal with a made-up patient. Nothing here writes or sends."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Query
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from followup.actions import clinic_fields
from followup.actions.rehearsing import House
from followup.messages.catalogue import catalogue
from followup.models import Clinic, Step
from followup.models.owed import zone_of
from followup.queries import plans
from followup.queries.offers import NOWHERE
from followup.queries.plans import PlanView
from followup.rules.quiet import QuietHours
from followup.web.access import StaffRouter
from followup.web.desk.frame import Desk, TheDesk
from followup.web.desk.plans import axis, sheet
from followup.web.desk.plans.told import Told, tell
from followup.web.desk.plans.trying import CHOICES, NAMES, Asked, Unfit
from followup.web.pages import step_title

router = StaffRouter()

Short = Annotated[str, Query(max_length=100)]

_PAGE = 50
_MOST_DIGITS = 9  # a version with more is none, and would not fit into its column
_ANYWHERE = House(QuietHours(), {})  # until there is a clinic


@router.page("/plans")
def listing(desk: TheDesk, after: Short = "") -> Response:
    """Every plan with its newest version; where there is one alone, that one."""
    with desk.read() as db:
        found = plans.newest(db, after=after, limit=_PAGE + 1)
    if len(found) == 1 and not after:
        return desk.go(f"/plans/{found[0].key}")
    shown = found[:_PAGE]
    later = f"/plans?after={shown[-1].key}" if len(found) > _PAGE else ""
    return desk.draw("desk/plans/list.html", here="plans", plans=shown, first="/plans" if after else "", later=later)


@router.page("/plans/{key}")
def show(key: str, desk: TheDesk, version: Short = "", step: Short = "", language: Short = "") -> HTMLResponse:
    """One version of a plan, the newest unless another is asked for, with the words of one of its steps."""
    with desk.read() as db:
        plan, steps = _find(db, key, version)
        versions = plans.history(db, key=key, limit=_PAGE)
        is_one_of_many = len(plans.newest(db, limit=2)) > 1
    chosen = next((one for one in steps if one.key == step), steps[0])
    code = catalogue(language).language
    kept = {"version": version} if version else {}
    page = desk.draw(
        "desk/plans/plan.html",
        here="plans",
        plan=plan,
        is_newest=plan.version == versions[0].version,
        versions=versions,
        is_one_of_many=is_one_of_many,
        axis=axis.draw(steps),
        entries=sheet.entries(steps),
        chosen=chosen.key,
        sheet=sheet.sheet(chosen, language=code),
        languages=sheet.spoken_languages(),
        kept=kept,
    )
    return _announcing(page, f"{step_title(chosen.key)}, in {sheet.spoken(code)}")


@router.page("/plans/{key}/rehearse")
def rehearsal(key: str, desk: TheDesk, version: Short = "") -> HTMLResponse:
    """What a made-up patient would get, when, why then, and in which words."""
    with desk.read() as db:
        plan, steps = _find(db, key, version)
        clinics = db.scalars(select(Clinic).order_by(Clinic.name, Clinic.key)).all()
    asked = _asked(desk, clinics)
    clinic = next((one for one in clinics if one.key == asked.fields["clinic"]), clinics[0] if clinics else None)
    wrong: Mapping[str, str] = {}
    told: Told | None = None
    try:
        told = tell(steps, asked.case(clinics=[one.key for one in clinics]), House.of(clinic) if clinic else _ANYWHERE)
    except Unfit as error:
        wrong = error.wrong
    page = desk.draw(
        "desk/plans/rehearse.html",
        here="plans",
        # A script puts in what stands beside the form, whatever it says.
        status=422 if wrong and "HX-Request" not in desk.request.headers else 200,
        plan=plan,
        version=version,
        given=asked.fields,
        is_first=asked.is_first,
        choices={name: _ticked(name, asked.chosen[name]) for name in CHOICES},
        wrong=wrong,
        clinics=[(one.key, one.name) for one in clinics],
        clinic=clinic,
        names_of=NAMES,
        languages=sheet.spoken_languages(),
        zones=sorted(zone for zone in clinic_fields.zones() if "/" in zone and not zone.startswith("Etc/")),
        told=told,
    )
    return _announcing(page, told.said if told else next(iter(wrong.values())))


def _announcing(page: HTMLResponse, words: str) -> HTMLResponse:
    """The page, with what a script tells those who do not see it change."""
    page.headers["HX-Trigger"] = json.dumps({"announce": words})
    return page


def _find(db: Session, key: str, version: str) -> tuple[PlanView, Sequence[Step]]:
    if version and not (version.isascii() and version.isdecimal() and len(version) <= _MOST_DIGITS):
        raise HTTPException(404)
    found = plans.find(db, key=key, version=int(version) if version else None)
    if found is None:
        raise HTTPException(404)
    return found


def _asked(desk: Desk, clinics: Sequence[Clinic]) -> Asked:
    query = desk.request.url.query
    if "ended_at" in desk.request.query_params:
        return Asked.read(query)
    zone: ZoneInfo = zone_of(None, clinics[0]) if clinics else NOWHERE
    return Asked.blank(clinic=clinics[0].key if clinics else "", zone=zone, now=desk.now)


def _ticked(name: str, chosen: frozenset[str]) -> list[tuple[str, str, bool]]:
    """Every word of a kind, as a page calls it, and whether it is chosen."""
    words = {"sms": "Texts", "email": "Emails"}
    return [(one.value, words.get(one, one.replace("_", " ").capitalize()), one in chosen) for one in CHOICES[name]]
