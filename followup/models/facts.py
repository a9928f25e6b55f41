"""What the tables say about owed messages, gathered for many at once, as the facts that the rules judge."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.orm import Session

from followup.models.care import Enrolment, Step, TreatmentSession
from followup.models.people import Clinic, Consent, Patient
from followup.models.traffic import Message, Reply
from followup.rules import lifecycle
from followup.rules.frequency import is_capped, next_free
from followup.rules.permission import Facts
from followup.rules.quiet import QuietHours, quiet_until
from followup.rules.risk import is_high_risk
from followup.terms import Channel, Consented, Origin, Purpose, Question, Status, Unless

T = TypeVar("T", Clinic, Step)

GAVE_UP = "give up"  #: in the audit log: a message could be neither judged nor written

# Written into the statement: a database uses the index of what is owed only for this very word.
IS_OWED = Message.status == literal(Status.SCHEDULED, Message.status.type, literal_execute=True)


@dataclass(frozen=True, slots=True)
class Owed:
    """A message with all that it is about."""

    message: Message
    patient: Patient
    clinic: Clinic
    step: Step | None
    treatment: TreatmentSession | None

    @property
    def zone(self) -> ZoneInfo:
        """Where the patient lives, as far as we know."""
        return zone_of(self.patient, self.clinic)

    @property
    def quiet(self) -> QuietHours:
        """When nothing but answers and alarms may reach this patient."""
        return QuietHours(self.clinic.quiet_from, self.clinic.quiet_until)

    @property
    def ignores_quiet_until(self) -> datetime | None:
        """How long an immediate step may leave in quiet hours."""
        if self.step is None or self.treatment is None:
            return None
        return self.step.time.ignores_quiet_until(self.treatment.ended_at)

    @property
    def address(self) -> str | None:
        """Where it would go now: E.164 or an email address; None if nothing there works."""
        return address_of(self.patient, self.message.channel)

    @property
    def is_capped(self) -> bool:
        """Whether the frequency limit may move it: feedback and booking texts of a plan."""
        message = self.message
        if message.origin is not Origin.STEP or message.purpose is None:
            return False
        return is_capped(message.purpose, message.channel)


def address_of(patient: Patient, channel: Channel) -> str | None:
    """Where a patient can be reached on a channel: E.164 or an email address; None if nothing there works."""
    if channel is Channel.SMS:
        return None if patient.phone_failed_at else patient.phone
    return None if patient.email_failed_at else patient.email


def zone_of(patient: Patient, clinic: Clinic) -> ZoneInfo:
    """The patient's zone, else the clinic's; a name that no zone bears any more is like none."""
    try:
        return ZoneInfo(patient.zone or clinic.zone)
    except (KeyError, ValueError, OSError):  # all three, by what the name looks like
        return ZoneInfo(clinic.zone)


def load(db: Session, *where: ColumnElement[bool], limit: int | None = None, lock: bool = False) -> list[Owed]:
    """Messages with their patient, clinic, step and treatment session, in the order in which they leave."""
    query = (
        select(Message, Patient, TreatmentSession)
        .join(Patient, Message.patient_id == Patient.id)
        .outerjoin(Enrolment, Message.enrolment_id == Enrolment.id)
        .outerjoin(TreatmentSession, Enrolment.treatment_id == TreatmentSession.id)
        .where(*where)
        .order_by(Message.lane, Message.due_at, Message.id)
        .limit(limit)
    )
    if lock:
        query = query.with_for_update(of=Message).execution_options(populate_existing=True)
    rows = db.execute(query).all()
    # Few for many messages: joined, each would be read and decoded again for every message.
    clinics = _by_id(db, Clinic, {message.clinic_id for message, _, _ in rows})
    steps = _by_id(db, Step, {message.step_id for message, _, _ in rows})
    return [
        Owed(message, patient, clinics[message.clinic_id], steps.get(message.step_id), treatment)
        for message, patient, treatment in rows
    ]


def _by_id(db: Session, table: type[T], ids: set[UUID | None]) -> dict[UUID | None, T]:
    return {row.id: row for row in db.scalars(select(table).where(table.id.in_(ids)))} if ids else {}


ConsentKey = tuple[UUID, Channel, Purpose | None]
Held = dict[ConsentKey, Consented]
_Stories = Mapping[UUID | None, Sequence[tuple[Step, Message]]]


@dataclass(frozen=True, slots=True)
class Known:
    """What the tables say about some messages together; it tells the facts about each of them."""

    consents: Mapping[ConsentKey, Consented]
    stories: _Stories
    replies: Mapping[str, datetime]
    texts: Mapping[UUID, Sequence[datetime]]

    def about(self, each: Owed, *, now: datetime) -> Facts:
        """The facts at `now`, or at the message's due time while that is still to come."""
        at, question = max(now, each.message.due_at), _question(each, self.stories)
        return Facts(
            origin=each.message.origin,
            expires_at=each.message.expires_at,
            clinic_ready=bool(each.clinic.emergency),
            has_address=each.address is not None,
            consent=self.consents.get((each.patient.id, each.message.channel, each.message.purpose)),
            replaced=each.message.replaced_by is not None,
            booked=_is_booked(each, at),
            answered=_is_reminder(each) and _replied_since(each, question, self.replies),
            question_waits=_is_reminder(each) and _is_waiting(question),
            condition_met=_meets_condition(each, question, self.replies),
            quiet_until=_quiet_until(each, at),
            next_free=_next_free(each, self.texts, at),
        )


