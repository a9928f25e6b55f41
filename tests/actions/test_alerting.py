"""What becomes one alert, what makes it worse, and who takes and resolves it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select

from followup.actions import alerting, staffing
from followup.actions.alerting import AlreadyTaken, Unsigned
from followup.models import Alert, AuditEntry, Patient, Reply
from followup.terms import Label
from tests.alarms import FIRST, SECOND, alert, escalate, hear, notices, raise_one, resolve, take, told, waiting
from tests.builders import MONDAY, Clinic

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_the_same_thing_raises_one_alert(staffed: Clinic) -> None:
    first = raise_one(staffed)
    assert raise_one(staffed, Label.EMERGENCY, now=MONDAY + MINUTE) == first
    assert alert(staffed, first).label is Label.NERVE
    assert len(notices(staffed)) == 2


def test_a_second_reply_joins_the_open_alert_and_says_nothing_new(staffed: Clinic, ada: Patient) -> None:
    first, is_new = hear(staffed, Label.URGENT, now=MONDAY, who=ada)
    again, is_new_again = hear(staffed, Label.NERVE, now=MONDAY + MINUTE, who=ada)
    assert (is_new, again == first, is_new_again) == (True, True, False)
    assert len(notices(staffed)) == 2


def test_a_worse_reply_makes_the_alert_worse_and_tells_anew(staffed: Clinic, ada: Patient) -> None:
    first, _ = hear(staffed, Label.NERVE, now=MONDAY, who=ada)
    escalate(staffed, MONDAY + HOUR)
    now = MONDAY + HOUR + 10 * MINUTE
    same, is_new = hear(staffed, Label.EMERGENCY, now=now, who=ada)
    assert (same == first, is_new) == (True, True)
    worse = alert(staffed, first)
    assert (worse.label, worse.answer_by, worse.next_at) == (Label.EMERGENCY, MONDAY + HOUR, now + 5 * MINUTE)
    assert told(staffed, now) == {FIRST}
    escalate(staffed, now + 5 * MINUTE)
    assert told(staffed, now + 5 * MINUTE) == {SECOND}


def test_what_nobody_understood_and_then_hurts_tells_at_once(staffed: Clinic, ada: Patient) -> None:
    first, _ = hear(staffed, Label.QUESTION, now=MONDAY, who=ada)
    _, is_new = hear(staffed, Label.UNCLEAR, now=MONDAY + MINUTE, who=ada)
    assert is_new
    assert notices(staffed) == []
    hear(staffed, Label.NERVE, now=MONDAY + 2 * MINUTE, who=ada)
    assert told(staffed, MONDAY + 2 * MINUTE) == {FIRST}
    assert alert(staffed, first).answer_by == MONDAY + 2 * MINUTE + HOUR


def test_once_somebody_has_it_the_next_reply_is_a_new_alert(staffed: Clinic, ada: Patient) -> None:
    first, _ = hear(staffed, Label.URGENT, now=MONDAY, who=ada)
    take(staffed, first)
    second, is_new = hear(staffed, Label.NERVE, now=MONDAY + MINUTE, who=ada)
    assert second != first
    assert is_new


def test_replies_of_one_unknown_number_are_one_alert(staffed: Clinic) -> None:
    first, _ = hear(staffed, Label.UNCLEAR, now=MONDAY, sent_from="+12125550190")
    same, is_new = hear(staffed, Label.UNCLEAR, now=MONDAY + MINUTE, sent_from="+12125550190")
    other, _ = hear(staffed, Label.UNCLEAR, now=MONDAY + MINUTE, sent_from="+12125550191")
    assert (same == first, is_new, other == first) == (True, False, False)


def test_a_reply_that_is_read_again_keeps_its_alert_and_gives_it_the_patient(staffed: Clinic, ada: Patient) -> None:
    first, _ = hear(staffed, Label.NERVE, now=MONDAY)
    with staffed.open_db() as db:
        reply = db.scalars(select(Reply)).one()
        known = db.get_one(Patient, ada.id)
        again, is_new = alerting.hear(
            db, reply=reply, label=Label.NERVE, clinic=None, patient=known, now=MONDAY + MINUTE
        )
        assert (again.id, is_new, again.patient_id, again.clinic_id) == (first, False, ada.id, ada.clinic_id)
    assert len(notices(staffed)) == 2


def test_gone_releases_nerve_alerts_which_stay_open_and_back_again_tells_anew(staffed: Clinic, ada: Patient) -> None:
    first, _ = hear(staffed, Label.NERVE, now=MONDAY, who=ada)
    with staffed.open_db() as db:
        alerting.release(db, patient=ada, now=MONDAY + MINUTE)
    released = alert(staffed, first)
    assert (released.released_at, released.next_at) == (MONDAY + MINUTE, MONDAY + HOUR)
    same, is_new = hear(staffed, Label.NERVE, now=MONDAY + 30 * MINUTE, who=ada)
    assert (same == first, is_new) == (True, True)
    assert alert(staffed, first).released_at is None
    assert told(staffed, MONDAY + 30 * MINUTE) == {FIRST}


def test_taking_it_stops_the_rounds_and_what_has_not_left(staffed: Clinic) -> None:
    alert_id = raise_one(staffed, Label.EMERGENCY)
    staffed.tick(MONDAY)
    escalate(staffed, MONDAY + 5 * MINUTE)
    assert waiting(staffed, alert_id) == 1
    take(staffed, alert_id, now=MONDAY + 6 * MINUTE)
    assert escalate(staffed, MONDAY + 10 * MINUTE) == 0
    assert waiting(staffed, alert_id) == 0
    taken = alert(staffed, alert_id)
    assert (taken.taken_by, taken.taken_at, taken.resolved_at) == ("Lee", MONDAY + 6 * MINUTE, None)


def test_who_comes_second_is_told_who_was_faster_and_when(staffed: Clinic) -> None:
    alert_id = raise_one(staffed)
    take(staffed, alert_id)
    take(staffed, alert_id, now=MONDAY + HOUR)
    with pytest.raises(AlreadyTaken, match=r"was taken by Lee at 2027-06-07 14:00 UTC"):
        take(staffed, alert_id, by="Kim", now=MONDAY + MINUTE)
    resolve(staffed, alert_id, by="Kim", now=MONDAY + HOUR)
    for act in (take, resolve):
        with pytest.raises(AlreadyTaken, match=r"was resolved by Kim at 2027-06-07 15:00 UTC"):
            act(staffed, alert_id)


def test_resolving_takes_what_nobody_had_and_needs_a_name_and_a_note(staffed: Clinic) -> None:
    alert_id = raise_one(staffed)
    for by, note in (("", "Called."), ("Lee", " ")):
        with pytest.raises(Unsigned, match=r"is missing"):
            resolve(staffed, alert_id, by=by, note=note)
    with pytest.raises(Unsigned, match=r"a name is missing"):
        take(staffed, alert_id, by=" ")
    resolve(staffed, alert_id, note="Called, foot is fine.")
    done = alert(staffed, alert_id)
    assert (done.taken_by, done.resolved_by, done.note, done.next_at) == ("Lee", "Lee", "Called, foot is fine.", None)


def test_who_took_and_resolved_stands_in_the_audit_log(staffed: Clinic) -> None:
    alert_id = raise_one(staffed)
    take(staffed, alert_id)
    resolve(staffed, alert_id, by="Kim")
    with staffed.open_db() as db:
        lines = db.scalars(select(AuditEntry).where(AuditEntry.subject_id == str(alert_id)).order_by(AuditEntry.id))
        assert [(line.did, line.did_by) for line in lines] == [("take", "Lee"), ("resolve", "Kim")]


def answer(clinic: Clinic, email: str, body: str, now: datetime) -> UUID | None:
    with clinic.open_db() as db:
        taken = alerting.take_by_reply(db, staff=staffing.find_staff(db, email), body=body, now=now)
        return taken.id if taken else None


def test_a_member_of_staff_takes_what_they_were_told_last_by_answering(staffed: Clinic) -> None:
    older = raise_one(staffed, once_key="older")
    newer = raise_one(staffed, once_key="newer", now=MONDAY + MINUTE)
    staffed.tick(MONDAY)
    staffed.tick(MONDAY + MINUTE)
    assert answer(staffed, FIRST, "who is it?", MONDAY + 2 * MINUTE) is None
    assert answer(staffed, FIRST, "Take!", MONDAY + 2 * MINUTE) == newer
    assert alert(staffed, newer).taken_by == FIRST  # who has no name is known by the address
    assert answer(staffed, FIRST, "ok", MONDAY + 3 * MINUTE) == older
    assert answer(staffed, FIRST, "ok", MONDAY + 4 * MINUTE) is None


def test_nobody_takes_what_they_were_not_told_of(staffed: Clinic) -> None:
    raise_one(staffed)
    assert answer(staffed, FIRST, "ok", MONDAY) is None  # the notice has not left yet
    staffed.tick(MONDAY)
    assert answer(staffed, SECOND, "ok", MONDAY) is None


def test_of_two_people_who_take_at_once_one_wins(busy_clinic: Clinic) -> None:
    alert_id, both = raise_one(busy_clinic), Barrier(2)

    def try_to(name: str) -> bool:
        with busy_clinic.open_db() as db:
            mine = db.get_one(Alert, alert_id)
            both.wait()
            try:
                alerting.take(db, alert=mine, by=name, now=MONDAY)
            except AlreadyTaken:
                return False
            return True

    with ThreadPoolExecutor() as pool:
        won = dict(zip(("Lee", "Kim"), pool.map(try_to, ("Lee", "Kim")), strict=True))
    assert sorted(won.values()) == [False, True]
    assert won[str(alert(busy_clinic, alert_id).taken_by)]


def test_who_takes_over_is_named_with_whom_they_take_it_from(clinic: Clinic) -> None:
    alert_id = raise_one(clinic)
    take(clinic, alert_id, by="Lee")
    with clinic.open_db() as db:
        alerting.take_over(db, alert=db.get_one(Alert, alert_id), was="Lee", by="Kim", now=MONDAY + 5 * MINUTE)
    assert (alert(clinic, alert_id).taken_by, alert(clinic, alert_id).taken_at) == ("Kim", MONDAY + 5 * MINUTE)
    with clinic.open_db() as db:
        noted = db.scalars(select(AuditEntry).where(AuditEntry.did == "take over")).one()
    assert (noted.did_by, noted.details["from"]) == ("Kim", "Lee")


def test_nobody_takes_over_from_someone_who_does_not_have_it_any_more(clinic: Clinic) -> None:
    alert_id = raise_one(clinic)
    take(clinic, alert_id, by="Ana")
    with clinic.open_db() as db, pytest.raises(alerting.AlreadyTaken, match="taken by Ana"):
        alerting.take_over(db, alert=db.get_one(Alert, alert_id), was="Lee", by="Kim", now=MONDAY + 5 * MINUTE)
    resolve(clinic, alert_id, by="Ana")
    with clinic.open_db() as db, pytest.raises(alerting.AlreadyTaken, match="resolved by Ana"):
        alerting.take_over(db, alert=db.get_one(Alert, alert_id), was="Ana", by="Kim", now=MONDAY + 5 * MINUTE)
