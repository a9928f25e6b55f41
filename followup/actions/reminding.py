"""A reminder counts from when its question left, not from when it was planned to leave."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.db import among
from followup.models import Message, Step
from followup.models.owed import Owed
from followup.models.steps import steps_by_id
from followup.models.writing import write_changes
from followup.rules.timing import after_question
from followup.terms import Status


def retime(db: Session, *, left: Sequence[Owed], now: datetime) -> None:
    """Move the reminders of questions that leave now. One that already left, or was cancelled, stays."""
    questions = {(each.message.enrolment_id, each.step.key): each for each in left if each.step and each.step.question}
    if not questions:
        return
    enrolments, asked = zip(*questions, strict=True)
    reminders = db.scalars(
        select(Message)
        .join(Step, Message.step_id == Step.id)
        .where(
            among(db, Message.enrolment_id, set(enrolments)),
            Message.status == Status.SCHEDULED,
            Step.reminds.in_(set(asked)),
        )
    ).all()
    # Few for many messages: joined, each would be read and decoded again for every message.
    steps = steps_by_id(db, {reminder.step_id for reminder in reminders})
    for reminder in reminders:
        step = steps[reminder.step_id]
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
        why = [shift.as_json() for shift in slot.shifts]
        if (reminder.nominal_at, reminder.due_at, reminder.why) == (slot.nominal_at, slot.due_at, why):
            continue  # its question left on time, as most do
        reminder.nominal_at, reminder.due_at, reminder.expires_at = slot.nominal_at, slot.due_at, slot.expires_at
        reminder.why = why
        reminder.lease_token = reminder.leased_until = reminder.next_try_at = None
    write_changes(db, reminders)
