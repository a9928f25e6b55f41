"""Which question of ours is open for a patient: a reply is read as its answer, and as nothing else (clinical.md §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

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
        if not _is_answered(db, same, reply):
            assert step.question
            return Open(step.question, same[0], treatment)
    return None


def _same_question(db: Session, message: Message, step: Step) -> Sequence[Message]:
    """Every message that put this question, its reminders apart; the first is where answers are filed."""
    if not step.reminds:
        return [message]
    repeated = aliased(Step)
    found = db.scalars(
        select(Message)
        .join(repeated, Message.step_id == repeated.id)
        .where(Message.enrolment_id == message.enrolment_id, repeated.key == step.reminds)
        .order_by(Message.left_at.is_(None), Message.id)
    ).all()
    return found or [message]


def _is_answered(db: Session, messages: Sequence[Message], reply: Reply) -> bool:
    answers = exists().where(
        Reply.patient_id.in_({message.patient_id for message in messages}),  # their replies have an index; answers none
        Reply.answers_id.in_([message.id for message in messages]),
        Reply.id != reply.id,
    )
    return bool(db.scalar(select(answers)))
