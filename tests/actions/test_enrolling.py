from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from followup.actions.enrolling import Conflict, Recorded, UnknownClinic
from followup.actions.entries import EntryError
from followup.actions.planning import UnknownPlan
from followup.models import AuditEntry, Message, Patient, TreatmentSession
from followup.terms import Channel, Reason, Status
from tests.builders import MONDAY, Clinic, local

SMS, EMAIL = Channel


def steps(recorded: Recorded) -> list[str]:
    return [message.once_key.rpartition(":")[2] for message in recorded.messages]


def count(clinic: Clinic, table: type[Any]) -> int:
    with clinic.open_db() as db:
        return db.scalars(select(func.count()).select_from(table)).one()


def channels(clinic: Clinic) -> list[Channel]:
    wanted = ("check-in", "pain-score", "book-next", "change-score")
    return [clinic.message(step).channel for step in wanted]


def test_every_message_is_written_down_in_the_order_of_due_times(clinic: Clinic) -> None:
    recorded = clinic.record()
    assert not recorded.was_known
    assert steps(recorded) == [
        *("what-to-expect", "check-in", "still-or-gone", "warning-signs", "book-next"),
        *("pain-score", "pain-score-reminder", "change-score"),
    ]
    assert recorded.messages[0].due_at == local(7, 12)


def test_a_warning_for_the_chest_is_only_owed_where_it_could_be_hurt(clinic: Clinic) -> None:
    assert "chest-warning" not in steps(clinic.record("T1", regions=["calf"]))
    recorded = clinic.record("T2", regions=["calf", "neck"])
    assert steps(recorded)[0] == "chest-warning"
    assert recorded.messages[0].due_at == MONDAY


def test_the_first_permitted_channel_is_used(clinic: Clinic) -> None:
    clinic.record()
    assert channels(clinic) == [SMS, SMS, EMAIL, EMAIL]


def test_a_channel_that_was_refused_gives_way_to_the_next(clinic: Clinic) -> None:
    clinic.record(consent={"sms": False})
    assert channels(clinic) == [EMAIL] * 4


def test_a_channel_without_an_address_gives_way_to_the_next(clinic: Clinic) -> None:
    clinic.record(patient={"email": ""})
    assert channels(clinic) == [SMS] * 4


def test_a_number_that_is_known_to_be_bad_gives_way_to_email(clinic: Clinic) -> None:
    clinic.record("T0", ended_at=MONDAY - timedelta(days=30))
    clinic.change(clinic.owed("check-in", "T0").patient, phone_failed_at=MONDAY)
    clinic.record()
    assert channels(clinic) == [EMAIL] * 4


def test_without_any_consent_everything_is_written_down_and_blocked(clinic: Clinic) -> None:
    clinic.record(consent={"sms": None, "email": None})
    message = clinic.message("check-in")
    assert (message.channel, message.status) == (SMS, Status.SCHEDULED)
    assert clinic.view(message.id, MONDAY).blocked is Reason.NO_CONSENT


def test_the_same_entry_again_changes_nothing(clinic: Clinic) -> None:
    first, again = clinic.record(), clinic.record(now=local(9, 10))
    assert again.was_known
    assert [message.id for message in again.messages] == [message.id for message in first.messages]
    assert (count(clinic, TreatmentSession), count(clinic, Message)) == (1, 8)


@pytest.mark.parametrize(
    "other",
    [{"ended_at": local(7, 9)}, {"patient": {"given_name": "Ben"}}, {"consent": {"sms": False}}, {"baseline_pain": 3}],
    ids=["another time", "another patient", "another consent", "another score"],
)
def test_the_same_id_with_other_content_is_a_conflict(clinic: Clinic, other: dict[str, Any]) -> None:
    clinic.record()
    with pytest.raises(Conflict, match="external_id 'T1' is already recorded with other content"):
        clinic.record(now=local(9, 10), **other)
    assert count(clinic, TreatmentSession) == 1


def test_two_clinics_may_use_the_same_id(clinic: Clinic) -> None:
    clinic.add_clinic("oak")
    assert clinic.record().treatment.id != clinic.record(clinic="oak").treatment.id


def test_an_unknown_clinic_is_refused_by_its_name(clinic: Clinic) -> None:
    with pytest.raises(UnknownClinic, match="clinic 'elm' is not known"):
        clinic.record(clinic="elm")


def test_an_unknown_plan_is_refused_and_the_known_ones_are_named(clinic: Clinic) -> None:
    with pytest.raises(UnknownPlan, match="there is no plan 'cupping'; the plans are: dry-needling"):
        clinic.record(plan="cupping")
    assert count(clinic, Patient) == 0


def test_a_session_that_has_not_ended_is_refused(clinic: Clinic) -> None:
    with pytest.raises(EntryError, match="has not ended yet"):
        clinic.record(now=MONDAY - timedelta(minutes=6))


def test_a_session_recorded_late_sends_only_what_is_still_right(clinic: Clinic) -> None:
    clinic.record(now=local(9, 15))
    clinic.run_to(local(30, 10))
    skipped = {step for step in ("what-to-expect", "check-in") if clinic.message(step).reason is Reason.TOO_LATE}
    assert skipped == {"what-to-expect", "check-in"}
    assert clinic.message("warning-signs").status is Status.SENT


def test_who_recorded_it_is_written_down(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    with clinic.open_db() as db:
        note = db.scalars(select(AuditEntry).where(AuditEntry.subject == "treatment")).one()
    assert (note.did, note.did_by, note.subject_id) == ("record", "test", str(treatment.id))


def test_requests_that_repeat_each_other_at_once_record_one_session(busy_clinic: Clinic) -> None:
    meet, known = Barrier(4), list[bool]()

    def record() -> None:
        meet.wait()
        known.append(busy_clinic.record().was_known)

    threads = [Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(known) == [False, True, True, True]
    assert (count(busy_clinic, TreatmentSession), count(busy_clinic, Patient)) == (1, 1)
