"""A person writes to the patient: how long it is and when it leaves while they type, and the sending."""

from uuid import UUID

from fastapi import HTTPException
from starlette.responses import HTMLResponse, Response

from followup.actions import by_hand
from followup.actions.clinic_fields import Unfit
from followup.messages.segments import is_gsm7
from followup.messages.wording import MAX_SEGMENTS
from followup.models import Clinic, Patient
from followup.models.owed import zone_of
from followup.rules.visible import only_seen
from followup.terms import Channel
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk.frame import Desk, TheDesk
from followup.web.desk.patient.page import Trouble, draw, local_words

router = StaffRouter()


@router.act("/patients/{patient_id}/write/draft")
def look_at(patient_id: UUID, desk: TheDesk, form: TheForm) -> HTMLResponse:
    """What these words would cost and when they would leave; nothing is kept."""
    patient, clinic = _find(desk, patient_id)
    text, channel = form.first("text", most=by_hand.LONGEST), _channel(form)
    with desk.read() as db:
        draft = by_hand.draw_up(db, patient=patient, text=text, channel=channel, now=desk.now, links=desk.links)
    return desk.part(
        "desk/patient/draft.html",
        draft=draft,
        channel=channel,
        typed=text.strip(),
        most=MAX_SEGMENTS,
        foreign=[one for one in dict.fromkeys(draft.text) if not is_gsm7(one)],
        **local_words(zone_of(patient, clinic)),
    )


@router.act("/patients/{patient_id}/write")
def send(patient_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Owe it to them, through the same gate as every other message."""
    patient, clinic = _find(desk, patient_id)
    text, channel = form.first("text", most=by_hand.LONGEST), _channel(form)
    try:
        with desk.write() as db:
            message = by_hand.write(
                db,
                patient=db.get_one(Patient, patient_id),
                text=only_seen(text),
                channel=channel,
                now=desk.now,
                by=desk.by,
                links=desk.links,
                once=_once(form),
            )
    except Unfit as error:
        typed = {"text": text, "channel": channel}
        return draw(desk, patient_id, Trouble("write", 422, wrong=error.wrong, given=typed))
    says = f"It leaves {local_words(zone_of(patient, clinic))['theirs'](message.due_at)}: it is quiet until then."
    return desk.go(f"/patients/{patient_id}#m-{message.id}", says if message.due_at > desk.now else "On its way.")


def _once(form: TheForm) -> UUID | None:
    try:
        return UUID(form.first("once", most=40))
    except ValueError:
        return None


def _channel(form: TheForm) -> Channel:
    return Channel.EMAIL if form.first("channel", most=10) == Channel.EMAIL else Channel.SMS


def _find(desk: Desk, patient_id: UUID) -> tuple[Patient, Clinic]:
    with desk.read() as db:
        patient = db.get(Patient, patient_id)
        if patient is None:
            raise HTTPException(404)
        return patient, db.get_one(Clinic, patient.clinic_id)