def gather(db: Session, owed: Sequence[Owed]) -> Known:
    """Everything that the facts about these messages need, with a fixed number of queries."""
    return Known(
        consents=latest_consents(db, {each.patient.id for each in owed}),
        stories=_stories(db, owed),
        replies=_replies(db, owed),
        texts=_texts_left(db, owed),
    )


def latest_consents(db: Session, patients: Iterable[UUID]) -> Held:
    """What holds now for each patient, channel and purpose: the last line of the ledger."""
    lines = db.execute(
        select(Consent.patient_id, Consent.channel, Consent.purpose, Consent.says)
        .where(Consent.patient_id.in_(set(patients)))
        .order_by(Consent.id)
    )
    return {(patient_id, channel, purpose): says for patient_id, channel, purpose, says in lines}


def texted_before(db: Session, owed: Sequence[Owed]) -> set[UUID]:
    """Which of these patients have a text of ours for sure. One that only may have gone does not count."""
    patients = {each.patient.id for each in owed}
    return set(
        db.scalars(
            select(Message.patient_id).where(
                Message.patient_id.in_(patients),
                Message.channel == Channel.SMS,
                Message.origin.in_((Origin.STEP, Origin.BY_HAND)),
                Message.status.in_((Status.SENT, Status.DELIVERED)),
            )
        )
    )


def _stories(db: Session, owed: Sequence[Owed]) -> _Stories:
    """By enrolment: its steps and their messages. Only for steps that depend on another one."""
    wanted = {each.message.enrolment_id for each in owed if each.step and (each.step.when or each.step.reminds)}
    stories: defaultdict[UUID | None, list[tuple[Step, Message]]] = defaultdict(list)
    rows = db.execute(
        select(Step, Message).join(Step, Message.step_id == Step.id).where(Message.enrolment_id.in_(wanted))
    )
    for step, message in rows:
        stories[message.enrolment_id].append((step, message))
    return stories


def _replies(db: Session, owed: Sequence[Owed]) -> dict[str, datetime]:
    """By phone number: when the last reply came. Only for steps that depend on an answer or on silence."""
    phones = {each.patient.phone for each in owed if each.step and (each.step.when or each.step.reminds)}
    rows = db.execute(select(Reply.sent_from, Reply.received_at).where(Reply.sent_from.in_(phones)))
    latest: dict[str, datetime] = {}
    for phone, received_at in rows:
        latest[phone] = max(received_at, latest.get(phone, received_at))
    return latest


def _texts_left(db: Session, owed: Sequence[Owed]) -> dict[UUID, list[datetime]]:
    """By patient: when texts of a plan left. Only for messages that the frequency limit may move."""
    patients = {each.patient.id for each in owed if each.is_capped}
    rows = db.execute(
        select(Message.patient_id, Message.left_at).where(
            Message.patient_id.in_(patients),
            Message.channel == Channel.SMS,
            Message.origin == Origin.STEP,
            Message.status.in_(lifecycle.GONE),
        )
    )
    texts: dict[UUID, list[datetime]] = defaultdict(list)
    for patient_id, left_at in rows:
        if left_at is not None:
            texts[patient_id].append(left_at)
    return texts


def _is_booked(each: Owed, now: datetime) -> bool:
    if not each.step or Unless.NEXT_VISIT not in each.step.unless:
        return False
    return each.patient.next_visit_at is not None and each.patient.next_visit_at > now


def _is_reminder(each: Owed) -> bool:
    return each.step is not None and each.step.reminds is not None


def _is_waiting(question: Message | None) -> bool:
    return question is not None and question.status is Status.SCHEDULED and question.replaced_by is None


def _meets_condition(each: Owed, question: Message | None, replies: Mapping[str, datetime]) -> bool:
    step, treatment = each.step, each.treatment
    if not step or not (step.reminds or step.when):
        return True
    asked = question is not None and question.status in lifecycle.GONE
    if step.reminds:
        return asked
    assert treatment is not None
    risky = is_high_risk(
        regions=treatment.regions, precautions=treatment.precautions, first_treatment=treatment.first_treatment
    )
    return risky and asked and not _replied_since(each, question, replies)


def _question(each: Owed, stories: _Stories) -> Message | None:
    """The message whose answer this one depends on, if any: the question it repeats, else the check-in."""
    if not each.step or not (each.step.reminds or each.step.when):
        return None
    for step, message in stories[each.message.enrolment_id]:
        if step.key == each.step.reminds or (not each.step.reminds and step.question is Question.CHECK_IN):
            return message
    return None


def _replied_since(each: Owed, question: Message | None, replies: Mapping[str, datetime]) -> bool:
    replied_at = replies.get(each.patient.phone or "")
    return bool(question and question.left_at and replied_at and replied_at >= question.left_at)


def _quiet_until(each: Owed, now: datetime) -> datetime | None:
    if each.message.origin.is_priority:
        return None
    return quiet_until(now, zone=each.zone, quiet=each.quiet, ignored_until=each.ignores_quiet_until)


def _next_free(each: Owed, texts: Mapping[UUID, Sequence[datetime]], now: datetime) -> datetime | None:
    if not each.is_capped:
        return None
    others = texts.get(each.patient.id, ())
    return next_free(now, due_at=each.message.due_at, zone=each.zone, quiet=each.quiet, texts=others)
