"""What staff do from a patient's page: to one message, to a session, about the next visit and about consent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import HTTPException
from sqlalchemy.orm import Session
from starlette.responses import Response

from followup.actions import changing, message_pages, patient_pages
from followup.actions.changing import NotFound, TooLate
from followup.actions.clinic_fields import Unfit
from followup.actions.settling import CannotSettle
from followup.actions.versions import ChangedMeanwhile
from followup.db import real_time
from followup.models import Clinic, Message, Patient, TreatmentSession
from followup.models.owed import load, zone_of
from followup.queries import audit
from followup.rules.quiet import QuietHours, quiet_until
from followup.terms import Channel, Purpose, Status
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk.frame import Desk, TheDesk
from followup.web.desk.patient.page import Faster, Trouble, draw, faster_than
from followup.web.pages import day_and_time

router = StaffRouter()

_UNDO_FOR = timedelta(minutes=3)
_VERSION = "version"


@router.act("/patients/{patient_id}/messages/{message_id}/cancel")
def cancel(patient_id: UUID, message_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Let it never leave; for three minutes that can be undone."""

    def act(db: Session) -> None:
        message_pages.cancel(db, message_id=message_id, version=_version(form), now=desk.now, by=desk.by)

    if trouble := _do(desk, patient_id, message_id, act):
        return draw(desk, patient_id, trouble)
    with desk.read() as db:
        until = real_time(db) + _UNDO_FOR
    undo = f"/patients/{patient_id}/messages/{message_id}/restore"
    return desk.go(_at(patient_id, message_id), "Cancelled: it will not leave.", undo=undo, until=until)


@router.act("/patients/{patient_id}/messages/{message_id}/restore")
def restore(patient_id: UUID, message_id: UUID, desk: TheDesk) -> Response:
    """Take back that it was cancelled."""

    def act(db: Session) -> None:
        message_pages.restore(db, message_id=message_id, now=desk.now, by=desk.by)

    if trouble := _do(desk, patient_id, message_id, act):
        return draw(desk, patient_id, trouble)
    return desk.go(_at(patient_id, message_id), "It is scheduled again.")


