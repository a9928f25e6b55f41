"""A patient's page, as people at the desk use it."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, select

from followup.actions import alerting, message_pages, planning
from followup.actions.enrolling import record_treatment
from followup.actions.entries import parse_entry
from followup.actions.fields import Place
from followup.db import OpenDb, new_id
from followup.models import (
    Alert,
    AuditEntry,
    Clinic,
    Consent,
    Message,
    Outcome,
    Patient,
    Receipt,
    Reply,
    TreatmentSession,
)
from followup.models.facts import latest_consents
from followup.terms import Channel, Consented, ConsentSource, Label, Measure, Purpose, ReceiptKind, Role, Status
from tests.builders import default_plan
from tests.web.conftest import NOW, PHONE, AddMessage, on_one_database

from .conftest import Hire, Person

Treat = Callable[..., TreatmentSession]
MARKUP = '<script>alert("x")</script><b>Zoë'
HEBREW = "שרה כהן"


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


def act(person: Person, patient: Patient, message: Message, path: str, **fields: Any) -> Any:
    """Press a button beside a message as it is shown now; `shown` is an older look at it."""
    seen = fields.pop("shown", message)
    version = message_pages.version_of(seen.status, seen.due_at)
    return person.fill(f"{home(patient)}/messages/{message.id}/{path}", on=home(patient), version=version, **fields)


def add_reply(open_db: OpenDb, patient: Patient, body: str, *, matched: str = "", **more: Any) -> Reply:
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


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def test_the_page_tells_what_will_leave_with_its_reasons(carla: Person, patient: Patient, treat: Treat) -> None:
    treat(regions=["lower_back"], baseline_pain=6)
    text = carla.get(home(patient)).text

    assert "<bdi>Rosalind Achterberg</bdi>" in text
    assert "English, New York time" in text
    assert text.index("Change score") < text.index("Warning signs") < text.index("What to expect")
    assert "Thu 12 Nov, 13:42" in text
    assert "Day 3, at 10:00, after the treatment session that ended Thu 12 Nov 11:42." in text
    assert "Only if needed" in text
    assert "6 before treatment on 12 Nov." in text


def test_looking_at_a_patient_is_kept(carla: Person, open_db: OpenDb, patient: Patient) -> None:
    carla.get(home(patient))
    carla.get(home(patient))
    with open_db() as db:
        seen = db.scalars(select(AuditEntry.did_by).where(AuditEntry.did == "see")).all()

    assert seen == ["carla@oak.example"]


def test_nobody_is_not_found(carla: Person, patient: Patient) -> None:
    assert carla.get(f"/patients/{new_id()}").status_code == 404
    assert carla.get(f"{home(patient)}?show=secrets").status_code == 404
    assert carla.get(f"{home(patient)}?cursor=none").status_code == 404


def test_a_new_patient_has_an_empty_story_and_no_score(carla: Person, open_db: OpenDb, clinic: Clinic) -> None:
    patient = Patient(clinic_id=clinic.id, given_name="Al", created_at=NOW)
    with open_db() as db:
        db.add(patient)
    text = carla.get(home(patient)).text

    assert "Nothing here yet" in text
    assert "No score yet." in text
    assert "Phone this patient." in text


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
    reply = add_reply(open_db, patient, "still <tingling> in my foot", matched="<tingling>")
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


def test_a_closed_alert_is_told_with_its_note(carla: Person, open_db: OpenDb, patient: Patient) -> None:
    reply = add_reply(open_db, patient, "tingling")
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
    add_reply(open_db, patient, "my words", labels=[])
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


def version(person: Person, patient: Patient, form: str) -> str:
    text = person.get(home(patient)).text.partition(f'action="{home(patient)}/{form}"')[2]
    found = re.search(r'name="version" value="([^"]*)"', text)
    assert found
    return found[1]


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


def consent(person: Person, patient: Patient, **fields: Any) -> Any:
    shown = fields.pop("version", None) or version(person, patient, "consent")
    return person.fill(f"{home(patient)}/consent", on=home(patient), version=shown, **fields)


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


def write(person: Person, patient: Patient, text: str, **more: Any) -> Any:
    return person.fill(f"{home(patient)}/write", on=home(patient), text=text, channel="sms", **more)


def test_a_text_by_hand_leaves_in_our_name(carla: Person, open_db: OpenDb, patient: Patient) -> None:
    assert write(carla, patient, "Ines will call you at 3.").status_code == 303
    message = of_step(open_db, "by-hand")

    assert (message.due_at, message.values) == (NOW, {"text": "Ines will call you at 3."})
    text = carla.get(home(patient)).text
    assert "On its way." in text
    assert "Written by <bdi>Carla Whitt</bdi>" in text


def test_a_text_that_is_too_long_or_empty_is_kept_in_the_form(carla: Person, open_db: OpenDb, patient: Patient) -> None:
    long = write(carla, patient, "Please call us. " * 30)
    assert long.status_code == 422
    assert "segments, and 2 are the most" in long.text
    assert "Please call us. Please call us." in long.text
    assert write(carla, patient, " ").status_code == 422
    with open_db() as db:
        assert db.scalars(select(Message)).all() == []


@on_one_database
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Hello", "1 segment<"),
        ("Please call us. " * 12, "2 segments: costs as much as 2 texts"),
        ("Please call us. " * 30, "too long, 2 are the most"),
        ("Dzień dobry", "“<bdi>ń</bdi>” is not in the alphabet of plain texts"),
        ("", "It leaves at once."),
    ],
)
def test_while_someone_types_the_cost_is_told(carla: Person, patient: Patient, text: str, says: str) -> None:
    part = carla.fill(f"{home(patient)}/write/draft", on=home(patient), text=text, channel="sms").text

    assert says in part
    assert "<html" not in part


def test_a_patient_in_a_quiet_place_is_written_to_in_the_morning(
    carla: Person, open_db: OpenDb, patient: Patient
) -> None:
    with open_db() as db:
        db.get_one(Patient, patient.id).zone = "Asia/Tokyo"  # where it is 02:42 now
    part = carla.fill(f"{home(patient)}/write/draft", on=home(patient), text="Hello", channel="sms").text
    assert "It is quiet where they are, so it leaves Fri 13 Nov, 09:00." in part
    write(carla, patient, "Hello")
    assert "It leaves Fri 13 Nov, 09:00: it is quiet until then." in carla.get(home(patient)).text

    add_reply(open_db, patient, "are you there?")
    part = carla.fill(f"{home(patient)}/write/draft", on=home(patient), text="Hello", channel="sms").text
    assert "They wrote within a day, so it leaves at once" in part


def about(person: Person, patient: Patient, **fields: Any) -> Any:
    typed: dict[str, Any] = {
        "given_name": "Rosalind",
        "family_name": "Achterberg",
        "phone": PHONE,
        "email": "r@post.example",
    }
    path = f"{home(patient)}/about"
    return person.fill(path, **typed | {"language": "en", "zone": "", "minimal": ""} | fields)


def test_a_patient_is_corrected_and_what_is_owed_follows(
    carla: Person, open_db: OpenDb, patient: Patient, treat: Treat
) -> None:
    treat()
    answer = about(carla, patient, given_name="Rosa", phone="", language="es", zone="America/Denver", minimal="yes")
    assert answer.status_code == 303
    with open_db() as db:
        now = db.get_one(Patient, patient.id)
        kept = db.scalars(select(AuditEntry).where(AuditEntry.did == "change")).one()

    assert (now.given_name, now.phone, now.language, now.zone, now.minimal) == (
        "Rosa",
        None,
        "es",
        "America/Denver",
        True,
    )
    assert now.email == "r@post.example"
    assert of_step(open_db, "check-in").channel is Channel.EMAIL
    assert kept.details == {"fields": ["given_name", "phone", "language", "zone", "minimal"]}


@on_one_database
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"given_name": " "}, "Write the name by which you know them."),
        ({"zone": "Denver"}, "is &#34;Denver&#34;, which is no time zone"),
        ({"language": "?"}, "which is no language code"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    carla: Person, open_db: OpenDb, patient: Patient, fields: dict[str, str], says: str
) -> None:
    answer = about(carla, patient, **fields)

    assert answer.status_code == 422
    assert says in answer.text
    with open_db() as db:
        assert db.get_one(Patient, patient.id).given_name == "Rosalind"


def test_a_number_that_cannot_get_texts_is_kept_and_says_why(carla: Person, patient: Patient) -> None:
    assert about(carla, patient, phone="+44 20 7946 0018").status_code == 303
    text = carla.get(home(patient)).text

    assert "<bdi>+44 20 7946 0018</bdi> does not work.</strong> It is a landline, which cannot get texts." in text


def test_the_second_of_two_who_correct_a_patient_is_told(
    carla: Person, admin: Person, open_db: OpenDb, patient: Patient
) -> None:
    seen = carla.hidden(f"{home(patient)}/about", "version")
    assert seen
    about(admin, patient, given_name="Rosa")
    answer = about(carla, patient, given_name="Rosalinda", version=seen)

    assert answer.status_code == 409
    assert "Ines Moreau changed this" in answer.text
    assert 'value="Rosalinda"' in answer.text
    with open_db() as db:
        assert db.get_one(Patient, patient.id).given_name == "Rosa"


def test_high_risk_and_precautions_stand_at_the_top_in_words(carla: Person, patient: Patient, treat: Treat) -> None:
    treat(regions=["upper_back"], precautions=["blood_thinner", "pregnancy"], first_treatment=True)
    text = carla.get(home(patient)).text.partition('id="story"')[0]

    assert "High risk: first treatment, upper back, blood thinner." in text
    assert "Precautions: blood thinner, pregnancy." in text
    assert "should be asked first" in text


def test_who_shares_the_phone_is_named(carla: Person, open_db: OpenDb, patient: Patient, clinic: Clinic) -> None:
    assert "theirs alone" in carla.get(home(patient)).text
    with open_db() as db:
        db.add(Patient(clinic_id=clinic.id, given_name=HEBREW, phone=PHONE, created_at=NOW))

    assert f'shared with <a href="/patients/{_only_other(open_db, patient)}"><bdi>{HEBREW} </bdi>' in (
        carla.get(home(patient)).text
    )


def _only_other(open_db: OpenDb, patient: Patient) -> UUID:
    with open_db() as db:
        return db.scalars(select(Patient.id).where(Patient.id != patient.id)).one()


def test_markup_in_anything_that_people_wrote_is_shown_as_text(
    carla: Person, open_db: OpenDb, patient: Patient, treat: Treat, add_message: AddMessage
) -> None:
    treat(practitioner=MARKUP)
    add_reply(open_db, patient, MARKUP)
    add_message(status=Status.SENT, left_at=NOW, body=MARKUP)
    consent(carla, patient, sms_booking="no", method=MARKUP)
    about(carla, patient, given_name=MARKUP)
    for path in (home(patient), f"{home(patient)}/about"):
        text = carla.get(path).text
        assert "<script>" not in text
        assert "<b>" not in text
        assert "style=" not in text


def test_the_pain_is_drawn_with_its_sessions(carla: Person, open_db: OpenDb, patient: Patient, treat: Treat) -> None:
    first = treat(ended_at=NOW - timedelta(days=40), now=NOW - timedelta(days=40), baseline_pain=7)
    treat(baseline_pain=5)
    with open_db() as db:
        db.add(
            Outcome(
                patient_id=patient.id,
                treatment_id=first.id,
                measure=Measure.PAIN,
                value=6,
                measured_at=NOW - timedelta(days=33),
                measured_by="patient",
            )
        )
    text = carla.get(home(patient)).text

    assert "7 before treatment on 3 Oct, 6 afterwards on 10 Oct, 5 before treatment on 12 Nov." in text
    assert text.count('class="chart-session"') == 4
    assert text.count('class="chart-band"') == 2
    assert "2 points below the first score, or more" in text


def test_a_crowded_page_asks_no_more_of_the_database_than_an_empty_one(
    carla: Person, engine: Engine, open_db: OpenDb, patient: Patient, treat: Treat, add_message: AddMessage
) -> None:
    def fill(many: int) -> None:
        for number in range(many):
            treat(ended_at=NOW - timedelta(days=3 * number, hours=2), baseline_pain=5, now=NOW)
            add_message(status=Status.SENT, left_at=NOW - timedelta(hours=number), body="x")
            add_message(status=Status.SCHEDULED)
            add_message(status=Status.FAILED)
            reply = add_reply(open_db, patient, "tingling")
            with open_db() as db:
                alert = Alert(
                    once_key=str(reply.id),
                    patient_id=patient.id,
                    cause="reply",
                    label=Label.NERVE,
                    raised_at=NOW - timedelta(hours=number),
                    answer_by=NOW,
                    told=1,
                )
                db.add(alert)
                db.add(
                    Outcome(
                        patient_id=patient.id, measure=Measure.PAIN, value=4, measured_at=NOW, measured_by="patient"
                    )
                )

    fill(2)
    carla.get(home(patient))
    with counted(engine) as few:
        assert carla.get(home(patient)).status_code == 200
    fill(14)
    with counted(engine) as many:
        assert carla.get(home(patient)).status_code == 200

    assert len(many) <= len(few)
