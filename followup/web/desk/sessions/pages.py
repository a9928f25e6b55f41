"""A new treatment session: one form, and beside it every message that will leave.

Each button of the form sends the whole of it, so that all that was typed is kept, with or without a script.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import HTTPException
from starlette.responses import HTMLResponse, Response

from followup.actions import changing, clinic_fields
from followup.actions.changing import TooLate
from followup.actions.enrolling import Conflict
from followup.db import real_time
from followup.messages.catalogue import languages
from followup.queries import finding, offers, patients, treatments
from followup.queries.offers import Offers
from followup.queries.patients import PatientView
from followup.rules import risk
from followup.rules.timing import TIME_TO_UNDO
from followup.terms import Precaution, Region, Status
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk import tour
from followup.web.desk.frame import Desk, TheDesk
from followup.web.desk.sessions import consents, given as words, recording
from followup.web.desk.sessions.given import FIND, KNOWN, NEW, Given
from followup.web.desk.sessions.outlook import Outlook
from followup.web.desk.sessions.recording import Saved, Unfit

router = StaffRouter()

_MATCHES = 6
_GRACE = timedelta(seconds=15)  # between the last moment on the screen and ours
_LANGUAGES = {"en": "English", "es": "Spanish"}


@router.page("/sessions/new")
def ask(desk: TheDesk, patient: str = "", add: str = "") -> HTMLResponse:
    """An empty form; for a known patient (`patient`), or for a new one with what was looked for (`add`)."""
    with desk.read() as db:
        choice = offers.look(db)
    given = _blank(desk, choice)
    if patient:
        given = given.having(who=KNOWN, patient=patient)
    elif add:
        given = given.having(q=add[:100]).adding()
    return _draw(desk, given)


@router.act("/sessions/preview")
def preview(desk: TheDesk, form: TheForm) -> HTMLResponse:
    """Every message that will leave if the form is saved as it stands. Writes nothing."""
    given = Given.read(form)
    choice, patient = _look(desk, given)
    return desk.part("desk/sessions/preview.html", **_preview(desk, given, patient, choice), by_script=True)


@router.act("/sessions/new")
def save(desk: TheDesk, form: TheForm) -> Response:
    """Save it; or go on with the form, where a button asks for that."""
    given = Given.read(form)
    if chosen := form.first("choose", most=64):
        return _draw(desk, given.having(who=KNOWN, patient=chosen, q=""))
    match form.first("do", most=20):
        case "find":
            return _draw(desk, given.having(who=FIND))
        case "add":
            return _draw(desk, given.adding())
        case "preview":
            return _draw(desk, given)
        case _:
            return _save(desk, given)


@router.act("/sessions/{treatment_id}/undo")
def undo(treatment_id: UUID, desk: TheDesk) -> Response:
    """Cancel a session that was saved by mistake, within three minutes."""
    with desk.read() as db:
        view = treatments.look(db, treatment_id=treatment_id, now=desk.now)
    if view is None:
        raise HTTPException(404)
    back = f"/patients/{view.patient.id}"
    if desk.now - view.recorded_at > TIME_TO_UNDO + _GRACE:
        return desk.go(back, "The three minutes are over, so the session stands.")
    try:
        with desk.write() as db:
            cancelled = changing.cancel_treatment(db, treatment_id=treatment_id, now=desk.now, by=desk.by)
            gone = sum(message.status is not Status.CANCELLED for message in cancelled.messages)
    except TooLate:
        return desk.go(back, "It was undone already.")
    left = f"{gone} had left before" if gone else "no message leaves"
    return desk.go(back, f"Undone: the session is cancelled, and {left}.")


def _save(desk: Desk, given: Given) -> Response:
    choice, patient = _look(desk, given)
    try:
        saved = recording.save(
            desk, given, patient=patient, zone=_zone(given, patient, choice), may_confirm=_may_confirm(desk, choice)
        )
    except Unfit as error:
        return _draw(desk, given, wrong=error.wrong, status=422)
    except Conflict:
        return _draw(desk, given, is_saved=True, status=409)
    return _go_on(desk, saved)


def _go_on(desk: Desk, saved: Saved) -> Response:
    with desk.read() as db:
        clock = real_time(db)
    left = TIME_TO_UNDO - (desk.now - saved.recorded_at)
    said = f"{'It was saved already' if saved.was_known else 'Session saved'}. {saved.outlook.said}"
    path = f"/patients/{saved.patient_id}"
    if left <= timedelta(0):
        return desk.go(path, said)
    return desk.go(path, said, undo=f"/sessions/{saved.treatment_id}/undo", until=clock + left)


def _blank(desk: Desk, choice: Offers) -> Given:
    clinic = choice.clinics[0] if choice.clinics else None
    clinicians = list(choice.clinicians.values())
    alone = clinicians[0] if len(clinicians) == 1 else ""
    return Given.blank(
        clinic=clinic.key if clinic else "",
        zone=clinic.zone if clinic else offers.NOWHERE,
        now=desk.now,
        practitioner=desk.who.shown_name if desk.who.may("clinician") else alone,
        plan=next(iter(choice.plans), ""),
    )


def _look(desk: Desk, given: Given) -> tuple[Offers, PatientView | None]:
    with desk.read() as db:
        patient = patients.look(db, patient_id=given.patient_id) if given.patient_id else None
        return offers.look(db), patient


def _zone(given: Given, patient: PatientView | None, choice: Offers) -> ZoneInfo:
    return choice.zone(patient.clinic if patient else given.fields["clinic"])


def _may_confirm(desk: Desk, choice: Offers) -> Mapping[str, str]:
    """The clinicians; whoever is here, at a clinic that has none on its list."""
    return choice.clinicians or {desk.by: desk.who.shown_name}


def _preview(desk: Desk, given: Given, patient: PatientView | None, choice: Offers) -> dict[str, Any]:
    outlook: Outlook | None = None
    missing: Mapping[str, str] = {}
    if patient or (given.who == NEW and given.fields["given_name"].strip()):
        try:
            outlook = recording.try_out(desk, given, patient=patient, zone=_zone(given, patient, choice))
        except Unfit as error:
            missing = error.wrong
        except Conflict:
            missing = {"q": "This form is saved already; open a new one for another session."}
    return {
        "outlook": outlook,
        "missing": missing,
        "warnings": risk.warnings(given.precautions),
        "may_confirm": _may_confirm(desk, choice),
        "given": given.fields,
        "wrong": {},
    }


def _draw(
    desk: Desk, given: Given, *, wrong: Mapping[str, str] | None = None, is_saved: bool = False, status: int = 200
) -> HTMLResponse:
    choice, patient = _look(desk, given)
    if given.who == KNOWN and patient is None:
        given = given.having(who=FIND, patient="")
    with desk.read() as db:
        typed = given.fields["q"] if given.who == FIND else ""
        found = finding.page(db, typed=typed, limit=_MATCHES) if typed.strip() else None
        chosen = finding.lines(db, [patient.id]) if patient else []
    values = _preview(desk, given, patient, choice) | {"wrong": wrong or {}}
    return desk.draw(
        "desk/sessions/new.html",
        tour=tour.part(desk),
        here="new",
        status=status,
        **values,
        regions=_ticked(Region, given.regions),
        precautions=_ticked(Precaution, given.precautions),
        choice=choice,
        chosen=chosen[0] if chosen else None,
        found=found,
        typed=typed,
        for_session=True,
        so_far=consents.so_far(patient),
        is_saved=is_saved,
        names_of=words.NAMES,
        methods=words.METHODS,
        spoken=[(code, _LANGUAGES.get(code, code)) for code in languages()],
        zones=sorted(zone for zone in clinic_fields.zones() if "/" in zone and not zone.startswith("Etc/")),
        by_script=False,
    )


def _ticked(kind: type[Region] | type[Precaution], chosen: frozenset[str]) -> list[tuple[str, str, bool]]:
    """Every word of a kind, as a page calls it, and whether it is chosen."""
    return [(one.value, one.value.replace("_", " ").capitalize(), one in chosen) for one in kind]
