"""Read and answer as a patient, skip the clock, and let something fail; the real engine does the rest."""

from collections.abc import Callable
from uuid import UUID

from fastapi import HTTPException
from starlette.responses import HTMLResponse, Response

from followup.models import Patient
from followup.practice.emulated import NoAnswer
from followup.queries import finding, phones
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk import clock, tour
from followup.web.desk.frame import Desk, TheDesk
from followup.web.desk.phone import faults, news, screen
from followup.web.desk.phone.screen import Screen
from followup.web.forms import Form

router = StaffRouter()

_RECENT, _MATCHES, _LONGEST = 15, 8, 100
_MOST_ID = 400


@router.page("/phone")
def pick(desk: TheDesk, q: str = "", patient: str = "") -> Response:
    """The phone on which something happened last; or who is looked for, or was picked."""
    _only_in_practice(desk)
    if patient:
        return desk.go(f"/phone/{_id(patient)}")
    typed = q[:_LONGEST].strip()
    with desk.read() as db:
        recent = phones.newest(db, now=desk.now, limit=_RECENT)
        found = finding.page(db, typed=typed, limit=_MATCHES) if typed else None
    if recent and not typed:
        first = next((one for one in recent if one.phone_works), recent[0])
        return _draw(desk, _look(desk, first.id))
    return desk.draw("desk/phone/none.html", here="phone", found=found, typed=typed, tour=tour.part(desk))


@router.page("/phone/find")
def find(desk: TheDesk, q: str = "") -> HTMLResponse:
    """Whose phone it may be, while someone types."""
    _only_in_practice(desk)
    typed = q[:_LONGEST].strip()
    with desk.read() as db:
        found = finding.page(db, typed=typed, limit=_MATCHES) if typed else None
    return desk.part("desk/phone/found.html", found=found, typed=typed)


@router.page("/phone/{patient_id}")
def show(patient_id: UUID, desk: TheDesk, mail: str = "") -> HTMLResponse:
    """One patient's phone and mailbox."""
    page = _draw(desk, _look(desk, patient_id, mail=mail))
    desk.saw("patient", patient_id)
    return page


@router.page("/phone/{patient_id}/news")
def tell_news(patient_id: UUID, desk: TheDesk, mail: str = "") -> Response:
    """The parts of the page that show something else by now."""
    return news.answer(desk, _look(desk, patient_id, mail=mail), news.marks_in(desk.request.query_params))


@router.act("/phone/{patient_id}/say")
def say(patient_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Answer as the patient."""
    words = form.first("body", most=news.MOST_SAID).strip()

    def act(patient: Patient) -> None:
        if not patient.phone:
            raise HTTPException(422, "This patient has no number that gets texts.")
        if words:
            screen.say(desk, patient, words)

    return _do(desk, patient_id, form, act, typed=words)


@router.act("/phone/{patient_id}/faults")
def order(patient_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Let the patient's next message go wrong."""

    def act(patient: Patient) -> None:
        if not faults.order(desk.runtime.settings, patient, form.first("fault", most=40)):
            raise HTTPException(422, "That can't be ordered for this patient.")

    return _do(desk, patient_id, form, act, done="Ordered.")


@router.act("/phone/{patient_id}/faults/drop")
def drop(patient_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Let nothing go wrong any more."""

    def act(patient: Patient) -> None:
        faults.drop(desk.runtime.settings, patient)

    return _do(desk, patient_id, form, act, done="Dropped.")


def _do(
    desk: Desk,
    patient_id: UUID,
    form: Form,
    act: Callable[[Patient], None],
    *,
    typed: str | None = None,
    done: str = "",
) -> Response:
    """Act, and show what is there then; what was typed stays where it could not be done."""
    asked, trouble = dict(form.pairs), ""
    mail = asked.get("mail", "")
    try:
        act(_look(desk, patient_id, mail=mail).patient)
    except NoAnswer as error:
        trouble = str(error)
    status = 409 if trouble else 200
    if "HX-Request" in desk.request.headers:
        again = _look(desk, patient_id, mail=mail)
        left = None if typed is None else typed if trouble else ""
        had = news.marks_in(asked)
        return news.answer(desk, again, had, typed=left, trouble=trouble, done=done, status=status)
    if trouble:
        return _draw(desk, _look(desk, patient_id, mail=mail), trouble=trouble, typed=typed or "", status=status)
    return desk.go(f"/phone/{patient_id}")


def _only_in_practice(desk: Desk) -> None:
    """Raises HTTPException 404 while live: patients have phones of their own then."""
    if desk.runtime.settings.followup_live:
        raise HTTPException(404)


def _id(text: str) -> UUID:
    """Raises HTTPException 404."""
    try:
        return UUID(text)
    except ValueError:
        raise HTTPException(404) from None


def _look(desk: Desk, patient_id: UUID, *, mail: str = "") -> Screen:
    """Raises HTTPException 404."""
    _only_in_practice(desk)
    shown = screen.look(desk, patient_id, mail=mail[:_MOST_ID])
    if shown is None:
        raise HTTPException(404)
    return shown


def _draw(desk: Desk, shown: Screen, *, trouble: str = "", typed: str = "", status: int = 200) -> HTMLResponse:
    with desk.read() as db:
        picks = {one.id: one.name for one in phones.newest(db, now=desk.now, limit=_RECENT)}
    path = f"/phone/{shown.patient.id}"
    return desk.draw(
        "desk/phone/page.html",
        here="phone",
        status=status,
        picks={shown.patient.id: shown.name} | picks,
        typed=typed,
        skips=clock.bar(desk, back=path, patient=shown.patient),
        tour=tour.part(desk),
        **news.values(desk, shown, trouble or shown.there.trouble),
    )
