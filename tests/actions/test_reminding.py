from datetime import datetime

from followup.messages.gateway import Unavailable
from followup.terms import Reason, Status
from tests.builders import Clinic, local


def ask(clinic: Clinic, now: datetime) -> None:
    """Let the question leave, and all that is due before it."""
    clinic.record()
    clinic.run_to(local(9, 9))
    clinic.tick(now)


def test_a_reminder_counts_from_when_its_question_left(clinic: Clinic) -> None:
    clinic.record()
    assert clinic.message("pain-score-reminder").due_at == local(17, 10)
    clinic.run_to(local(13, 12))
    clinic.tick(local(16, 11))
    reminder = clinic.message("pain-score-reminder")
    assert (reminder.due_at, reminder.expires_at) == (local(19, 10), local(21, 10))
    assert clinic.view(reminder.id, local(16, 12)).why == [
        "It counts from when its question leaves, so it goes Sat 19 Jun 10:00 instead of Thu 17 Jun 10:00."
    ]


def test_an_answer_makes_the_reminder_needless(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(14, 10))
    clinic.reply("4", now=local(14, 11))
    clinic.run_to(local(20, 10))
    assert clinic.message("pain-score-reminder").reason is Reason.ALREADY_ANSWERED


def test_a_reply_before_the_question_is_no_answer_to_it(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(13, 10))
    clinic.reply("thank you", now=local(13, 11))
    clinic.run_to(local(20, 10))
    assert clinic.message("pain-score-reminder").status is Status.SENT


def test_a_reminder_waits_for_a_question_that_was_held_up(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(13, 12))
    clinic.change(clinic.message("pain-score"), due_at=local(18, 10))
    clinic.tick(local(17, 10))
    reminder = clinic.message("pain-score-reminder")
    assert reminder.status is Status.SCHEDULED
    clinic.tick(local(18, 10))
    reminder = clinic.message("pain-score-reminder")
    assert (reminder.due_at, reminder.next_try_at) == (local(21, 10), None)
    clinic.tick(local(21, 10))
    assert clinic.message("pain-score-reminder").status is Status.SENT


def test_question_and_reminder_that_an_outage_held_up_do_not_leave_together(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(local(18, 12))
    assert clinic.message("pain-score").status is Status.SENT
    reminder = clinic.message("pain-score-reminder")
    assert (reminder.status, reminder.due_at) == (Status.SCHEDULED, local(21, 10))


def test_a_question_that_never_left_has_no_reminder(clinic: Clinic) -> None:
    clinic.record(consent={"sms": False})
    clinic.change(clinic.owed("pain-score").patient, email_failed_at=local(8, 10))
    clinic.run_to(local(30, 10))
    assert clinic.message("pain-score").reason is Reason.BAD_ADDRESS
    assert clinic.message("pain-score-reminder").reason is Reason.CONDITION_NOT_MET


def test_a_question_that_has_to_leave_again_moves_its_reminder_again(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(13, 12))
    clinic.sms.answer_next(Unavailable("20429"))
    clinic.tick(local(14, 10))
    assert clinic.message("pain-score").left_at is None
    clinic.change(clinic.message("pain-score"), next_try_at=None)
    clinic.tick(local(15, 11))
    assert clinic.message("pain-score-reminder").due_at == local(18, 10)


def test_a_cancelled_reminder_stays_cancelled(clinic: Clinic) -> None:
    clinic.record()
    reminder = clinic.message("pain-score-reminder")
    clinic.change(reminder, status=Status.CANCELLED, cancelled_at=local(8, 9), cancelled_by="desk")
    clinic.run_to(local(30, 10))
    assert clinic.message("pain-score-reminder").status is Status.CANCELLED
