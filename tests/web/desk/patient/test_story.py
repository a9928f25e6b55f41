"""What was said, in its order, whole or one kind alone."""

import re
from datetime import timedelta

import pytest

from followup.actions import alerting
from followup.db import OpenDb
from followup.models import Clinic, Outcome, Patient, Receipt, Reply
from followup.terms import Channel, Label, Measure, ReceiptKind, Status
from tests.conftest import on_one_database
from tests.web.conftest import NOW, AddMessage
from tests.web.desk.conftest import Person

from .conftest import MARKUP, home, keep_reply


def test_the_story_shows_what_was_said_and_marks_the_words_that_matter(
    carla: Person, open_db: OpenDb, patient: Patient, add_message: AddMessage
) -> None:
    sent = add_message(
        status=Status.DELIVERED, left_at=NOW - timedelta(hours=2), body="Oak Clinic: How are you?", segments=1
    )
    with open_db() as db:
        db.add(
            Receipt(
                channel=Channel.SMS,
                reference="SM1",
                said="delivered",
                kind=ReceiptKind.DELIVERED,
                message_id=sent.id,
                received_at=NOW - timedelta(minutes=119),
            )
        )
    reply = keep_reply(open_db, patient, "still <tingling> in my foot", matched="<tingling>")
    with open_db() as db:
        alert, _ = alerting.hear(
            db,
            reply=db.get_one(Reply, reply.id),
            label=Label.NERVE,
            clinic=db.get(Clinic, patient.clinic_id),
            patient=db.get(Patient, patient.id),
            now=NOW - timedelta(minutes=9),
        )
    text = carla.get(home(patient)).text

    assert "“still <mark>&lt;tingling&gt;</mark> in my foot”" in text
    assert "Oak Clinic: How are you?" in text
    assert "Delivered, Thu 12 Nov, 10:43." in text
    assert "Alert raised" in text
    assert f'href="/alerts/{alert.id}"' in text
    assert text.index("Alert raised") < text.index("Oak Clinic: How are you?")


@on_one_database
def test_a_closed_alert_is_told_with_its_note(carla: Person, open_db: OpenDb, patient: Patient) -> None:
    reply = keep_reply(open_db, patient, "tingling")
    with open_db() as db:
        alert, _ = alerting.hear(
            db,
            reply=db.get_one(Reply, reply.id),
            label=Label.NERVE,
            clinic=None,
            patient=db.get(Patient, patient.id),
            now=NOW - timedelta(minutes=9),
        )
        alerting.resolve(db, alert=alert, note=f"Called. {MARKUP}", by="carla@oak.example", now=NOW)
    text = carla.get(home(patient)).text

    assert "Alert closed by <bdi>Carla Whitt</bdi>" in text
    assert "Called. &lt;script&gt;" in text
    assert "Open alert" not in text


@pytest.mark.parametrize(
    ("show", "has", "lacks"),
    [
        ("messages", "Hello there", "my words"),
        ("replies", "my words", "Hello there"),
        ("scores", "Pain 4 of 10", "my words"),
        ("consent", "We may write", "Hello there"),
    ],
)
def test_a_filter_shows_one_kind_alone(
    carla: Person, open_db: OpenDb, patient: Patient, add_message: AddMessage, show: str, has: str, lacks: str
) -> None:
    add_message(status=Status.SENT, left_at=NOW, body="Hello there")
    keep_reply(open_db, patient, "my words", labels=[])
    with open_db() as db:
        db.add(Outcome(patient_id=patient.id, measure=Measure.PAIN, value=4, measured_at=NOW, measured_by="patient"))
    story = carla.get(f"{home(patient)}?show={show}").text.partition('id="story"')[2].partition("</section>")[0]

    assert has in story
    assert lacks not in story


def test_a_long_story_goes_on_page_by_page(carla: Person, patient: Patient, add_message: AddMessage) -> None:
    for number in range(60):
        left = NOW - timedelta(days=number)
        add_message(status=Status.SENT, due_at=left, left_at=left, body=f"Text number {number}.")
    first = carla.get(f"{home(patient)}?show=messages").text
    later = re.search(r'href="([^"]*cursor=[^"]*)#story"', first)
    assert later
    second = carla.get(later[1].replace("&amp;", "&")).text

    assert "Text number 0." in first
    assert "Text number 59." not in first
    assert "Text number 59." in second
    assert "Text number 0." not in second
    assert ">Newest</a>" in second
