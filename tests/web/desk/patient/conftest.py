"""A patient with a plan, somebody at the desk, and what they fill in on the patient's page."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from followup.actions import planning
from followup.actions.enrolling import record_treatment
from followup.actions.entries import parse_entry
from followup.actions.fields import Place
from followup.db import OpenDb, new_id
from followup.models import Message, Patient, Reply, TreatmentSession
from followup.terms import Channel, Label, Role
from tests.builders import default_plan
from tests.web.conftest import NOW, PHONE
from tests.web.desk.conftest import Hire, Person

Treat = Callable[..., TreatmentSession]
MARKUP = '<script>alert("x")</script><b>Zoë'


@pytest.fixture
def treat(open_db: OpenDb, patient: Patient) -> Treat:
    """Records a treatment session of the patient, an hour ago, with the packaged plan."""
    with open_db() as db:
        planning.load(db, plan=default_plan(), now=NOW, by="test")
    made = 0

    def treat(*, ended_at: datetime = NOW - timedelta(hours=1), now: datetime = NOW, **more: Any) -> TreatmentSession:
        nonlocal made
        made += 1
        who = {"given_name": patient.given_name, "family_name": patient.family_name, "phone": patient.phone}
        data = {"external_id": f"T{made}", "clinic": "oak", "patient": who, "ended_at": ended_at.isoformat()} | more
        entry = parse_entry(data, place_of=lambda _: Place("America/New_York", "US"))
        with open_db() as db:
            return record_treatment(db, entry=entry, now=now, by="carla@oak.example").treatment

    return treat


@pytest.fixture
def carla(hire: Hire) -> Person:
    return hire(Role.DESK, name="Carla Whitt", email="carla@oak.example")


def home(patient: Patient) -> str:
    return f"/patients/{patient.id}"


def of_step(open_db: OpenDb, wording: str) -> Message:
    with open_db() as db:
        return db.scalars(select(Message).where(Message.wording == wording)).one()


def version(person: Person, patient: Patient, form: str) -> str:
    text = person.get(home(patient)).text.partition(f'action="{home(patient)}/{form}"')[2]
    found = re.search(r'name="version" value="([^"]*)"', text)
    assert found
    return found[1]


def consent(person: Person, patient: Patient, **fields: Any) -> Any:
    shown = fields.pop("version", None) or version(person, patient, "consent")
    return person.fill(f"{home(patient)}/consent", on=home(patient), version=shown, **fields)


def about(person: Person, patient: Patient, **fields: Any) -> Any:
    typed: dict[str, Any] = {
        "given_name": "Rosalind",
        "family_name": "Achterberg",
        "phone": PHONE,
        "email": "r@post.example",
    }
    path = f"{home(patient)}/about"
    return person.fill(path, **typed | {"language": "en", "zone": "", "minimal": ""} | fields)


def keep_reply(open_db: OpenDb, patient: Patient, body: str, *, matched: str = "", **more: Any) -> Reply:
    start = body.find(matched)
    marks = [{"label": "nerve", "words": matched, "start": start, "end": start + len(matched)}] if matched else []
    fields: dict[str, Any] = {"labels": [Label.NERVE.value], "received_at": NOW - timedelta(minutes=9), "read_at": NOW}
    reply = Reply(
        id=new_id(),
        channel=Channel.SMS,
        reference=str(new_id()),
        sent_from=PHONE,
        sent_to="+14155550100",
        body=body,
        raw={},
        patient_id=patient.id,
        matched=marks,
        **fields | more,
    )
    with open_db() as db:
        db.add(reply)
    return reply
