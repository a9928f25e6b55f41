import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from followup.actions import changing, consenting
from followup.actions.changing import NotFound, TooLate
from followup.actions.entries import EntryError, parse_change
from followup.actions.fields import Place
from followup.db import new_id
from followup.models import Message, Patient
from followup.terms import Channel, Consented, ConsentSource, Status
from tests.builders import MONDAY, Clinic, local

HERE = Place("America/New_York", "US")


def change(clinic: Clinic, treatment_id: UUID, *, now: datetime = MONDAY, **data: Any) -> list[Message]:
    with clinic.open_db() as db:
        recorded = changing.change_treatment(
            db, treatment_id=treatment_id, change=parse_change(data, place=HERE), now=now, by="desk"
        )
        return list(recorded.messages)


def due(clinic: Clinic, step: str) -> datetime:
    return clinic.message(step).due_at


def test_a_session_that_is_moved_takes_its_unsent_messages_along(clinic: Clinic) -> None:
    treatment = clinic.record(ended_at=MONDAY).treatment
    change(clinic, treatment.id, now=MONDAY + timedelta(minutes=5), ended_at="2027-06-07T08:00")
    assert due(clinic, "what-to-expect") == MONDAY + timedelta(minutes=8)
    assert due(clinic, "check-in") == local(8, 10)
    change(clinic, treatment.id, now=local(7, 12), ended_at="2027-06-06T15:00")
    assert due(clinic, "warning-signs") == local(9, 10)
    assert due(clinic, "pain-score") == local(13, 10)


