"""A reminder counts from when its question left, not from when it was planned to leave."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import Message, Step
from followup.models.owed import Owed
from followup.models.writing import write_changes
from followup.rules.timing import after_question
from followup.terms import Status


def retime(db: Session, *, left: Sequence[Owed], now: datetime) -> None:
    """Move the reminders of questions that leave now. One that already left, or was cancelled, stays."""
    if not any(each.step and each.step.question for each in left):
        return
    questions = {(each.message.enrolment_id, each.step.key): each for each in left if each.step and each.step.question}
    reminders = db.execute(
        select(Message, Step)
        .join(Step, Message.step_id == Step.id)
        .where(
            Message.enrolment_id.in_({enrolment_id for enrolment_id, _ in questions}),
            Message.status == Status.SCHEDULED,
            Step.reminds.is_not(None),
        )
    ).all()
    for reminder, step in reminders:
        question = questions.get((reminder.enrolment_id, step.reminds or ""))
        if question is None:
            continue
        slot = after_question(
            step.time,
            question_at=question.message.nominal_at,
            left_at=now,
            recorded_at=reminder.created_at,
            zone=question.zone,
            quiet=question.quiet,
        )
        reminder.nominal_at, reminder.due_at, reminder.expires_at = slot.nominal_at, slot.due_at, slot.expires_at
        reminder.why = [shift.as_json() for shift in slot.shifts]
        reminder.lease_token = reminder.leased_until = reminder.next_try_at = None
    write_changes(db, [reminder for reminder, _ in reminders])
