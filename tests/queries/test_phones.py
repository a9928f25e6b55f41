from datetime import timedelta
from uuid import UUID

from followup.models import Patient
from followup.queries import phones
from followup.terms import Question
from tests.builders import MONDAY, PHONE, Clinic, local

NOON = local(7, 12)


def newest(clinic: Clinic, *, limit: int = 9) -> list[str]:
    with clinic.open_db() as db:
        return [one.name for one in phones.newest(db, now=NOON, limit=limit)]


def ada(clinic: Clinic) -> Patient:
    return clinic.patient("T1")


def test_the_newest_is_whose_session_was_recorded_or_whose_message_left_last(clinic: Clinic) -> None:
    clinic.record("T1", ended_at=MONDAY)
    clinic.record("T2", ended_at=MONDAY + timedelta(hours=1), patient={"given_name": "Bo", "phone": "+12125550124"})
    assert newest(clinic) == ["Bo Lind", "Ada Lind"]

    clinic.tick(NOON)  # what Ada may expect
    assert newest(clinic) == ["Ada Lind", "Bo Lind"]
    assert newest(clinic, limit=1) == ["Ada Lind"]


def test_the_next_message_is_the_next_that_will_leave(clinic: Clinic) -> None:
    clinic.record(baseline_pain=6)
    whose = ada(clinic)
    with clinic.open_db() as db:
        assert phones.next_message(db, patient=whose, now=MONDAY) == NOON
        only_if_needed = local(9, 10)
        assert phones.next_message(db, patient=whose, now=local(8, 10)) == local(10, 10) > only_if_needed
        assert phones.next_message(db, patient=whose, now=local(30, 10)) is None


def test_who_shares_a_number_and_what_came_from_it(clinic: Clinic) -> None:
    clinic.record("T1")
    clinic.record("T2", patient={"given_name": "Bo", "email": "bo@mail.example"})
    whose = ada(clinic)
    with clinic.open_db() as db:
        assert phones.sharers(db, patient=whose) == ["Bo"]
        assert not phones.has_left(db, patient=whose)
    clinic.keep("first", now=NOON)
    clinic.keep("second", now=NOON + timedelta(hours=1), reference="SM2")
    clinic.keep("of another", now=NOON, sent_from="+12125550177", reference="SM3")

    with clinic.open_db() as db:
        assert [one.body for one in phones.written(db, phone=PHONE, limit=9)] == ["first", "second"]
        assert [one.body for one in phones.written(db, phone=PHONE, limit=1)] == ["second"]


def test_the_last_question_is_that_of_the_last_message_that_asks(clinic: Clinic) -> None:
    clinic.record()
    ids = [clinic.message(step).id for step in ("check-in", "pain-score", "warning-signs")]
    with clinic.open_db() as db:
        assert phones.last_question(db, message_ids=ids) is Question.PAIN_0_10
        assert phones.last_question(db, message_ids=ids[:1]) is Question.CHECK_IN
        assert phones.last_question(db, message_ids=list[UUID]()) is None
