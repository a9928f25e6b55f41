"""What the tables say about owed messages, gathered for many at once, as the facts that the rules judge."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from followup.db import among
from followup.models.alerts import Alert
from followup.models.care import Step
from followup.models.owed import Owed
from followup.models.people import Consent
from followup.models.steps import steps_by_id
from followup.models.traffic import Message, Reply
from followup.rules import lifecycle
from followup.rules.frequency import next_free
from followup.rules.permission import Facts
from followup.rules.quiet import quiet_until
from followup.rules.risk import is_asked_again, is_high_risk
from followup.terms import AlertCause, Channel, Consented, Label, Origin, Purpose, Question, Status, Unless

#: No prompt to book so soon after a worry, even when it is settled (clinical.md §2).
AFTER_A_WORRY = timedelta(hours=24)

GAVE_UP = "give up"  #: in the audit log: a message could be neither judged nor written

ConsentKey = tuple[UUID, Channel, Purpose | None]
Held = dict[ConsentKey, Consented]
_Stories = Mapping[UUID | None, Sequence[tuple[Step, Message]]]


@dataclass(frozen=True, slots=True)
class Known:
    """What the tables say about some messages together; it tells the facts about each of them."""

    consents: Mapping[ConsentKey, Consented]
    stories: _Stories
    spoke: Mapping[UUID, datetime]  #: by patient: when they last wrote
    answers: Mapping[UUID | None, frozenset[str]]  #: by question: what its answers say
    worries: Mapping[UUID, Sequence[Alert]]  #: by patient: what holds prompts, or just did
    texts: Mapping[UUID, Sequence[datetime]]

    def about(self, each: Owed, *, now: datetime) -> Facts:
        """The facts at `now`, or at the message's due time while that is still to come."""
        at, asking = max(now, each.message.due_at), _asking(each, self.stories)
        patient_id = each.message.patient_id
        consent = patient_id and self.consents.get((patient_id, each.message.channel, each.message.purpose))
        return Facts(
            origin=each.message.origin,
            expires_at=each.message.expires_at,
            clinic_ready=bool(each.clinic.emergency or each.staff),  # staff need no emergency number
            has_address=each.address is not None,
            consent=consent or None,
            replaced=each.message.replaced_by is not None,
            booked=_is_booked(each, at),
            answered=_is_reminder(each) and any(question.id in self.answers for question in asking),
            question_waits=_is_reminder(each) and any(map(_is_waiting, asking)),
            condition_met=self._meets_condition(each, asking),
            open_alert=self._is_held(each),
            calm_at=self._calm_at(each, at),
            quiet_until=_quiet_until(each, at),
            next_free=_next_free(each, self.texts, at),
        )

    def _meets_condition(self, each: Owed, asking: Sequence[Message]) -> bool:
        step, treatment = each.step, each.treatment
        if not step or not (step.reminds or step.when):
            return True
        asked = [question for question in asking if question.status in lifecycle.GONE]
        if step.reminds:
            return bool(asked)
        assert treatment is not None
        if is_asked_again(treatment.precautions):
            return True
        risky = is_high_risk(
            regions=treatment.regions, precautions=treatment.precautions, first_treatment=treatment.first_treatment
        )
        worries = any(Label.NERVE in self.answers.get(question.id, ()) for question in asked)
        return worries or (bool(asked) and risky and not self._has_spoken(each, asked))

    def _has_spoken(self, each: Owed, asked: Sequence[Message]) -> bool:
        spoke_at = self.spoke.get(each.message.patient_id) if each.message.patient_id else None
        first_at = min((question.left_at for question in asked if question.left_at), default=None)
        return bool(first_at and spoke_at and spoke_at >= first_at)

    def _is_held(self, each: Owed) -> bool:
        """Whether a worry stands between the patient and a prompt; care, and what a person writes, always goes."""
        return any(alert.resolved_at is None and alert.released_at is None for alert in self._worries_of(each))

    def _calm_at(self, each: Owed, at: datetime) -> datetime | None:
        """When a prompt to book may leave after the last worry, settled or not; None if it may at `at`."""
        if each.message.purpose is not Purpose.BOOKING:
            return None
        worries = [alert.raised_at for alert in self._worries_of(each) if alert.label.is_worry]
        return max((worry + AFTER_A_WORRY for worry in worries if worry + AFTER_A_WORRY > at), default=None)

    def _worries_of(self, each: Owed) -> Sequence[Alert]:
        if not _may_be_held(each) or not each.message.patient_id:
            return ()
        return self.worries.get(each.message.patient_id, ())


