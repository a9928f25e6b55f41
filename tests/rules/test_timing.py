from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from followup.rules.quiet import QuietHours, local_date
from followup.rules.slots import Shift, Slot
from followup.rules.timing import StepTime, Wanted, after_question, place, schedule
from followup.terms import SHIFT_SENTENCES, Channel, OnQuiet, Purpose, ShiftRule

NEW_YORK = ZoneInfo("America/New_York")
QUIET = QuietHours()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CARE, FEEDBACK, BOOKING = Purpose.CARE, Purpose.FEEDBACK, Purpose.BOOKING


def local(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def placed(
    step: StepTime, ended: str, recorded: str | None = None, *, zone: ZoneInfo = NEW_YORK, not_before: str | None = None
) -> Slot:
    return place(
        step,
        ended_at=local(ended, zone),
        recorded_at=local(recorded or ended, zone),
        zone=zone,
        quiet=QUIET,
        not_before=local(not_before, zone) if not_before else None,
    )


def in_days(day: int, at: str = "10:00", on_quiet: OnQuiet = OnQuiet.LATER, purpose: Purpose = CARE) -> StepTime:
    return StepTime(purpose, 7 * DAY, day=day, at=time.fromisoformat(at), on_quiet=on_quiet)


def in_hours(hours: float, on_quiet: OnQuiet = OnQuiet.LATER) -> StepTime:
    return StepTime(CARE, 24 * HOUR, after=hours * HOUR, on_quiet=on_quiet)


def test_a_day_is_counted_on_the_patients_calendar() -> None:
    # 23:30 in New York is the next day in UTC already.
    assert placed(in_days(1), "2026-06-01 23:30").due_at == local("2026-06-02 10:00")


def test_the_same_instant_is_another_day_elsewhere() -> None:
    ended_at = local("2026-06-01 23:30")
    kathmandu = ZoneInfo("Asia/Kathmandu")
    slot = place(in_days(1), ended_at=ended_at, recorded_at=ended_at, zone=kathmandu, quiet=QUIET)
    assert slot.due_at == local("2026-06-03 10:00", kathmandu)


@pytest.mark.parametrize(("ended", "due"), [("2026-03-07", "2026-03-08"), ("2026-10-31", "2026-11-01")])
def test_ten_stays_ten_over_the_change_of_clocks(ended: str, due: str) -> None:
    slot = placed(in_days(1), f"{ended} 15:00")
    assert slot.due_at == local(f"{due} 10:00")
    assert slot.shifts == ()


def test_after_counts_elapsed_hours_over_the_change_of_clocks() -> None:
    slot = placed(in_hours(24), "2026-03-07 15:00")
    assert slot.due_at == local("2026-03-08 16:00")


def test_after_counts_elapsed_hours_also_when_the_end_is_given_in_local_time() -> None:
    ended_at = datetime(2026, 3, 7, 15, tzinfo=NEW_YORK)
    slot = place(in_hours(24), ended_at=ended_at, recorded_at=ended_at, zone=NEW_YORK, quiet=QUIET)
    assert slot.due_at == local("2026-03-08 16:00")
    assert slot.due_at.tzinfo is UTC


def test_a_step_in_the_hour_that_the_clocks_skip_goes_after_it_and_says_so() -> None:
    step = in_days(1, "02:30")
    ended = local("2026-03-07 15:00")
    slot = place(step, ended_at=ended, recorded_at=ended, zone=NEW_YORK, quiet=QuietHours(time(9), time(9)))
    assert slot.due_at == slot.nominal_at == local("2026-03-08 03:30")
    (shift,) = slot.shifts
    assert shift.rule is ShiftRule.DST_GAP
    assert shift.sentence(NEW_YORK) == "The clocks go forward and skip its time, so it goes Sun 8 Mar 03:30."


def test_a_slip_can_be_undone_for_three_minutes() -> None:
    slot = placed(in_hours(1), "2026-06-01 10:00", recorded="2026-06-01 12:00")
    assert slot.nominal_at == local("2026-06-01 11:00")
    assert slot.due_at == local("2026-06-01 12:03")
    assert [shift.rule for shift in slot.shifts] == [ShiftRule.FLOOR]


def test_a_session_recorded_ahead_sends_nothing_before_it_ends() -> None:
    slot = placed(in_days(0, "10:00"), "2026-06-01 15:00", recorded="2026-06-01 08:00")
    assert slot.due_at == local("2026-06-01 15:00")


def test_before_quiet_hours_still_means_after_the_treatment_ended() -> None:
    slot = placed(in_hours(2, OnQuiet.EARLIER), "2026-06-01 19:55", recorded="2026-06-01 08:00")
    assert slot.due_at == local("2026-06-01 19:55")


def test_an_immediate_step_goes_when_it_is_recorded() -> None:
    slot = placed(in_hours(0, OnQuiet.IMMEDIATE), "2026-06-01 10:00", recorded="2026-06-01 10:07")
    assert slot.due_at == local("2026-06-01 10:07")


def test_a_text_due_in_quiet_hours_waits_for_nine() -> None:
    slot = placed(in_hours(2), "2026-06-01 19:00")
    assert slot.due_at == local("2026-06-02 09:00")
    assert slot.shifts == (Shift(ShiftRule.QUIET_HOURS, local("2026-06-01 21:00"), local("2026-06-02 09:00")),)


@pytest.mark.parametrize("due_in", [2.0, 8.5])
def test_an_earlier_step_takes_the_evening_before_also_when_due_after_midnight(due_in: float) -> None:
    slot = placed(in_hours(due_in, OnQuiet.EARLIER), "2026-06-01 18:30")
    assert slot.due_at == local("2026-06-01 19:50")


def test_an_earlier_step_waits_where_the_day_is_open_too_shortly() -> None:
    step, ended_at = in_hours(2, OnQuiet.EARLIER), local("2026-06-01 09:02")
    short = QuietHours(time(9, 5), time(9))
    slot = place(step, ended_at=ended_at, recorded_at=ended_at - 3 * HOUR, zone=NEW_YORK, quiet=short)
    assert slot.due_at == local("2026-06-01 09:02")
    slot = place(step, ended_at=ended_at - HOUR, recorded_at=ended_at - 3 * HOUR, zone=NEW_YORK, quiet=short)
    assert slot.due_at == local("2026-06-02 09:00")


def test_expiry_counts_from_the_nominal_time_not_from_where_it_was_moved() -> None:
    slot = placed(in_hours(2), "2026-06-01 19:00")
    assert slot.expires_at == local("2026-06-02 21:00")


def test_owed_feedback_waits_after_a_newer_session() -> None:
    slot = placed(in_days(7, purpose=FEEDBACK), "2026-06-01 10:00", not_before="2026-06-09 15:30")
    assert slot.due_at == local("2026-06-09 15:30")
    assert [shift.rule for shift in slot.shifts] == [ShiftRule.NEWER_SESSION]


def test_feedback_that_waits_for_a_newer_session_still_keeps_quiet_hours() -> None:
    slot = placed(in_days(7, purpose=FEEDBACK), "2026-06-01 10:00", not_before="2026-06-09 21:00")
    assert slot.due_at == local("2026-06-10 09:00")
    assert [shift.rule for shift in slot.shifts] == [ShiftRule.NEWER_SESSION, ShiftRule.QUIET_HOURS]


def test_a_newer_session_holds_back_feedback_alone() -> None:
    wanted = [
        Wanted(in_days(3), Channel.SMS),
        Wanted(in_days(7, purpose=FEEDBACK), Channel.EMAIL),
        Wanted(in_days(5, purpose=BOOKING), Channel.EMAIL),
    ]
    ended_at = local("2026-06-01 10:00")
    care, feedback, booking = schedule(
        wanted,
        ended_at=ended_at,
        recorded_at=ended_at,
        zone=NEW_YORK,
        quiet=QUIET,
        newer_ended_at=local("2026-06-08 16:00"),
    )
    assert care.due_at == local("2026-06-04 10:00")
    assert feedback.due_at == local("2026-06-10 16:00")
    assert booking.due_at == local("2026-06-06 10:00")


def reminded(step: StepTime, *, left: str, question: str = "2026-06-08 10:00") -> Slot:
    return after_question(
        step,
        question_at=local(question),
        left_at=local(left),
        recorded_at=local("2026-06-01 10:00"),
        zone=NEW_YORK,
        quiet=QUIET,
    )


IN_THREE_DAYS = StepTime(FEEDBACK, 2 * DAY, after=3 * DAY)


def test_a_reminder_in_whole_days_keeps_its_wall_time_though_its_question_left_late() -> None:
    slot = reminded(IN_THREE_DAYS, left="2026-06-08 17:23")
    assert slot.due_at == local("2026-06-11 10:00")
    assert slot.shifts == ()


def test_a_reminder_and_its_expiry_count_from_the_day_its_question_left() -> None:
    slot = reminded(IN_THREE_DAYS, left="2026-06-09 10:00")
    assert slot.due_at == slot.nominal_at == local("2026-06-12 10:00")
    assert slot.expires_at == local("2026-06-14 10:00")
    assert slot.shifts == (Shift(ShiftRule.QUESTION_LEFT, local("2026-06-11 10:00"), local("2026-06-12 10:00")),)


def test_a_reminder_by_the_day_is_one_in_whole_days() -> None:
    by_day = StepTime(FEEDBACK, 2 * DAY, day=3)
    assert reminded(by_day, left="2026-06-09 10:00") == reminded(IN_THREE_DAYS, left="2026-06-09 10:00")


def test_a_reminder_in_hours_counts_elapsed_time() -> None:
    slot = reminded(StepTime(FEEDBACK, DAY, after=30 * HOUR), left="2026-06-08 10:05")
    assert slot.due_at == local("2026-06-09 16:05")


def test_a_reminder_whose_time_is_changed_late_is_never_due_in_the_past() -> None:
    slot = after_question(
        IN_THREE_DAYS,
        question_at=local("2026-06-08 10:00"),
        left_at=local("2026-06-08 10:00"),
        recorded_at=local("2026-06-12 11:00"),
        zone=NEW_YORK,
        quiet=QUIET,
    )
    assert slot.due_at == local("2026-06-12 11:03")


def test_a_delayed_reminder_in_the_hour_that_the_clocks_skip_explains_both() -> None:
    slot = after_question(
        StepTime(FEEDBACK, DAY, day=1, at=time(2, 30)),
        question_at=local("2026-03-06 10:00"),
        left_at=local("2026-03-07 10:00"),
        recorded_at=local("2026-03-01 10:00"),
        zone=NEW_YORK,
        quiet=QuietHours(time(9), time(9)),
    )
    late, gap = slot.shifts
    assert (late.rule, gap.rule) == (ShiftRule.QUESTION_LEFT, ShiftRule.DST_GAP)
    assert late.after == gap.before
    assert gap.after == slot.nominal_at == slot.due_at == local("2026-03-08 03:30")


def due_days(wanted: list[Wanted], *texts: str) -> list[int]:
    ended_at = local("2026-06-01 10:00")
    slots = schedule(
        wanted,
        ended_at=ended_at,
        recorded_at=ended_at,
        zone=NEW_YORK,
        quiet=QUIET,
        texts=[local(text) for text in texts],
    )
    return [(slot.due_at.astimezone(NEW_YORK).date() - ended_at.date()).days for slot in slots]


def test_feedback_takes_its_day_before_booking_whatever_the_plans_order() -> None:
    booking, feedback = in_days(5, purpose=BOOKING), in_days(5, purpose=FEEDBACK)
    assert due_days([Wanted(booking, Channel.SMS), Wanted(feedback, Channel.SMS)]) == [6, 5]


def test_care_counts_but_is_never_moved() -> None:
    care = [Wanted(in_days(day), Channel.SMS) for day in (1, 1, 2, 2)]
    assert due_days([*care, Wanted(in_days(3, purpose=FEEDBACK), Channel.SMS)]) == [1, 1, 2, 2, 8]


def test_emails_neither_count_nor_move() -> None:
    feedback = in_days(5, purpose=FEEDBACK)
    assert due_days([Wanted(feedback, Channel.EMAIL), Wanted(feedback, Channel.SMS)]) == [5, 5]


def test_a_conditional_step_takes_no_day() -> None:
    conditional = Wanted(in_days(5), Channel.SMS, conditional=True)
    assert due_days([conditional, Wanted(in_days(5, purpose=FEEDBACK), Channel.SMS)]) == [5, 5]


def test_the_patients_other_texts_count() -> None:
    assert due_days([Wanted(in_days(5, purpose=FEEDBACK), Channel.SMS)], "2026-06-06 18:00") == [6]


def test_a_reminder_follows_its_question_and_takes_no_day() -> None:
    question, reminder = (
        Wanted(in_days(5, purpose=FEEDBACK), Channel.SMS),
        Wanted(IN_THREE_DAYS, Channel.SMS, reminds=0),
    )
    change = Wanted(in_days(9, purpose=FEEDBACK), Channel.SMS)
    assert due_days([question, reminder, change], "2026-06-06 18:00") == [6, 9, 9]


def test_a_step_needs_one_time_and_only_one() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        StepTime(CARE, DAY)
    with pytest.raises(ValueError, match="exactly one"):
        StepTime(CARE, DAY, after=HOUR, day=1)


def test_a_shift_is_kept_as_json_and_read_back() -> None:
    shift = Shift(ShiftRule.QUIET_HOURS, local("2026-06-01 21:00"), local("2026-06-02 09:00"))
    assert shift.as_json() == {
        "rule": "quiet_hours",
        "from": "2026-06-02T01:00:00+00:00",
        "to": "2026-06-02T13:00:00+00:00",
    }
    assert Shift.from_json(shift.as_json()) == shift


@pytest.mark.parametrize("rule", ShiftRule)
def test_every_rule_tells_staff_where_the_message_went(rule: ShiftRule) -> None:
    sentence = Shift(rule, local("2026-06-01 21:00"), local("2026-06-02 09:00")).sentence(NEW_YORK)
    assert "Tue 2 Jun 09:00" in sentence
    assert sentence.endswith(".")
    assert set(SHIFT_SENTENCES) == set(ShiftRule)


def test_a_text_that_comes_too_late_takes_no_day_from_another() -> None:
    new_york, friday = ZoneInfo("America/New_York"), datetime(2027, 3, 12, 16, 0, tzinfo=UTC)
    wanted = [Wanted(StepTime(Purpose.CARE, timedelta(hours=24), day=day), Channel.SMS) for day in (1, 2, 3)] + [
        Wanted(StepTime(Purpose.FEEDBACK, timedelta(days=7), day=7), Channel.SMS)
    ]
    *care, pain_score = schedule(
        wanted,
        ended_at=friday,
        recorded_at=friday + timedelta(days=7, hours=2),
        zone=new_york,
        quiet=QuietHours(),
    )
    assert all(slot.is_too_late for slot in care)
    assert local_date(pain_score.due_at, new_york) == date(2027, 3, 19)