@router.act("/patients/{patient_id}/messages/{message_id}/move")
def move(patient_id: UUID, message_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Let it leave at another time of the patient's day."""
    given = form.first("due_at", most=40)
    patient, clinic = _find(desk, patient_id)
    zone = zone_of(patient, clinic)

    def act(db: Session) -> None:
        due_at = patient_pages.read_moment(given, zone, "due_at")
        if due_at < desk.now:
            raise Unfit({"due_at": "This is over already; choose a time to come."})
        message_pages.move(db, message_id=message_id, version=_version(form), due_at=due_at, now=desk.now, by=desk.by)

    if trouble := _do(desk, patient_id, message_id, act, given=given):
        return draw(desk, patient_id, trouble)
    with desk.read() as db:
        due_at = db.get_one(Message, message_id).due_at
    return desk.go(_at(patient_id, message_id), f"Moved. {_when(patient, clinic, due_at)}")


@router.act("/patients/{patient_id}/messages/{message_id}/send-now")
def send_now(patient_id: UUID, message_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Let it leave at once, or as soon as it is not quiet any more."""
    patient, clinic = _find(desk, patient_id)

    def act(db: Session) -> None:
        message_pages.send_now(db, message_id=message_id, version=_version(form), now=desk.now, by=desk.by)

    if trouble := _do(desk, patient_id, message_id, act):
        return draw(desk, patient_id, trouble)
    waits = _quiet_until(patient, clinic, desk.now)
    return desk.go(_at(patient_id, message_id), _when(patient, clinic, desk.now) if waits else "It leaves now.")


@router.act("/patients/{patient_id}/messages/{message_id}/settle")
def settle(patient_id: UUID, message_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Say whether an uncertain message went."""
    went = form.first("went", most=3)
    if went not in ("yes", "no"):
        raise HTTPException(422, "Say whether it went: yes or no.")

    def act(db: Session) -> None:
        message_pages.settle(db, message_id=message_id, was_sent=went == "yes", now=desk.now, by=desk.by)

    if trouble := _do(desk, patient_id, message_id, act):
        return draw(desk, patient_id, trouble)
    said = "Settled: it went." if went == "yes" else "Settled: it did not go, and is not sent again by itself."
    return desk.go(_at(patient_id, message_id), said)


@router.act("/patients/{patient_id}/sessions/{treatment_id}/cancel")
def cancel_session(patient_id: UUID, treatment_id: UUID, desk: TheDesk) -> Response:
    """Let nothing more leave for a session that should not have been recorded."""
    with desk.read() as db:
        treatment = db.get(TreatmentSession, treatment_id)
    if treatment is None or treatment.patient_id != patient_id:
        raise HTTPException(404)
    try:
        with desk.write() as db:
            changing.cancel_treatment(db, treatment_id=treatment_id, now=desk.now, by=desk.by)
    except TooLate:
        with desk.read() as db:
            treatment = db.get_one(TreatmentSession, treatment_id)
        faster = Faster(treatment.cancelled_by or "", treatment.cancelled_at or desk.now, "cancelled")
        return draw(desk, patient_id, Trouble(str(treatment_id), 409, faster=faster))
    return desk.go(f"/patients/{patient_id}", "The session is cancelled. Nothing more leaves for it.")


@router.act("/patients/{patient_id}/next-visit")
def set_next_visit(patient_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Keep when they come next; what is owed follows."""
    given = "" if form.first("none", most=3) else form.first("next_visit_at", most=40)
    _find(desk, patient_id)
    try:
        with desk.write() as db:
            patient_pages.set_next_visit(
                db, patient_id=patient_id, given=given, version=_version(form), now=desk.now, by=desk.by
            )
    except Unfit as error:
        return draw(desk, patient_id, Trouble("visit", 422, wrong=error.wrong, given={"next_visit_at": given}))
    except ChangedMeanwhile as error:
        return _too_late(desk, patient_id, "visit", error, {"next_visit_at": given})
    return desk.go(f"/patients/{patient_id}#visit", "Saved." if given else "Saved: no visit is booked.")


@router.act("/patients/{patient_id}/consent")
def hear_consent(patient_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Add what they said at the desk to the ledger; what is owed follows."""
    names = [patient_pages.name_of(channel, purpose) for channel in Channel for purpose in Purpose]
    given = {name: form.first(name, most=3) for name in names}
    method = form.first("method", most=patient_pages.MOST_SAID)
    typed = given | {"method": method}
    _find(desk, patient_id)
    try:
        with desk.write() as db:
            lines = patient_pages.hear_consent(
                db,
                patient_id=patient_id,
                given=given,
                method=method,
                version=_version(form),
                now=desk.now,
                by=desk.by,
            )
    except Unfit as error:
        return draw(desk, patient_id, Trouble("consent", 422, wrong=error.wrong, given=typed))
    except ChangedMeanwhile as error:
        return _too_late(desk, patient_id, "consent", error, typed)
    said = "Recorded, with what you wrote as evidence." if lines else "Nothing is different, so nothing was added."
    return desk.go(f"/patients/{patient_id}#consent", said)


def _do(
    desk: Desk, patient_id: UUID, message_id: UUID, act: Callable[[Session], None], *, given: str = ""
) -> Trouble | None:
    """Do it, or say why it was not done. Raises HTTPException 404."""
    with desk.read() as db:
        message = db.get(Message, message_id)
    if message is None or message.patient_id != patient_id:
        raise HTTPException(404)
    about, typed = str(message_id), {"due_at": given}
    try:
        with desk.write() as db:
            act(db)
    except NotFound as error:
        raise HTTPException(404) from error
    except Unfit as error:
        return Trouble(about, 422, wrong=error.wrong, given=typed)
    except TooLate:
        return _expired(desk, message_id, typed) or Trouble(about, 409, given=typed, faster=_faster(desk, message_id))
    except (ChangedMeanwhile, CannotSettle):
        return Trouble(about, 409, given=typed, faster=_faster(desk, message_id))
    return None


def _expired(desk: Desk, message_id: UUID, typed: dict[str, str]) -> Trouble | None:
    """It is still to leave, but at that time it would no longer be right."""
    with desk.read() as db:
        message = db.get_one(Message, message_id)
    if message.status is not Status.SCHEDULED or not typed["due_at"]:
        return None
    says = "By then it would no longer be right. Choose an earlier time, or cancel it."
    return Trouble(str(message_id), 422, wrong={"due_at": says}, given=typed)


def _faster(desk: Desk, message_id: UUID) -> Faster:
    """Who changed a message first: a colleague, or the engine that sent it."""
    with desk.read() as db:
        message = db.get_one(Message, message_id)
        last = audit.latest(db, subject="message", subject_id=message_id)
        [owed] = load(db, Message.id == message_id)
    says: str = message.status
    if message.status is Status.SCHEDULED:
        says = f"scheduled for {day_and_time(message.due_at.astimezone(owed.zone))}"
    if message.left_at or last is None:
        return Faster("", message.left_at or desk.now, says)
    return Faster(last.did_by, last.did_at, says)


def _too_late(desk: Desk, patient_id: UUID, about: str, error: ChangedMeanwhile, given: dict[str, str]) -> Response:
    with desk.read() as db:
        faster = faster_than(db, patient_id, error, desk.now)
    return draw(desk, patient_id, Trouble(about, 409, given=given, faster=faster))


def _find(desk: Desk, patient_id: UUID) -> tuple[Patient, Clinic]:
    with desk.read() as db:
        patient = db.get(Patient, patient_id)
        if patient is None:
            raise HTTPException(404)
        return patient, db.get_one(Clinic, patient.clinic_id)


def _when(patient: Patient, clinic: Clinic, due_at: datetime) -> str:
    """When it leaves, in the patient's time: not in quiet hours."""
    zone = zone_of(patient, clinic)
    opens = _quiet_until(patient, clinic, due_at)
    leaves = day_and_time((opens or due_at).astimezone(zone))
    return f"It is quiet then, so it leaves {leaves}." if opens else f"It leaves {leaves}."


def _quiet_until(patient: Patient, clinic: Clinic, at: datetime) -> datetime | None:
    return quiet_until(at, zone=zone_of(patient, clinic), quiet=QuietHours(clinic.quiet_from, clinic.quiet_until))


def _version(form: TheForm) -> str:
    return form.first(_VERSION, most=64)


def _at(patient_id: UUID, message_id: UUID) -> str:
    return f"/patients/{patient_id}#m-{message_id}"
