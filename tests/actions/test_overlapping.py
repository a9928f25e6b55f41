from uuid import UUID

from followup.models import Message
from followup.terms import Reason, Status
from tests.builders import Clinic, local

FEEDBACK = 'purpose = "feedback"\nquestion = "pain_0_10"\nwording = "pain-score"\nchannels = ["sms"]\nexpires = "7d"'
CARE = 'purpose = "care"\nwording = "warning-signs"\nchannels = ["sms"]\nexpires = "2d"'


def replaced(clinic: Clinic, external_id: str, by: UUID) -> set[str]:
    """The steps of one treatment session whose messages another one replaces."""
    steps = ["what-to-expect", "check-in", "still-or-gone", "warning-signs", "book-next"]
    feedback = ["pain-score", "pain-score-reminder", "change-score"]
    return {step for step in [*steps, *feedback] if clinic.message(step, external_id).replaced_by == by}


def both(clinic: Clinic, step: str) -> tuple[Message, Message]:
    return clinic.message(step, "T1"), clinic.message(step, "T2")


def test_care_and_booking_of_the_older_session_are_replaced(clinic: Clinic) -> None:
    clinic.record("T1")
    newer = clinic.record("T2", ended_at=local(9, 10)).treatment
    assert replaced(clinic, "T1", newer.id) == {
        *("what-to-expect", "check-in", "still-or-gone", "warning-signs", "book-next")
    }
    clinic.run_to(local(9, 13))
    assert clinic.message("what-to-expect", "T1").reason is Reason.REPLACED
    assert clinic.message("what-to-expect", "T2").status is Status.SENT


def test_feedback_that_is_owed_stays_and_its_newer_twin_is_replaced(clinic: Clinic) -> None:
    older = clinic.record("T1").treatment
    clinic.record("T2", ended_at=local(9, 10))
    assert replaced(clinic, "T2", older.id) == {"pain-score", "pain-score-reminder", "change-score"}
    clinic.run_to(local(30, 10))
    older_score, newer_score = both(clinic, "pain-score")
    assert (older_score.left_at, newer_score.reason) == (local(16, 10), Reason.REPLACED)


def test_owed_feedback_waits_until_48_hours_after_the_newer_session(clinic: Clinic) -> None:
    clinic.record("T1")
    clinic.record("T2", ended_at=local(13, 15))
    older, _ = both(clinic, "pain-score")
    assert older.due_at == local(15, 15)
    assert clinic.view(older.id, local(13, 15)).why == [
        "It waits after a newer treatment session, so it goes Tue 15 Jun 15:00 instead of Mon 14 Jun 10:00."
    ]


def test_owed_feedback_that_would_expire_while_it_waits_gives_way_to_its_twin(clinic: Clinic) -> None:
    clinic.load_plan(f'key = "score"\n{FEEDBACK.replace("7d", "1d")}\nday = 7')
    clinic.record("T1", plan="own")
    newer = clinic.record("T2", plan="own", ended_at=local(13, 15)).treatment
    older_score, newer_score = both(clinic, "score")
    assert (older_score.replaced_by, newer_score.replaced_by) == (newer.id, None)


def test_feedback_that_has_left_does_not_take_the_place_of_the_next_session(clinic: Clinic) -> None:
    clinic.record("T1")
    clinic.run_to(local(14, 10))
    clinic.record("T2", ended_at=local(15, 10))
    reminder = clinic.message("pain-score-reminder", "T1")
    assert (reminder.replaced_by, reminder.due_at) == (None, local(17, 10))
    assert clinic.message("pain-score", "T2").replaced_by is None
    assert clinic.message("pain-score-reminder", "T2").replaced_by is None


def test_owed_feedback_that_cannot_reach_the_patient_gives_way_to_its_twin(clinic: Clinic) -> None:
    clinic.record("T1")
    clinic.change(clinic.owed("pain-score").patient, phone_failed_at=local(8, 10))
    newer = clinic.record("T2", ended_at=local(9, 10)).treatment
    assert {"pain-score", "pain-score-reminder"} <= replaced(clinic, "T1", newer.id)
    clinic.run_to(local(30, 10))
    assert [parcel.message_id for parcel in clinic.email.sent][-3:] == [
        clinic.message("pain-score", "T2").id,
        clinic.message("pain-score-reminder", "T2").id,
        clinic.message("change-score", "T1").id,
    ]


