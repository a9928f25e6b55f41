"""What the tables say of why messages would not leave, or not as they should: for `followup doctor` and the settings."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from followup.messages.segments import is_gsm7
from followup.models import Clinic, Switch
from followup.models.desk import SENDING
from followup.queries import alarm_path, health
from followup.queries.findings import Finding, Grade, Mend
from followup.terms import Role

_RESUME = Mend("Run `followup resume`.", "/settings#pause-h", "Resume", Role.CLINICIAN)
_TRY_AGAIN = Mend(
    "Mend that, then run `followup resume`.", "/settings#banners", "Mend that, then try again", Role.CLINICIAN
)
_MAKE_CLINIC = Mend("Make one with `followup init`.", "/settings/clinics/new", "Make one")


def examine(db: Session, *, now: datetime) -> list[Finding]:
    """Everything that can be seen from the database, at business time `now`."""
    return [*_sending(db, now), *_clinics(db), *_alarms(db, now)]


def _sending(db: Session, now: datetime) -> Iterator[Finding]:
    paused = db.get(Switch, SENDING)
    if paused:
        why = f": {paused.why}" if paused.why else ""
        since = f"{paused.off_at:%Y-%m-%d %H:%M} UTC"
        yield Finding(Grade.STOP, "pause", f"Paused since {since} by {paused.off_by}{why}.", _RESUME)
    else:
        yield Finding(Grade.OK, "pause", "Sending is not paused.")
    problems = health.problems(db, now=now)
    for problem in problems:
        mend = _TRY_AGAIN if problem.check == "sender" else None
        yield Finding(Grade.STOP, problem.check, problem.detail, mend)
    if not problems:
        seconds = int(health.PATIENCE.total_seconds())
        yield Finding(Grade.OK, "watchdog", f"Nothing that is due has waited for more than {seconds} s.")


def _clinics(db: Session) -> Iterator[Finding]:
    clinics = db.scalars(select(Clinic).order_by(Clinic.key)).all()
    if not clinics:
        yield Finding(Grade.STOP, "clinic", "There is no clinic yet.", _MAKE_CLINIC)
    for clinic in clinics:
        found = list(_clinic(clinic))
        yield from found or [Finding(Grade.OK, "clinic", f"{clinic.key} has all that messages say of it.")]


def _clinic(clinic: Clinic) -> Iterator[Finding]:
    if not clinic.emergency:
        what = f"{clinic.key} has no emergency number, and nothing leaves without."
        yield Finding(Grade.STOP, "clinic", what, _set(clinic, "emergency"))
    if not is_gsm7(clinic.text_name):
        cost = "every text of its costs more, and may be cut short; write it without á, í, ó, ú"
        what = f"{clinic.key} has a text name with letters outside GSM-7: {cost}."
        yield Finding(Grade.WARN, "clinic", what, _set(clinic, "text_name"))
    for field, what, effect in (
        ("booking_url", "booking link", "texts and emails about booking lead nowhere"),
        ("hours", "opening hours", "emails leave them out"),
        ("address", "postal address", "emails leave it out, and many countries ask for it"),
    ):
        if not getattr(clinic, field):
            yield Finding(Grade.WARN, "clinic", f"{clinic.key} has no {what}: {effect}.", _set(clinic, field))


def _set(clinic: Clinic, field: str) -> Mend:
    return Mend("Set it under Settings, Clinics.", f"/settings/clinics/{clinic.key}#{field}", "Set it")


def _alarms(db: Session, now: datetime) -> Iterator[Finding]:
    found = [*alarm_path.deaf(db), *alarm_path.weak(db, now=now)]
    yield from found
    if not found and db.scalar(select(exists().select_from(Clinic))):
        yield Finding(Grade.OK, "alarms", "Each clinic has somebody on call, and nothing sent to them was lost.")
