"""Whose link was opened: a patient's own, or that of one message to them."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from followup.models import Clinic, Message, Patient
from followup.models.facts import latest_consents
from followup.runtime import Runtime
from followup.terms import Channel, Consented, Purpose
from followup.web import sheets
from followup.web.sheets import Act, DeadLink, Sheet

PAGE = ["GET", "HEAD"]  #: how a page is asked for


@dataclass(frozen=True, slots=True)
class Visitor:
    """A patient at one of their pages."""

    patient: Patient
    clinic: Clinic
    message: Message | None  #: what the link is about, if not the patient alone
    permits: frozenset[tuple[Channel, Purpose]]
    has_stopped: bool  #: wants no email of any purpose

    def read(self, name: str) -> dict[str, str]:
        """The texts of one page in the patient's language."""
        return sheets.texts(name, language=self.patient.language, clinic=self.clinic)

    def sheet(self, title: str, *lines: str, button: Act | None = None, link: Act | None = None) -> Sheet:
        """A page for this visitor."""
        return Sheet(self.clinic, self.patient.language, title, lines, button, link)


def visitor(db: Session, runtime: Runtime, token: str, *, lock: bool = False) -> Visitor:
    """Who opened a link; with `lock`, nothing else happens to them meanwhile. Raises DeadLink."""
    about = runtime.links.id_of(token)
    message = db.get(Message, about) if about else None
    patient_id = message.patient_id if message else about
    patient = db.get(Patient, patient_id, with_for_update=lock) if patient_id else None
    if patient is None:
        raise DeadLink
    held = latest_consents(db, [patient.id])
    return Visitor(
        patient,
        db.get_one(Clinic, patient.clinic_id),
        message,
        permits=frozenset(
            (channel, purpose)
            for (_, channel, purpose), says in held.items()
            if purpose is not None and says is Consented.GIVEN
        ),
        has_stopped=all(held.get((patient.id, Channel.EMAIL, purpose)) is Consented.WITHDRAWN for purpose in Purpose),
    )