def test_what_has_left_stays_as_it_was(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    clinic.run_to(local(7, 12))
    left = clinic.message("what-to-expect")
    change(clinic, treatment.id, now=local(7, 13), ended_at="2027-06-07T08:00")
    after = clinic.message("what-to-expect")
    assert (after.status, after.due_at, after.left_at) == (Status.SENT, left.due_at, left.left_at)


def test_a_message_whose_time_does_not_change_keeps_it(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    before = {step: due(clinic, step) for step in ("what-to-expect", "check-in", "pain-score")}
    change(clinic, treatment.id, now=local(7, 11, 59), patient={"phone": "+1 212 555 0177"})
    assert before == {step: due(clinic, step) for step in before}
    clinic.run_to(local(7, 12))
    assert [parcel.to for parcel in clinic.sms.sent] == ["+12125550177"]


def test_another_zone_moves_what_is_owed_to_its_mornings(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    change(clinic, treatment.id, patient={"timezone": "America/Los_Angeles"})
    assert due(clinic, "check-in") == local(8, 13)


def test_a_number_that_cannot_get_texts_moves_the_plan_to_email(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    change(clinic, treatment.id, patient={"phone": "12345"})
    assert clinic.message("check-in").channel is Channel.EMAIL


def test_a_region_added_brings_its_step_and_one_taken_away_cancels_it(clinic: Clinic) -> None:
    treatment = clinic.record(regions=["knee"]).treatment
    change(clinic, treatment.id, regions=["neck"])
    assert due(clinic, "chest-warning") == MONDAY
    change(clinic, treatment.id, regions=["knee"])
    warning = clinic.message("chest-warning")
    assert (warning.status, warning.cancelled_by) == (Status.CANCELLED, "desk")


def test_a_next_visit_stops_the_prompt_to_book_and_an_empty_one_lets_it_go_again(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    change(clinic, treatment.id, next_visit_at="2027-06-20T10:00")
    assert clinic.view(clinic.message("book-next").id, MONDAY).blocked == "already_booked"
    change(clinic, treatment.id, next_visit_at=None)
    assert clinic.view(clinic.message("book-next").id, MONDAY).blocked is None


def test_a_change_says_what_it_changed_and_nothing_else(clinic: Clinic) -> None:
    treatment = clinic.record(practitioner="R. Mehta", baseline_pain=6).treatment
    change(clinic, treatment.id, baseline_pain=None)
    after = clinic.owed("check-in").treatment
    assert after is not None
    assert (after.practitioner, after.baseline_pain, after.ended_at) == ("R. Mehta", None, MONDAY)


def test_a_session_cannot_be_moved_into_the_future(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    with pytest.raises(EntryError, match="has not ended yet"):
        change(clinic, treatment.id, ended_at="2027-06-08T10:00")


def test_a_cancelled_session_sends_nothing_more_and_cannot_be_changed(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    clinic.run_to(local(7, 12))
    with clinic.open_db() as db:
        changing.cancel_treatment(db, treatment_id=treatment.id, now=local(7, 13), by="desk")
    clinic.run_to(local(30, 12))
    assert len(clinic.sms.sent) == 1
    assert clinic.message("check-in").status is Status.CANCELLED
    with pytest.raises(TooLate, match="was cancelled"):
        change(clinic, treatment.id, now=local(7, 14), regions=["neck"])


def test_cancelling_the_newer_session_gives_the_older_one_its_messages_back(clinic: Clinic) -> None:
    clinic.record("T1")
    newer = clinic.record("T2", ended_at=local(7, 15)).treatment
    assert clinic.message("check-in", "T1").replaced_by == newer.id
    with clinic.open_db() as db:
        changing.cancel_treatment(db, treatment_id=newer.id, now=local(7, 16), by="desk")
    clinic.run_to(local(8, 10))
    assert clinic.message("check-in", "T1").status is Status.SENT
    assert clinic.message("check-in", "T2").status is Status.CANCELLED


def test_a_session_moved_behind_another_is_the_newer_one_then(clinic: Clinic) -> None:
    first = clinic.record("T1").treatment
    second = clinic.record("T2", ended_at=local(7, 12)).treatment
    change(clinic, first.id, now=local(7, 16), ended_at="2027-06-07T15:00")
    assert clinic.message("check-in", "T1").replaced_by is None
    assert clinic.message("check-in", "T2").replaced_by == first.id
    assert second.ended_at < local(7, 15)


def test_changing_twice_changes_nothing_more(clinic: Clinic) -> None:
    clinic.record("T1")
    treatment = clinic.record("T2", ended_at=local(9, 10)).treatment
    correction = {"patient": {"timezone": "America/Chicago"}, "regions": ["neck"]}
    once = [
        (m.id, m.due_at, m.replaced_by, m.status) for m in change(clinic, treatment.id, now=local(9, 11), **correction)
    ]
    again = [
        (m.id, m.due_at, m.replaced_by, m.status) for m in change(clinic, treatment.id, now=local(9, 11), **correction)
    ]
    assert once == again


def test_one_message_is_cancelled_moved_or_sent_now(clinic: Clinic) -> None:
    clinic.record()
    ids = {step: clinic.message(step).id for step in ("warning-signs", "check-in", "what-to-expect")}
    with clinic.open_db() as db:
        changing.cancel_message(db, message_id=ids["warning-signs"], now=MONDAY, by="desk")
        changing.reschedule_message(db, message_id=ids["check-in"], due_at=local(8, 15), now=MONDAY, by="desk")
        changing.send_now(db, message_id=ids["what-to-expect"], now=MONDAY, by="desk")
    clinic.tick(MONDAY)
    assert clinic.message("what-to-expect").status is Status.SENT
    assert clinic.message("warning-signs").status is Status.CANCELLED
    moved = clinic.message("check-in")
    assert moved.due_at == local(8, 15)
    assert clinic.view(moved.id, MONDAY).why == ["A person moved it from Tue 8 Jun 10:00 to Tue 8 Jun 15:00."]


def test_a_message_sent_now_still_waits_for_the_morning(clinic: Clinic) -> None:
    clinic.record()
    night = local(7, 22)
    check_in = clinic.message("check-in").id
    with clinic.open_db() as db:
        changing.send_now(db, message_id=check_in, now=night, by="desk")
    clinic.tick(night)
    assert clinic.message("check-in").due_at == local(8, 9)


def test_what_has_left_can_no_longer_be_changed(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(7, 12))
    gone = clinic.message("what-to-expect")
    with clinic.open_db() as db, pytest.raises(TooLate, match="is sent; only a scheduled one"):
        changing.cancel_message(db, message_id=gone.id, now=local(7, 13), by="desk")


def test_a_message_cannot_be_moved_to_where_it_would_be_wrong(clinic: Clinic) -> None:
    clinic.record()
    check_in = clinic.message("check-in").id
    with clinic.open_db() as db, pytest.raises(TooLate, match="choose a time before 2027-06-09 14:00 UTC"):
        changing.reschedule_message(db, message_id=check_in, due_at=local(9, 10), now=MONDAY, by="desk")


def test_a_message_is_not_moved_to_a_time_that_is_over(clinic: Clinic) -> None:
    clinic.record()
    before = clinic.message("check-in")
    with clinic.open_db() as db, pytest.raises(EntryError, match="due_at is 2027-06-07 13:00 UTC, which is over"):
        changing.reschedule_message(db, message_id=before.id, due_at=local(7, 9), now=MONDAY, by="desk")
    assert due(clinic, "check-in") == before.due_at


def test_a_message_that_is_moved_leaves_time_to_undo_that(clinic: Clinic) -> None:
    clinic.record()
    check_in = clinic.message("check-in").id
    soon = MONDAY + timedelta(minutes=1)
    with clinic.open_db() as db:
        changing.reschedule_message(db, message_id=check_in, due_at=soon, now=MONDAY, by="desk")
    assert due(clinic, "check-in") == MONDAY + timedelta(minutes=3)
    assert clinic.view(check_in, MONDAY).why == [
        "A person moved it from Tue 8 Jun 10:00 to Mon 7 Jun 10:01.",
        "It was recorded or changed too late for Mon 7 Jun 10:01, so it goes Mon 7 Jun 10:03.",
    ]


def test_what_is_not_there_is_not_found(clinic: Clinic) -> None:
    with clinic.open_db() as db, pytest.raises(NotFound):
        changing.cancel_message(db, message_id=new_id(), now=MONDAY, by="desk")
    with pytest.raises(NotFound):
        change(clinic, new_id(), regions=["neck"])


def test_a_change_between_lease_and_attempt_is_what_leaves(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    [(_, token)] = clinic.lease(local(7, 12))
    change(clinic, treatment.id, now=local(7, 12), ended_at="2027-06-07T11:30")
    assert clinic.begin(token, local(7, 12)) is None
    assert due(clinic, "what-to-expect") == local(7, 13, 30)


def test_cancelling_while_the_engine_begins_ends_in_one_of_two_ways(busy_clinic: Clinic) -> None:
    treatment = busy_clinic.record().treatment
    [(_, token)] = busy_clinic.lease(local(7, 12))
    ready, parcels = threading.Barrier(2), []

    def begin() -> None:
        ready.wait()
        parcels.extend(busy_clinic.begin(token, local(7, 12)) or [])

    def cancel() -> None:
        ready.wait()
        with busy_clinic.open_db() as db:
            changing.cancel_treatment(db, treatment_id=treatment.id, now=local(7, 12), by="desk")

    threads = [threading.Thread(target=begin), threading.Thread(target=cancel)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    status = busy_clinic.message("what-to-expect").status
    assert (status, len(parcels)) in {(Status.SENDING, 1), (Status.CANCELLED, 0)}


def test_consent_that_is_given_later_brings_what_is_owed_to_its_channel(clinic: Clinic) -> None:
    clinic.record(consent={"sms": None, "email": True})
    assert clinic.message("check-in").channel is Channel.EMAIL
    with clinic.open_db() as db:
        patient = db.scalars(select(Patient).with_for_update()).one()
        consenting.state(
            db,
            patient=patient,
            channel=Channel.SMS,
            says=Consented.GIVEN,
            source=ConsentSource.DESK,
            evidence="spoken",
            now=MONDAY,
            by="desk",
        )
        changing.follow_patient(db, patient=patient, now=MONDAY, by="desk")
    assert clinic.message("check-in").channel is Channel.SMS
    assert clinic.message("book-next").channel is Channel.EMAIL