def test_a_reminder_stays_with_its_question_however_late_that_leaves(clinic: Clinic) -> None:
    clinic.load_plan(f'key = "score"\n{FEEDBACK}\nday = 7\nreminder = "1d"\nreminder_expires = "1d"')
    clinic.record("T1", plan="own")
    older = clinic.record("T2", plan="own", ended_at=local(14, 9)).treatment
    assert clinic.message("score", "T1").due_at == local(16, 9)
    assert clinic.message("score-reminder", "T1").replaced_by is None
    clinic.run_to(local(16, 9))
    assert clinic.message("score-reminder", "T1").due_at == local(17, 10)
    assert older.id != clinic.message("score", "T1").replaced_by


def test_replaced_care_takes_no_day_from_feedback_that_waits(clinic: Clinic) -> None:
    clinic.load_plan(f'key = "care"\n{CARE}\nday = 8', f'key = "score"\n{FEEDBACK}\nday = 7', key="busy")
    clinic.load_plan(f'key = "none"\n{CARE}\nday = 30')
    clinic.record("T1", plan="busy")
    clinic.record("T2", plan="own", ended_at=local(13, 10))
    assert clinic.message("score", "T1").due_at == local(15, 10)


def test_a_session_recorded_out_of_order_leaves_the_newer_one_alone(clinic: Clinic) -> None:
    newer = clinic.record("T2", ended_at=local(9, 10)).treatment
    clinic.record("T1", now=local(9, 11))
    assert replaced(clinic, "T2", newer.id) == set()
    everything = {"what-to-expect", "check-in", "still-or-gone", "warning-signs", "book-next"}
    assert replaced(clinic, "T1", newer.id) == {*everything, "pain-score", "pain-score-reminder", "change-score"}


def test_a_plan_that_keeps_everything_replaces_nothing(clinic: Clinic) -> None:
    clinic.load_plan(f'key = "care"\n{CARE}\nday = 3', f'key = "score"\n{FEEDBACK}\nday = 7', overlap="keep")
    clinic.record("T1", plan="own")
    clinic.record("T2", plan="own", ended_at=local(8, 10))
    assert [message.replaced_by for step in ("care", "score") for message in both(clinic, step)] == [None] * 4


def test_texts_of_both_sessions_share_the_days(clinic: Clinic) -> None:
    clinic.load_plan(f'key = "score"\n{FEEDBACK}\nday = 7', overlap="keep")
    clinic.record("T1", plan="own")
    clinic.record("T2", plan="own", ended_at=local(7, 15))
    older, newer = both(clinic, "score")
    assert (older.due_at, newer.due_at) == (local(14, 10), local(15, 10))


def test_a_cancelled_session_replaces_nothing(clinic: Clinic) -> None:
    newer = clinic.record("T2", ended_at=local(9, 10)).treatment
    clinic.change(newer, cancelled_at=local(9, 11), cancelled_by="desk")
    for message in (clinic.message(step, "T2") for step in ("pain-score", "pain-score-reminder", "change-score")):
        clinic.change(message, status=Status.CANCELLED, cancelled_at=local(9, 11), cancelled_by="desk")
    clinic.record("T1", now=local(9, 12))
    assert replaced(clinic, "T1", newer.id) == set()


def test_another_patients_session_changes_nothing(clinic: Clinic) -> None:
    clinic.record("T1")
    newer = clinic.record("T2", ended_at=local(9, 10), patient={"given_name": "Ben"}).treatment
    assert replaced(clinic, "T1", newer.id) == set()


def test_what_was_leased_when_the_newer_session_was_recorded_is_skipped(clinic: Clinic) -> None:
    clinic.record("T1")
    [(_, token)] = clinic.lease(local(7, 12))
    clinic.record("T2", ended_at=local(7, 11))
    assert clinic.begin(token, local(7, 12)) == []
    assert clinic.message("what-to-expect", "T1").reason is Reason.REPLACED