def gather(db: Session, owed: Sequence[Owed]) -> Known:
    """Everything that the facts about these messages need, with a fixed number of queries."""
    stories = _stories(db, owed)
    depending = {each.patient.id for each in owed if each.patient and _depends(each)}
    return Known(
        consents=latest_consents(
            db,
            {each.patient.id for each in owed if each.patient},
            channels={each.message.channel for each in owed},
            purposes={each.message.purpose for each in owed if each.message.purpose},
        ),
        stories=stories,
        spoke=_spoke(db, depending),
        answers=_answers(db, stories),
        worries=_worries(db, owed),
        texts=_texts_left(db, owed),
    )


def latest_consents(
    db: Session,
    patients: Iterable[UUID],
    *,
    channels: Collection[Channel] = tuple(Channel),
    purposes: Collection[Purpose] = tuple(Purpose),
) -> Held:
    """What holds now for each patient, channel and purpose: the last line of the ledger."""
    lines = db.execute(
        select(Consent.patient_id, Consent.channel, Consent.purpose, Consent.says)
        .where(
            among(db, Consent.patient_id, set(patients)), Consent.channel.in_(channels), Consent.purpose.in_(purposes)
        )
        .order_by(Consent.id)
    )
    return {(patient_id, channel, purpose): says for patient_id, channel, purpose, says in lines}


def texted_before(db: Session, owed: Sequence[Owed]) -> set[UUID]:
    """Which of these patients have a text of ours for sure. One that only may have gone does not count."""
    patients = {each.patient.id for each in owed if each.patient}
    return set(
        db.scalars(
            select(Message.patient_id).where(
                among(db, Message.patient_id, patients),
                Message.channel == Channel.SMS,
                Message.origin.in_((Origin.STEP, Origin.BY_HAND)),
                Message.status.in_((Status.SENT, Status.DELIVERED)),
            )
        )
    )


def _stories(db: Session, owed: Sequence[Owed]) -> _Stories:
    """By enrolment: its questions and their messages. Only for steps that depend on one."""
    wanted = {each.message.enrolment_id for each in owed if _depends(each)}
    if not wanted:
        return {}
    asking = select(Message).join(Step, Message.step_id == Step.id).where(Step.question.is_not(None))
    messages = db.scalars(asking.where(among(db, Message.enrolment_id, wanted))).all()
    # Few for many messages: joined, each would be read and decoded again for every message.
    steps = steps_by_id(db, {message.step_id for message in messages})
    stories: defaultdict[UUID | None, list[tuple[Step, Message]]] = defaultdict(list)
    for message in messages:
        stories[message.enrolment_id].append((steps[message.step_id], message))
    return stories


def _spoke(db: Session, patients: Collection[UUID]) -> dict[UUID, datetime]:
    """By patient: when they last wrote. Only for steps that depend on silence."""
    if not patients:
        return {}
    last = func.max(Reply.received_at)
    rows = db.execute(
        select(Reply.patient_id, last).where(among(db, Reply.patient_id, patients)).group_by(Reply.patient_id)
    )
    return {patient_id: at for patient_id, at in rows if patient_id and at}


