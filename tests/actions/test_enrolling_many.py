import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from followup import models
from followup.actions.enrolling import Conflict, Recorded, Refusal, UnknownClinic, record_treatment, record_treatments
from followup.actions.entries import EntryError, TreatmentEntry
from followup.actions.planning import UnknownPlan
from followup.models import Consent, Enrolment, Message, Patient, TreatmentSession
from tests.builders import MONDAY, Clinic, entry

NOW = MONDAY + timedelta(days=8)
EVE = {"given_name": "Eve", "phone": "+12125550177", "email": ""}
BOB = {"external_id": "p-bob", "given_name": "Bob", "phone": "+12125550199", "email": "bob@mail.example"}

# Everything that one entry can mean for the next: the same session, the same patient by any sign, and refusals between.
HARD: Sequence[dict[str, Any]] = (
    {"external_id": "1"},
    {"external_id": "1"},
    {"external_id": "1", "regions": ["neck"]},
    {"external_id": "2", "ended_at": MONDAY + timedelta(days=2)},
    {"external_id": "3", "ended_at": MONDAY - timedelta(days=1), "consent": {"sms": False}},
    {"external_id": "4", "patient": BOB},
    {"external_id": "5", "patient": BOB | {"phone": "+12125550188"}, "ended_at": MONDAY + timedelta(days=5)},
    {"external_id": "6", "patient": BOB | {"external_id": "", "phone": "+12125550188", "email": ""}},
    {"external_id": "7", "patient": BOB | {"external_id": "", "email": ""}},
    {"external_id": "8", "patient": EVE, "consent": {"sms": None, "email": None}, "regions": ["chest"]},
    {"external_id": "9", "patient": EVE | {"given_name": "Eva"}},
    {"external_id": "10", "plan": "no-such-plan"},
    {"external_id": "11", "ended_at": NOW + timedelta(days=1)},
    {"external_id": "10", "next_visit_at": "2027-09-01T10:00"},
    {"external_id": "12", "patient": {"phone": "12 34", "email": ""}},
    {"external_id": "13", "patient": {"phone": "12 34", "email": ""}, "ended_at": MONDAY + timedelta(days=1)},
    {"external_id": "14", "patient": {"phone": "", "email": ""}},
    {"external_id": "15", "patient": {"phone": "", "email": ""}},
)


def read(clinic_key: str) -> list[TreatmentEntry]:
    return [entry(**fields, clinic=clinic_key) for fields in HARD]


def one_by_one(clinic: Clinic, entries: Sequence[TreatmentEntry]) -> Iterator[Recorded | Refusal]:
    for each in entries:
        with clinic.open_db() as db:
            try:
                yield record_treatment(db, entry=each, now=NOW, by="test")
            except (EntryError, UnknownClinic, UnknownPlan, Conflict) as refusal:
                yield refusal


def at_once(clinic: Clinic, entries: Sequence[TreatmentEntry]) -> list[Recorded | Refusal]:
    with clinic.open_db() as db:
        return record_treatments(db, entries=[(each, "test") for each in entries], now=NOW)


def answer(told: Recorded | Refusal) -> object:
    """What was told, without any id."""
    if isinstance(told, Recorded):
        return told.was_known
    return type(told), re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", str(told))


def written(clinic: Clinic, key: str) -> dict[str, object]:
    """What stands in the tables for a clinic, by its sessions, without any id."""
    with clinic.open_db() as db:
        own = select(models.Clinic.id).where(models.Clinic.key == key).scalar_subquery()
        sessions = db.scalars(select(TreatmentSession).where(TreatmentSession.clinic_id == own)).all()
        names = {session.id: session.external_id for session in sessions}
        patients = {each.id: each for each in db.scalars(select(Patient).where(Patient.clinic_id == own))}
        enrolled = {
            enrolment.id: names[enrolment.treatment_id]
            for enrolment in db.scalars(select(Enrolment))
            if enrolment.treatment_id in names
        }
        people = {
            each: (
                person.external_id,
                person.given_name,
                person.phone,
                person.phone_given,
                person.email,
                person.next_visit_at,
            )
            for each, person in patients.items()
        }
        consents = [
            (people[line.patient_id], line.channel, line.purpose, line.says)
            for line in db.scalars(select(Consent).order_by(Consent.id))
            if line.patient_id in people
        ]
        messages = [
            (
                enrolled[message.enrolment_id],
                message.wording,
                message.patient_id and people[message.patient_id],
                message.channel,
                message.status,
                message.nominal_at,
                message.due_at,
                message.expires_at,
                message.why,
                message.replaced_by and names[message.replaced_by],
            )
            for message in db.scalars(select(Message).where(Message.clinic_id == own))
            if message.enrolment_id
        ]
    return {
        "sessions": sorted((session.external_id, people[session.patient_id]) for session in sessions),
        "consents": sorted(consents, key=str),
        "messages": sorted(messages, key=str),
    }


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_many_at_once_end_as_they_do_one_by_one(clinic: Clinic) -> None:
    clinic.add_clinic("oak")
    apart = [answer(told) for told in one_by_one(clinic, read("maple"))]
    together = [answer(told) for told in at_once(clinic, read("oak"))]
    assert together == apart
    assert written(clinic, "oak") == written(clinic, "maple")
    assert [apart[1], apart[3]] == [True, False]
    assert apart.count(False) == 14


def test_the_same_entries_again_change_nothing(clinic: Clinic) -> None:
    at_once(clinic, read("maple"))
    before = written(clinic, "maple")
    again = at_once(clinic, read("maple"))
    assert all(told.was_known for told in again if isinstance(told, Recorded))
    assert written(clinic, "maple") == before


@pytest.mark.parametrize("known", [False, True])
def test_new_and_known_sessions_take_no_statements_of_their_own(clinic: Clinic, engine: Engine, known: bool) -> None:
    def some(numbers: range) -> list[TreatmentEntry]:
        people = {number: {"external_id": f"p{number}", "phone": f"+1212555{number:04}"} for number in numbers}
        return [entry(f"s{number}", patient=person) for number, person in people.items()]

    if known:
        at_once(clinic, some(range(50)))
    with counted(engine) as few:
        at_once(clinic, some(range(2)))
    with counted(engine) as many:
        at_once(clinic, some(range(2, 50)))
    assert len(few) == len(many) < 20
