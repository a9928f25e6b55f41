"""Who is told of an alert, in which order, how often, and every morning that alarms arrive."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from sqlalchemy import delete, func, select

from followup.actions import alarms, staffing
from followup.actions.staffing import StaffEntry
from followup.models import Alert, Message, OnCall, Patient, Staff
from followup.rules.escalation import MOST_CALLS_TO_ALL
from followup.terms import AlertCause, Channel, Label, Role, Status
from tests.alarms import (
    FIRST,
    SECOND,
    THIRD,
    alert,
    escalate,
    location,
    notices,
    prove,
    put_on_call,
    raise_one,
    take,
    told,
)
from tests.builders import MONDAY, Clinic, local

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_a_worry_tells_the_first_person_at_once_on_every_channel(staffed: Clinic) -> None:
    raised = alert(staffed, raise_one(staffed, Label.URGENT))
    assert notices(staffed) == [(FIRST, "sms", "alarm-sms"), (FIRST, "email", "alarm-email")]
    assert (raised.answer_by, raised.next_at, raised.told) == (MONDAY + 15 * MINUTE, MONDAY + 15 * MINUTE, 1)


def test_a_notice_holds_a_link_and_nothing_of_the_patient(staffed: Clinic, ada: Patient) -> None:
    alert_id = raise_one(staffed, Label.EMERGENCY, patient=ada)
    staffed.tick(MONDAY)
    [text], [mail] = staffed.sms.sent, staffed.email.sent
    link = f"https://followup.example/alerts/{alert_id}"
    assert text.text == f"Maple Clinic: ALARM. A reply needs a person now. Open it and take it: {link}"
    assert (text.to, mail.to) == ("+12125550151", FIRST)
    assert link in mail.text
    assert not any(private in f"{text.text} {mail.text} {mail.html}" for private in ("Ada", "Lind", "emergency"))


def test_not_taken_in_time_it_goes_down_the_list_and_then_to_all(staffed: Clinic) -> None:
    alert_id = raise_one(staffed, Label.NERVE)
    assert escalate(staffed, MONDAY + HOUR - MINUTE) == 0
    for hours in (1, 2, 3):
        assert escalate(staffed, MONDAY + hours * HOUR) == 1
    assert [told(staffed, MONDAY + hours * HOUR) for hours in range(4)] == [
        {FIRST},
        {SECOND},
        {THIRD},
        {FIRST, SECOND, THIRD},
    ]
    assert alert(staffed, alert_id).next_at is None
    assert escalate(staffed, MONDAY + 24 * HOUR) == 0


def test_later_notices_say_which_step_it_is_and_how_long_nobody_came(staffed: Clinic) -> None:
    raise_one(staffed, Label.URGENT)
    escalate(staffed, MONDAY + 15 * MINUTE)
    staffed.tick(MONDAY + 15 * MINUTE)
    last = staffed.email.sent[-1]
    assert last.to == SECOND
    assert "No one has taken this alarm for 15 minutes. You are step 2 on the list." in last.text


def test_when_nobody_is_on_call_everybody_is_told_at_once(clinic: Clinic) -> None:
    put_on_call(clinic, FIRST, hours="Mon-Fri 8-6")
    put_on_call(clinic, SECOND, hours="Mon-Fri 8-6")
    night = local(6, 23)
    raise_one(clinic, Label.NERVE, now=night)
    assert told(clinic, night) == {FIRST, SECOND}


def test_only_who_is_on_call_at_that_hour_is_told_alone(clinic: Clinic) -> None:
    put_on_call(clinic, FIRST, hours="Mon-Fri 8-6")
    put_on_call(clinic, SECOND, hours="Mon-Sun 18:00-08:00")
    raise_one(clinic, Label.NERVE, now=local(7, 23))
    assert told(clinic, local(7, 23)) == {SECOND}


def test_without_a_list_the_administrators_are_told(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        entry = StaffEntry(email="boss@maple.example", role=Role.ADMIN)
        staffing.put_staff(db, entry=entry, country="US", now=MONDAY, by="test")
    raise_one(clinic)
    assert notices(clinic) == [("boss@maple.example", "email", "alarm-email")]


def test_without_anybody_an_alert_is_kept_and_waits_for_the_banner(clinic: Clinic) -> None:
    raised = alert(clinic, raise_one(clinic, Label.EMERGENCY))
    assert (raised.next_at, raised.answer_by) == (None, MONDAY + 5 * MINUTE)


def test_an_emergency_is_repeated_to_all_and_at_some_time_ends(staffed: Clinic) -> None:
    alert_id, now, rounds = raise_one(staffed, Label.EMERGENCY), MONDAY, 1
    while next_at := alert(staffed, alert_id).next_at:
        assert next_at == now + 5 * MINUTE
        now, rounds = next_at, rounds + escalate(staffed, next_at)
    assert rounds == 3 + MOST_CALLS_TO_ALL
    assert told(staffed, now) == {FIRST, SECOND, THIRD}


def test_after_an_outage_rounds_come_one_by_one_and_not_all_together(staffed: Clinic) -> None:
    raise_one(staffed, Label.EMERGENCY)
    assert escalate(staffed, MONDAY + HOUR) == 1
    assert escalate(staffed, MONDAY + HOUR) == 0
    assert told(staffed, MONDAY + HOUR) == {SECOND}


def test_what_nobody_understood_is_told_only_when_the_day_ends(staffed: Clinic) -> None:
    alert_id = raise_one(staffed, Label.UNCLEAR)
    assert alert(staffed, alert_id).next_at == alert(staffed, alert_id).answer_by == local(7, 18)
    assert notices(staffed) == []
    assert escalate(staffed, local(7, 18)) == 1
    assert notices(staffed) == [(FIRST, "sms", "alarm-sms"), (FIRST, "email", "alarm-email")]
    assert alert(staffed, alert_id).next_at == local(7, 19)


def test_an_unreached_patient_is_told_in_its_own_words(staffed: Clinic) -> None:
    raise_one(staffed, Label.NERVE, cause=AlertCause.UNREACHED)
    escalate(staffed, MONDAY + HOUR)
    assert {wording for *_, wording in notices(staffed)} == {"unreached"}


def test_an_alert_of_nobody_known_is_everyones_and_nobody_is_told_twice(staffed: Clinic) -> None:
    staffed.add_clinic("oak")
    put_on_call(staffed, FIRST, key="oak")
    put_on_call(staffed, "oak@maple.example", key="oak")
    raise_one(staffed, Label.NERVE, clinic=None)
    for hours in range(1, 5):
        escalate(staffed, MONDAY + hours * HOUR)
    everybody = [told(staffed, MONDAY + hours * HOUR) for hours in range(5)]
    assert everybody == [{FIRST}, {SECOND}, {"oak@maple.example"}, {THIRD}, {FIRST, SECOND, THIRD, "oak@maple.example"}]


def test_a_clinic_may_ask_for_faster_answers(staffed: Clinic) -> None:
    staffed.change(location(staffed), worry_minutes=20)
    assert alert(staffed, raise_one(staffed)).next_at == MONDAY + 20 * MINUTE


def test_two_ticks_at_once_tell_one_round(busy_clinic: Clinic) -> None:
    put_on_call(busy_clinic, FIRST)
    put_on_call(busy_clinic, SECOND)
    raise_one(busy_clinic, Label.URGENT)
    later, both = MONDAY + HOUR, Barrier(2)

    def tick() -> int:
        with busy_clinic.open_db() as db:
            both.wait()
            found = alarms.escalate(db, now=later)
            both.wait()
            return found

    with ThreadPoolExecutor() as pool:
        found = [each.result() for each in [pool.submit(tick), pool.submit(tick)]]
    assert sorted(found) == [0, 1]
    assert told(busy_clinic, later) == {SECOND}


def test_the_daily_test_goes_to_the_first_of_the_list_once_a_day(staffed: Clinic) -> None:
    assert prove(staffed, local(7, 9)) == 0  # there is no patient yet
    staffed.record()
    assert prove(staffed, local(7, 8, 59)) == 0
    for moment in (local(7, 9), local(7, 9), local(7, 20), local(8, 8, 59)):
        prove(staffed, moment)
    assert notices(staffed) == [(FIRST, "sms", "heartbeat"), (FIRST, "email", "heartbeat")]
    assert prove(staffed, local(8, 9)) == 2
    staffed.tick(local(8, 9))
    assert staffed.sms.sent[-1].text.startswith("Maple Clinic: Daily test. Alarms can reach this phone.")


def test_two_ticks_at_once_make_one_daily_test(busy_clinic: Clinic) -> None:
    busy_clinic.record()
    put_on_call(busy_clinic, FIRST, phone="212-555-0151")
    both = Barrier(2)

    def tick() -> None:
        both.wait()
        prove(busy_clinic, local(7, 9))

    with ThreadPoolExecutor() as pool:
        for each in [pool.submit(tick), pool.submit(tick)]:
            each.result()
    assert len(notices(busy_clinic)) == 2


def test_a_clinic_without_a_list_gets_no_daily_test(staffed: Clinic) -> None:
    staffed.record()
    with staffed.open_db() as db:
        db.execute(delete(OnCall))
    assert prove(staffed, local(7, 9)) == 0


def test_the_same_person_first_at_two_clinics_proves_both(staffed: Clinic) -> None:
    staffed.add_clinic("oak")
    put_on_call(staffed, FIRST, key="oak")
    staffed.record()
    staffed.record("T2", clinic="oak")
    assert prove(staffed, local(7, 9)) == 4


def test_alarms_leave_through_a_pause_and_without_an_emergency_number(staffed: Clinic) -> None:
    staffed.change(location(staffed), emergency="")
    raise_one(staffed)
    staffed.tick(MONDAY)
    with staffed.open_db() as db:
        sent = db.scalar(select(func.count()).where(Message.status == Status.SENT))
    assert sent == 2


def test_a_text_to_staff_who_lost_their_phone_is_skipped_and_their_email_goes(staffed: Clinic) -> None:
    raise_one(staffed)
    with staffed.open_db() as db:
        db.scalars(select(Staff).where(Staff.email == FIRST)).one().phone = None
    staffed.tick(MONDAY)
    assert (len(staffed.sms.sent), len(staffed.email.sent)) == (0, 1)
    assert staffed.email.channel is Channel.EMAIL


def test_who_has_left_is_told_of_nothing(staffed: Clinic) -> None:
    with staffed.open_db() as db:
        gone = staffing.find_staff(db, FIRST)
        gone.left_at, gone.left_by = MONDAY, "boss"
    raise_one(staffed)
    assert told(staffed, MONDAY) == {SECOND}


def test_the_next_to_be_told_is_foreseen_as_they_are_told(clinic: Clinic) -> None:
    for email in (FIRST, SECOND):
        put_on_call(clinic, email)
    alert_id = raise_one(clinic)
    with clinic.open_db() as db:
        foreseen = [staff.email for staff in alarms.foresee(db, alert=db.get_one(Alert, alert_id))]
    next_at = alert(clinic, alert_id).next_at
    assert next_at
    escalate(clinic, next_at)
    assert (foreseen, told(clinic, next_at)) == ([SECOND], {SECOND})


def test_nobody_is_foreseen_once_it_is_taken(clinic: Clinic) -> None:
    put_on_call(clinic)
    alert_id = raise_one(clinic)
    take(clinic, alert_id)
    with clinic.open_db() as db:
        assert alarms.foresee(db, alert=db.get_one(Alert, alert_id)) == []
