"""What became of one patient's replies: in the database, and at the gateways."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from followup.actions import setting_up, staffing
from followup.actions.staffing import StaffEntry
from followup.models import Alert, Message, Outcome, Patient, Reply
from followup.terms import Channel, Origin, Role

from .service import WENT, Owed, Service

CLINICIAN = StaffEntry(email="lee@maple.example", name="Lee", phone="+12125550151", role=Role.CLINICIAN)
A_HIGH_SCORE = "8"  #: an outcome, an alert at once, and an answer


@dataclass(frozen=True, slots=True)
class Heard:
    """Everything that one patient's replies led to."""

    replies: Sequence[Reply]
    alerts: Sequence[Alert]
    outcomes: Sequence[Outcome]
    notices: Sequence[Message]
    answers: Sequence[Message]

    @property
    def is_over(self) -> bool:
        """Everything is read, and everything that is owed for it went."""
        owed = (*self.notices, *self.answers)
        is_read = all(reply.read_at for reply in self.replies)
        return is_read and bool(self.replies and owed) and all(message.status in WENT for message in owed)

    @property
    def sent(self) -> list[str]:
        """The ids of everything that is owed for it."""
        return [str(message.id) for message in (*self.notices, *self.answers)]

    @property
    def told(self) -> Counter[tuple[UUID | None, Channel]]:
        """How often each member of staff was told on each channel."""
        return Counter((notice.staff_id, notice.channel) for notice in self.notices)


def staff(service: Service) -> tuple[UUID, UUID]:
    """Put the front desk and then a clinician on call at any time; their ids."""
    now = service.now()
    with service.open_db() as db:
        clinic = staffing.find_clinic(db, setting_up.SAMPLE.key)
        people = [
            staffing.put_staff(db, entry=entry, country=clinic.country, now=now, by="test")
            for entry in (setting_up.SAMPLE_ON_CALL, CLINICIAN)
        ]
        staffing.set_on_call(db, clinic=clinic, staff=people, now=now, by="test")
    first, second = people
    return first.id, second.id


def hear(service: Service, asked: Owed) -> Heard:
    """What became of what this patient wrote so far."""
    with service.open_db() as db:
        patient = db.scalars(select(Patient.id).where(Patient.phone == asked.to)).one()
        alerts = db.scalars(select(Alert).where(Alert.patient_id == patient)).all()
        about = Message.alert_id.in_([alert.id for alert in alerts])
        return Heard(
            replies=db.scalars(select(Reply).where(Reply.sent_from == asked.to).order_by(Reply.id)).all(),
            alerts=alerts,
            outcomes=db.scalars(select(Outcome).where(Outcome.patient_id == patient)).all(),
            notices=db.scalars(select(Message).where(about, Message.origin == Origin.ALARM)).all(),
            answers=db.scalars(
                select(Message).where(Message.patient_id == patient, Message.origin == Origin.REPLY)
            ).all(),
        )


def until_over(service: Service, asked: Owed) -> Heard:
    """Wait until everything that follows from this patient's replies has left, at the gateways too."""
    service.until(lambda: hear(service, asked).is_over)
    return hear(service, asked)
