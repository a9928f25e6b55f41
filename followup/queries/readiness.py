"""What the tables say of why messages would not leave, or not as they should. Asked by `followup doctor`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.messages.segments import is_gsm7
from followup.models import Clinic, Switch
from followup.models.desk import SENDING
from followup.queries import alarm_path, health


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"  #: messages leave, yet something is not as it should be
    STOP = "stop"  #: messages do not leave until it is mended


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `check` is for machines, `detail` a sentence with the mend."""

    grade: Grade
    check: str
    detail: str


def examine(db: Session, *, now: datetime) -> list[Finding]:
    """Everything that can be seen from the database, at business time `now`."""
    return [*_sending(db, now), *_clinics(db), *_alarms(db, now)]


def _sending(db: Session, now: datetime) -> Iterator[Finding]:
    paused = db.get(Switch, SENDING)
    if paused:
        why = f": {paused.why}" if paused.why else ""
        since = f"{paused.off_at:%Y-%m-%d %H:%M} UTC"
        yield Finding(Grade.STOP, "pause", f"Paused since {since} by {paused.off_by}{why}; run `followup resume`.")
    else:
        yield Finding(Grade.OK, "pause", "Sending is not paused.")
    problems = health.problems(db, now=now)
    for problem in problems:
        mend = " Mend that, then run `followup resume`." if problem.check == "sender" else ""
        yield Finding(Grade.STOP, problem.check, problem.detail + mend)
    if not problems:
        seconds = int(health.PATIENCE.total_seconds())
        yield Finding(Grade.OK, "watchdog", f"Nothing that is due has waited for more than {seconds} s.")


def _clinics(db: Session) -> Iterator[Finding]:
    clinics = db.scalars(select(Clinic).order_by(Clinic.key)).all()
    if not clinics:
        yield Finding(Grade.STOP, "clinic", "There is no clinic yet; make one with `followup init`.")
    for clinic in clinics:
        found = list(_clinic(clinic))
        yield from found or [Finding(Grade.OK, "clinic", f"{clinic.key} has all that messages say of it.")]


def _clinic(clinic: Clinic) -> Iterator[Finding]:
    if not clinic.emergency:
        yield Finding(
            Grade.STOP, "clinic", f"{clinic.key} has no emergency number, and nothing leaves without; set it."
        )
    if not is_gsm7(clinic.text_name):
        cost = "every text of its costs more, and may be cut short; write it without á, í, ó, ú"
        yield Finding(Grade.WARN, "clinic", f"{clinic.key} has a text name with letters outside GSM-7: {cost}.")
    for value, what, effect in (
        (clinic.booking_url, "booking link", "texts and emails about booking lead nowhere"),
        (clinic.hours, "opening hours", "emails leave them out"),
        (clinic.address, "postal address", "emails leave it out, and many countries ask for it"),
    ):
        if not value:
            yield Finding(Grade.WARN, "clinic", f"{clinic.key} has no {what}: {effect}; set it.")


def _alarms(db: Session, now: datetime) -> Iterator[Finding]:
    found = [Finding(Grade.STOP, "alarms", detail) for detail in alarm_path.deaf(db)]
    found += [Finding(Grade.WARN, "alarms", detail) for detail in alarm_path.weak(db, now=now)]
    yield from found or [
        Finding(Grade.OK, "alarms", "Each clinic has somebody on call, and nothing sent to them was lost.")
    ]
