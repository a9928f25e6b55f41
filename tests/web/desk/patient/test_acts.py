"""What people at the desk do about messages, sessions, the next visit and consent."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from followup.actions import message_pages
from followup.db import OpenDb, new_id
from followup.models import Clinic, Consent, Message, Patient
from followup.models.facts import latest_consents
from followup.terms import Channel, Consented, ConsentSource, Purpose, Status
from tests.conftest import on_one_database
from tests.web.conftest import NOW, PHONE, AddMessage
from tests.web.desk.conftest import Person

from .conftest import Treat, consent, home, of_step, version


def act(person: Person, patient: Patient, message: Message, path: str, **fields: Any) -> Any:
    """Press a button beside a message as it is shown now; `shown` is an older look at it."""
    seen = fields.pop("shown", message)
    version = message_pages.version_of(seen.status, seen.due_at)
    return person.fill(f"{home(patient)}/messages/{message.id}/{path}", on=home(patient), version=version, **fields)


def test_a_message_is_moved_to_another_time_of_the_patients_day(
    carla: Person, open_db: OpenDb, patient: Patient, treat: Treat
) -> None:
    treat()
    message = of_step(open_db, "warning-signs")
    answer = act(carla, patient, message, "move", due_at="2026-11-15T15:30")

    assert answer.status_code == 303
    assert of_step(open_db, "warning-signs").due_at == datetime(2026, 11, 15, 20, 30, tzinfo=UTC)
    text = carla.get(home(patient)).text
    assert "Moved. It leaves Sun 15 Nov, 15:30." in text
    assert "A person moved it from Sun 15 Nov 10:00 to Sun 15 Nov 15:30." in text
    assert "Moved by <bdi>Carla Whitt</bdi>" in text


@on_one_database
@pytest.mark.parametrize(
    ("due_at", "says"),
    [
        ("", "Choose a day and a time."),
        ("soon", "Choose a day and a time."),
        ("2026-11-11T10:00", "This is over already"),
        ("2027-11-11T10:00", "By then it would no longer be right."),
    ],
)
def test_a_time_that_cannot_be_is_refused_in_its_place(
    carla: Person, open_db: OpenDb, patient: Patient, treat: Treat, due_at: str, says: str
) -> None:
    treat()
    before = of_step(open_db, "warning-signs")
    answer = act(carla, patient, before, "move", due_at=due_at)

    assert answer.status_code == 422
    assert says in answer.text
    assert of_step(open_db, "warning-signs").due_at == before.due_at


def test_the_second_of_two_who_move_a_message_is_told_and_overwrites_nothing(
    carla: Person, admin: Person, open_db: OpenDb, patient: Patient, treat: Treat
) -> None:
    treat()
    seen = of_step(open_db, "warning-signs")
    act(admin, patient, seen, "move", due_at="2026-11-15T15:30")
    answer = act(carla, patient, seen, "move", due_at="2026-11-15T11:00", shown=seen)

    assert answer.status_code == 409
    assert "<bdi>Ines Moreau</bdi> was faster" in answer.text
    assert "Now it is: <bdi>scheduled for Sun 15 Nov, 15:30</bdi>" in answer.text
    assert 'value="2026-11-15T11:00"' in answer.text
    assert of_step(open_db, "warning-signs").due_at == datetime(2026, 11, 15, 20, 30, tzinfo=UTC)


@on_one_database
@pytest.mark.parametrize("path", ["cancel", "send-now", "move"])
def test_what_has_left_meanwhile_cannot_be_changed(
    carla: Person, open_db: OpenDb, patient: Patient, treat: Treat, path: str
) -> None:
    treat()
    seen = of_step(open_db, "what-to-expect")
    with open_db() as db:
        message = db.get_one(Message, seen.id)
        message.status, message.left_at, message.body = Status.SENT, NOW, "It has left."
    answer = act(carla, patient, seen, path, due_at="2026-11-12T15:00", shown=seen)

    assert answer.status_code == 409
    assert "It was faster than you" in answer.text
    assert of_step(open_db, "what-to-expect").status is Status.SENT


def test_a_message_is_cancelled_and_put_back(carla: Person, open_db: OpenDb, patient: Patient, treat: Treat) -> None:
    treat()
    act(carla, patient, of_step(open_db, "check-in"), "cancel")
    assert of_step(open_db, "check-in").status is Status.CANCELLED
    text = carla.get(home(patient)).text
    assert "Cancelled: it will not leave." in text
    undo = re.search(r'action="([^"]*/restore)" method="post"><input[^>]*><button[^>]*data-undo', text)
    assert undo

    assert carla.fill(undo[1], on=home(patient)).status_code == 303
    assert of_step(open_db, "check-in").status is Status.SCHEDULED
    assert carla.fill(undo[1], on=home(patient)).status_code == 409


def test_what_is_sent_now_leaves_with_the_next_tick(
    carla: Person, open_db: OpenDb, patient: Patient, treat: Treat
) -> None:
    treat()
    act(carla, patient, of_step(open_db, "check-in"), "send-now")

    assert of_step(open_db, "check-in").due_at == NOW
    assert "It leaves now." in carla.get(home(patient)).text


def test_a_person_settles_what_is_uncertain(carla: Person, patient: Patient, add_message: AddMessage) -> None:
    message = add_message(status=Status.UNCERTAIN, left_at=NOW - timedelta(hours=1))
    assert "Nobody knows whether it arrived." in carla.get(home(patient)).text
    path = f"{home(patient)}/messages/{message.id}/settle"

    assert carla.fill(path, on=home(patient), went="perhaps").status_code == 422
    assert carla.fill(path, on=home(patient), went="yes").status_code == 303
    assert "Settled: it went." in carla.get(home(patient)).text
    assert carla.fill(path, on=home(patient), went="no").status_code == 409


@on_one_database
def test_nothing_is_done_to_a_message_on_another_patients_page(
    carla: Person, open_db: OpenDb, clinic: Clinic, add_message: AddMessage
) -> None:
    other = Patient(clinic_id=clinic.id, given_name="Bo", created_at=NOW)
    with open_db() as db:
        db.add(other)
    message = add_message()

    assert act(carla, other, message, "cancel").status_code == 404


def test_a_session_recorded_by_mistake_is_cancelled_once(
    carla: Person, admin: Person, open_db: OpenDb, patient: Patient, treat: Treat
) -> None:
    session = treat()
    path = f"{home(patient)}/sessions/{session.id}/cancel"

    assert admin.fill(path, on=home(patient)).status_code == 303
    assert of_step(open_db, "check-in").status is Status.CANCELLED
    second = carla.fill(path, on=home(patient))
    assert second.status_code == 409
    assert "<bdi>Ines Moreau</bdi> was faster" in second.text
    assert carla.fill(f"{home(patient)}/sessions/{new_id()}/cancel", on=home(patient)).status_code == 404


def visit(person: Person, patient: Patient, **fields: Any) -> Any:
    return person.fill(f"{home(patient)}/next-visit", on=home(patient), **fields)


def test_the_next_visit_is_kept_in_the_patients_time_and_holds_the_prompt_to_book(
    carla: Person, open_db: OpenDb, patient: Patient, treat: Treat
) -> None:
    treat()
    first = version(carla, patient, "next-visit")
    assert visit(carla, patient, version=first, next_visit_at="2026-11-24T10:00").status_code == 303
    with open_db() as db:
        assert db.get_one(Patient, patient.id).next_visit_at == datetime(2026, 11, 24, 15, tzinfo=UTC)
    assert "Waits: booked" in carla.get(home(patient)).text

    late = visit(carla, patient, version=first, next_visit_at="2026-11-25T10:00")
    assert late.status_code == 409
    assert 'value="2026-11-25T10:00"' in late.text
    past = visit(carla, patient, version=version(carla, patient, "next-visit"), next_visit_at="2026-11-01T10:00")
    assert past.status_code == 422
    gone = visit(carla, patient, version=version(carla, patient, "next-visit"), none="yes")
    assert gone.status_code == 303
    with open_db() as db:
        assert db.get_one(Patient, patient.id).next_visit_at is None


def held(open_db: OpenDb, patient: Patient) -> Mapping[tuple[Channel, Purpose | None], Consented]:
    with open_db() as db:
        return {(channel, purpose): says for (_, channel, purpose), says in latest_consents(db, [patient.id]).items()}


def test_what_was_said_at_the_desk_is_added_to_the_ledger_with_its_evidence(
    carla: Person, open_db: OpenDb, patient: Patient
) -> None:
    answer = consent(carla, patient, sms_booking="no", sms_care="yes", method="said on the phone, 12 Nov")

    assert answer.status_code == 303
    assert held(open_db, patient)[Channel.SMS, Purpose.BOOKING] is Consented.REFUSED
    assert held(open_db, patient)[Channel.SMS, Purpose.CARE] is Consented.GIVEN
    text = carla.get(home(patient)).text
    assert "said on the phone, 12 Nov" in text
    assert "by <bdi>Carla Whitt</bdi>, at the clinic" in text
    with open_db() as db:
        assert len(db.scalars(select(Consent)).all()) == 7


@on_one_database
def test_consent_needs_its_evidence_and_the_second_of_two_is_told(
    carla: Person, open_db: OpenDb, patient: Patient
) -> None:
    seen = version(carla, patient, "consent")
    bare = consent(carla, patient, sms_booking="no")
    assert bare.status_code == 422
    assert "Say how you know" in bare.text
    consent(carla, patient, sms_booking="no", method="said so")

    late = consent(carla, patient, sms_care="no", method="a form of May", version=seen)
    assert late.status_code == 409
    assert 'value="a form of May"' in late.text
    assert held(open_db, patient)[Channel.SMS, Purpose.CARE] is Consented.GIVEN


def stop(open_db: OpenDb, patient: Patient, channel: Channel) -> None:
    with open_db() as db:
        for purpose in Purpose:
            db.add(
                Consent(
                    patient_id=patient.id,
                    channel=channel,
                    purpose=purpose,
                    says=Consented.WITHDRAWN,
                    source=ConsentSource.REPLY,
                    recorded_at=NOW,
                    recorded_by="patient",
                )
            )


@on_one_database
def test_who_stopped_our_texts_is_to_be_phoned_and_only_they_start_them_again(
    carla: Person, open_db: OpenDb, patient: Patient
) -> None:
    stop(open_db, patient, Channel.SMS)
    text = carla.get(home(patient)).text

    assert "<strong>Phone this patient.</strong> They stopped our texts" in text
    assert f'href="tel:{PHONE}"' in text
    assert "only they can start it again" in text
    assert 'name="sms_care"' not in text
    assert 'name="channel" value="email"' in text
    consent(carla, patient, sms_care="yes", method="said so")
    assert held(open_db, patient)[Channel.SMS, Purpose.CARE] is Consented.WITHDRAWN
    stop(open_db, patient, Channel.EMAIL)
    assert 'name="text"' not in carla.get(home(patient)).text
