from datetime import datetime, timedelta

from sqlalchemy import select

from followup.actions import inviting, pausing, staffing
from followup.messages.gateway import Unavailable
from followup.models import AuditEntry
from followup.terms import Reason, Status
from tests.alarms import FIRST, put_on_call, raise_one
from tests.builders import MONDAY, Clinic, local


def pause(clinic: Clinic, now: datetime = MONDAY) -> bool:
    with clinic.open_db() as db:
        return pausing.pause(db, why="moving house", now=now, by="desk")


def resume(clinic: Clinic, now: datetime = MONDAY) -> bool:
    with clinic.open_db() as db:
        return pausing.resume(db, now=now, by="desk")


def test_a_pause_lets_through_what_goes_to_staff_and_nothing_else(clinic: Clinic) -> None:
    put_on_call(clinic, FIRST, phone="212-555-0151")
    patient = clinic.record().treatment.patient_id
    clinic.owe(patient, due_at=MONDAY)
    raise_one(clinic)
    with clinic.open_db() as db:
        inviting.invite(db, staff=staffing.find_staff(db, FIRST), now=MONDAY, by="test")
    pause(clinic)
    clinic.tick(MONDAY)
    assert [parcel.to for parcel in clinic.sms.sent] == ["+12125550151"]
    assert {parcel.subject for parcel in clinic.email.sent} >= {"Maple Clinic: choose your password"}
    assert {parcel.to for parcel in clinic.email.sent} == {FIRST}


def test_a_pause_only_delays(clinic: Clinic) -> None:
    clinic.record()
    pause(clinic)
    clinic.tick(local(7, 12))
    assert resume(clinic)
    clinic.tick(local(7, 13))
    assert clinic.message("what-to-expect").left_at == local(7, 13)


def test_what_expires_in_a_pause_is_not_sent_after_it(clinic: Clinic) -> None:
    clinic.record()
    pause(clinic)
    clinic.tick(local(8, 9))
    assert clinic.message("what-to-expect").status is Status.SCHEDULED
    resume(clinic)
    clinic.tick(local(8, 9))
    assert clinic.message("what-to-expect").reason is Reason.TOO_LATE


def test_to_pause_or_resume_twice_changes_nothing(clinic: Clinic) -> None:
    assert pause(clinic)
    assert not pause(clinic)
    assert resume(clinic)
    assert not resume(clinic)


def test_a_resume_restarts_senders_that_stopped_and_what_they_held_goes_at_once(clinic: Clinic) -> None:
    clinic.record()
    clinic.sms.answer_next(Unavailable("20003", stops_sender=True))
    clinic.tick(local(7, 12))
    clinic.tick(local(7, 12))
    assert clinic.sms.sent == []
    assert resume(clinic)
    clinic.tick(local(7, 12))
    assert clinic.message("what-to-expect").status is Status.SENT


def test_who_paused_and_resumed_and_why_is_written_down(clinic: Clinic) -> None:
    pause(clinic)
    resume(clinic, MONDAY + timedelta(hours=1))
    with clinic.open_db() as db:
        notes = db.scalars(select(AuditEntry).where(AuditEntry.subject == "switch").order_by(AuditEntry.id)).all()
    assert [(note.did, note.did_by, note.details) for note in notes] == [
        ("pause", "desk", {"why": "moving house"}),
        ("resume", "desk", {"senders": []}),
    ]