def _answers(db: Session, stories: _Stories) -> Mapping[UUID | None, frozenset[str]]:
    """By question: the labels of its answers. Only for steps that depend on one."""
    questions = {
        message.id: message.patient_id for story in stories.values() for step, message in story if step.question
    }
    answers: defaultdict[UUID | None, frozenset[str]] = defaultdict(frozenset)
    if questions:
        theirs = among(db, Reply.patient_id, set(questions.values()))  # has an index; what a reply answers has none
        for message_id, labels in db.execute(
            select(Reply.answers_id, Reply.labels).where(theirs, among(db, Reply.answers_id, questions))
        ):
            answers[message_id] |= frozenset(labels)
    return answers


def _worries(db: Session, owed: Sequence[Owed]) -> dict[UUID, list[Alert]]:
    """By patient: what they wrote that may hold a prompt. Only for messages that one may hold.

    Silence, and a message that did not arrive, are tasks for staff but no worries: a question may yet be answered.
    """
    patients = {each.patient.id for each in owed if each.patient and _may_be_held(each)}
    worries: defaultdict[UUID, list[Alert]] = defaultdict(list)
    if patients:
        first = min(each.message.due_at for each in owed) - AFTER_A_WORRY
        for alert in db.scalars(
            select(Alert).where(
                among(db, Alert.patient_id, patients),
                Alert.cause == AlertCause.REPLY,
                Alert.label.in_([label for label in Label if label.is_worry or label is Label.UNCLEAR]),
                or_(Alert.resolved_at.is_(None), Alert.raised_at > first),
            )
        ):
            if alert.patient_id:
                worries[alert.patient_id].append(alert)
    return worries


def _texts_left(db: Session, owed: Sequence[Owed]) -> dict[UUID, list[datetime]]:
    """By patient: when texts of a plan left. Only for messages that the frequency limit may move."""
    patients = {each.patient.id for each in owed if each.patient and each.is_capped}
    rows = db.execute(
        select(Message.patient_id, Message.left_at).where(
            among(db, Message.patient_id, patients),
            Message.channel == Channel.SMS,
            Message.origin == Origin.STEP,
            Message.status.in_(lifecycle.GONE),
        )
    )
    texts: dict[UUID, list[datetime]] = defaultdict(list)
    for patient_id, left_at in rows:
        if patient_id and left_at:
            texts[patient_id].append(left_at)
    return texts


def _is_booked(each: Owed, now: datetime) -> bool:
    if not each.step or Unless.NEXT_VISIT not in each.step.unless:
        return False
    next_visit_at = each.patient and each.patient.next_visit_at
    return bool(next_visit_at and next_visit_at > now)


def _depends(each: Owed) -> bool:
    return each.step is not None and bool(each.step.when or each.step.reminds)


def _may_be_held(each: Owed) -> bool:
    return each.message.origin is Origin.STEP and each.message.purpose in (Purpose.FEEDBACK, Purpose.BOOKING)


def _is_reminder(each: Owed) -> bool:
    return each.step is not None and each.step.reminds is not None


def _is_waiting(question: Message) -> bool:
    return question.status is Status.SCHEDULED and question.replaced_by is None


def _asking(each: Owed, stories: _Stories) -> list[Message]:
    """The messages that asked what this one depends on, if any: the question it repeats, else the check-in.

    More than one where the first did not arrive, and the same question went, or goes, by another channel.
    """
    if not each.step or not _depends(each):
        return []
    return [
        message
        for step, message in stories[each.message.enrolment_id]
        if step.key == each.step.reminds or (not each.step.reminds and step.question is Question.CHECK_IN)
    ]


def _quiet_until(each: Owed, now: datetime) -> datetime | None:
    if each.goes_first:
        return None
    return quiet_until(now, zone=each.zone, quiet=each.quiet, ignored_until=each.ignores_quiet_until)


def _next_free(each: Owed, texts: Mapping[UUID, Sequence[datetime]], now: datetime) -> datetime | None:
    if not each.is_capped or each.patient is None:
        return None
    others = texts.get(each.patient.id, ())
    return next_free(now, due_at=each.message.due_at, zone=each.zone, quiet=each.quiet, texts=others)
