"""One conversation as its page shows it: the alerts above, the composer below, and what to know beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from followup.actions import alarms, alerting, by_hand, versions
from followup.actions.by_hand import Draft
from followup.messages import wording
from followup.messages.links import Links
from followup.models import Alert, Clinic, Patient
from followup.queries import conversation, finding, glance
from followup.queries.conversation import Conversation
from followup.queries.finding import PatientLine
from followup.queries.glance import Glance, Notice
from followup.terms import Channel, Label
from followup.web.desk.rings import Ring, ring

#: Of the quick answers that the wordings hold, what staff press.
QUICK = {
    "call": "We will call you",
    "where": "Where, since when?",
    "come_in": "Please come in",
    "call_us": "Please call us",
    "book": "Book or change a visit",
}
_SEVERITIES = list(Label)
_AT_ONCE = 8  # patients to choose from


@dataclass(frozen=True, slots=True)
class Bar:
    """One open alert. Without a ring somebody has it."""

    alert: Alert
    ring: Ring | None
    told: Sequence[Notice]
    next_names: Sequence[str]  #: who is told at `alert.next_at`, unless someone takes it
    version: str


@dataclass(frozen=True, slots=True)
class Quick:
    """An answer that needs no typing."""

    key: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Talk:
    """All of the page but the list beside it."""

    thread_id: UUID
    whole: Conversation
    bars: Sequence[Bar]  #: the worst first
    glance: Glance | None
    clinic: Clinic | None
    draft: Draft | None  #: what would become of an answer; None where there is nobody to write to
    quick: Sequence[Quick]
    found: Sequence[PatientLine]  #: who it may be, as someone typed


def look(
    db: Session, *, thread_id: UUID, now: datetime, links: Links, before: str | None = None, typed: str = ""
) -> Talk | None:
    """A conversation at `now`; None if there is none. `typed`: who may have written it. Raises BadCursor."""
    whole = conversation.look(db, thread_id=thread_id, now=now, before=before)
    if whole is None:
        return None
    patient = whole.patient
    clinic = db.get(Clinic, patient.clinic_id) if patient else None
    return Talk(
        thread_id=thread_id,
        whole=whole,
        bars=bars_of(db, whole, now=now),
        glance=glance.look(db, patient=patient, now=now) if patient else None,
        clinic=clinic,
        draft=by_hand.draw_up(db, patient=patient, text="", channel=Channel.SMS, now=now, links=links)
        if patient
        else None,
        quick=_quick(patient, clinic) if patient and clinic else [],
        found=finding.page(db, typed=typed, limit=_AT_ONCE).items if typed else [],
    )


def bars_of(db: Session, whole: Conversation, *, now: datetime) -> list[Bar]:
    """The open alerts of a conversation, the worst first."""
    patient_id = whole.patient.id if whole.patient else None
    of_replies = [each.reply.alert for each in whole.heard if each.reply.alert]
    return bars(db, glance.open_alerts(db, patient_id=patient_id, alert_ids=of_replies), now=now)


def bars(db: Session, alerts: Sequence[Alert], *, now: datetime) -> list[Bar]:
    """These alerts, the worst first."""
    told = glance.notices(db, alert_ids=[alert.id for alert in alerts]) if alerts else {}
    found = [
        Bar(
            alert,
            ring(since=alert.raised_at, until=alert.answer_by, now=now) if alert.taken_at is None else None,
            told[alert.id],
            [staff.shown_name for staff in alarms.foresee(db, alert=alert)],
            versions.version_of(alerting.shown(alert)),
        )
        for alert in alerts
    ]
    return sorted(found, key=lambda bar: (_SEVERITIES.index(bar.alert.label), bar.alert.answer_by))


def _quick(patient: Patient, clinic: Clinic) -> list[Quick]:
    values = {"phone": clinic.phone, "emergency": clinic.emergency}
    words = wording.page("quick-answers", language=patient.language, values=values)
    return [Quick(key, title, words[key]) for key, title in QUICK.items()]
