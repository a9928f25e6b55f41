"""Which question of ours is open for a patient: a reply is read as its answer, and as nothing else (clinical.md §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from followup.actions.obeying import CONVERSATION
from followup.models import Enrolment, Message, Reply, Step, TreatmentSession
from followup.rules import lifecycle
from followup.terms import Channel, Question

_MOST = 10  # texts of 72 hours that ask something


@dataclass(frozen=True, slots=True)
class Open:
    """A question that waits for its answer. An answer to a reminder is filed under the question that it repeats."""

    question: Question
    message: Message
    treatment: TreatmentSession


def open_question(db: Session, *, patient_id: UUID, reply: Reply) -> Open | None:
    """The last question that left for this patient by text before the reply came, and that nobody has answered yet."""
    asked = db.execute(
        select(Message, Step, TreatmentSession)
        .join(Step, Message.step_id == Step.id)
        .join(Enrolment, Message.enrolment_id == Enrolment.id)
        .join(TreatmentSession, Enrolment.treatment_id == TreatmentSession.id)
        .where(
            Message.patient_id == patient_id,
            Message.channel == Channel.SMS,
            Message.status.in_(lifecycle.GONE),  # also while nobody knows yet whether it was taken
            Message.left_at <= reply.received_at,
            Message.left_at > reply.received_at - CONVERSATION,
            Step.question.is_not(None),
        )
        .order_by(Message.left_at.desc(), Message.id.desc())
        .limit(_MOST)
    )
    for message, step, treatment in asked:
        same = _same_question(db, message, step)
        if not _is_answered(db, same, but=reply.id):
            assert step.question
            return Open(step.question, same[0], treatment)
    return None


def put_by(db: Session, *, message: Message) -> tuple[Open, bool] | None:
    """The question that a message puts, whichever way it went, and whether it has been answered; None if it puts none."""
    row = db.execute(
        select(Step, TreatmentSession)
        .select_from(Step)
        .join(Enrolment, Enrolment.id == message.enrolment_id)
        .join(TreatmentSession, Enrolment.treatment_id == TreatmentSession.id)
        .where(Step.id == message.step_id, Step.question.is_not(None))
    ).one_or_none()
    if row is None:
        return None
    step, treatment = row
    assert step.question
    same = _messages_of(db, message, step.reminds or step.key) or [message]
    filed_under = same[0] if step.reminds else message
    return Open(step.question, filed_under, treatment), _is_answered(db, same)


def _same_question(db: Session, message: Message, step: Step) -> Sequence[Message]:
    """Every message that put this question, its reminders apart; the first is where answers are filed."""
    if not step.reminds:
        return [message]
    return _messages_of(db, message, step.reminds) or [message]


def _messages_of(db: Session, message: Message, step_key: str) -> Sequence[Message]:
    """The messages of a step in the enrolment of this one; those that left come first."""
    return db.scalars(
        select(Message)
        .join(Step, Message.step_id == Step.id)
        .where(Message.enrolment_id == message.enrolment_id, Step.key == step_key)
        .order_by(Message.left_at.is_(None), Message.id)
    ).all()


def _is_answered(db: Session, messages: Sequence[Message], *, but: UUID | None = None) -> bool:
    answers = select(Reply.id).where(
        Reply.patient_id.in_({message.patient_id for message in messages}),  # their replies have an index; answers none
        Reply.answers_id.in_([message.id for message in messages]),
    )
    return bool(db.scalar(select(answers.where(Reply.id != but if but else true()).exists())))
