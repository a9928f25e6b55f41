"""The inbox, as people at the desk use it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, select

from followup.actions import alerting
from followup.db import OpenDb, new_id
from followup.models import Alert, AuditEntry, Clinic, Consent, Message, Patient, Reply
from followup.terms import Channel, Consented, ConsentSource, Label, Purpose, Role
from tests.conftest import on_one_database
from tests.web.conftest import NOW, PHONE, given

from .conftest import AddReply, Hire, Person, alert_of

STRANGER = "+12125550999"


@pytest.fixture
def add_patient(open_db: OpenDb, clinic: Clinic) -> Callable[..., Patient]:
    def add(given_name: str = "Bo", family_name: str = "Ek", **more: Any) -> Patient:
        one = Patient(id=new_id(), clinic_id=clinic.id, given_name=given_name, family_name=family_name, **more)
        one.created_at = NOW
        with open_db() as db:
            db.add(one)
        return one

    return add


def change(open_db: OpenDb, table: Any, row_id: UUID, **fields: Any) -> None:
    with open_db() as db:
        row = db.get_one(table, row_id)
        for name, value in fields.items():
            setattr(row, name, value)


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_who_needs_a_person_comes_first_and_the_worst_of_them(
    admin: Person, add_reply: AddReply, add_patient: Callable[..., Patient]
) -> None:
    add_reply("thanks", Label.THANKS, whose=add_patient("Jo", "Quiet", phone="+12125550101"))
    add_reply("can I run", Label.QUESTION, whose=add_patient("Bo", "Asks", phone="+12125550102"))
    add_reply("tingling", Label.NERVE, whose=add_patient("Ro", "Tingles", phone="+12125550103"))
    add_reply("cannot breathe", Label.EMERGENCY, whose=add_patient("Al", "Gasps", phone="+12125550104"))
    page = admin.get("/inbox").text

    places = [page.index(name) for name in ("Al Gasps", "Ro Tingles", "Bo Asks")]
    assert places == sorted(places)
    assert "Jo Quiet" not in page
    assert "Jo Quiet" in admin.get("/inbox?view=all").text


@on_one_database
def test_an_empty_inbox_says_what_is_true(admin: Person) -> None:
    assert "Nobody needs you now" in admin.get("/inbox").text
    assert "You have no open alert" in admin.get("/inbox?view=mine").text
    assert "Every reply has its patient" in admin.get("/inbox?view=unknown").text
    assert "Nobody has written yet" in admin.get("/inbox?view=all").text


@on_one_database
def test_the_matched_words_are_marked_and_markup_stays_text(
    admin: Person, add_reply: AddReply, patient: Patient
) -> None:
    body = "<b>still</b> tingling & numb"
    matched = [{"label": "nerve", "words": "tingling", "start": 13, "end": 21}]
    add_reply(body, Label.NERVE, matched=matched)
    page = admin.get(f"/inbox/{patient.id}").text

    assert "&lt;b&gt;still&lt;/b&gt; <mark>tingling</mark> &amp; numb" in page
    assert "Nerve: tingling" in page


def test_whoever_opens_a_conversation_has_seen_it_and_is_in_the_audit_log(
    admin: Person, hire: Hire, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    reply = add_reply("can I run", Label.QUESTION)
    admin.get(f"/inbox/{patient.id}/news?since=20200101T000000.000000Z", headers={"X-Unattended": "yes"})
    with open_db() as db:
        assert db.get_one(Reply, reply.id).seen_by is None
    admin.get(f"/inbox/{patient.id}")
    hire(Role.DESK).get(f"/inbox/{patient.id}")
    with open_db() as db:
        assert db.get_one(Reply, reply.id).seen_by == "ines@oak.example"
        seen = db.scalars(select(AuditEntry.did_by).where(AuditEntry.did == "see")).all()
    assert len(seen) == 2


def test_an_answer_leaves_once_in_the_name_of_whoever_wrote_it(
    admin: Person, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    add_reply("can I run", Label.QUESTION)
    here, once = f"/inbox/{patient.id}", str(new_id())
    for _ in range(2):
        sent = admin.fill(f"{here}/answer", on=here, text="Yes, gently.", once=once)
        assert (sent.status_code, sent.headers["Location"]) == (303, here)
    with open_db() as db:
        [message] = db.scalars(select(Message)).all()

    assert (message.wording, message.values) == ("by-hand", {"text": "Yes, gently."})
    page = admin.get(here).text
    assert "Yes, gently." in page
    assert "Ines Moreau" in page


@on_one_database
def test_a_refused_answer_keeps_what_was_typed(admin: Person, add_reply: AddReply, patient: Patient) -> None:
    add_reply("can I run", Label.QUESTION)
    here = f"/inbox/{patient.id}"
    refused = admin.fill(f"{here}/answer", on=here, text="long " * 80)

    assert refused.status_code == 422
    assert "segments, and 2 are the most" in refused.text
    assert "long long" in refused.text


@on_one_database
def test_quick_answers_speak_the_patients_language_and_work_without_scripts(
    admin: Person, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    add_reply("hola", Label.QUESTION)
    change(open_db, Patient, patient.id, language="es")
    page = admin.get(f"/inbox/{patient.id}?quick=call").text

    assert "Le llamaremos a este teléfono en cuanto podamos. ¿Emergencia? Llame al 911.</textarea>" in page


@on_one_database
def test_the_length_of_a_text_is_counted_as_it_will_be(admin: Person, add_reply: AddReply, patient: Patient) -> None:
    add_reply("can I run", Label.QUESTION)
    counted = admin.fill(f"/inbox/{patient.id}/count", on=f"/inbox/{patient.id}", text="a" * 200).text

    assert "2 segments" in counted
    assert "Leaves at once." in counted


@on_one_database
def test_who_stopped_our_texts_is_to_be_phoned(
    admin: Person, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    add_reply("STOP. my arm tingles", Label.NERVE, Label.STOP)
    with open_db() as db:
        for purpose in Purpose:
            line = given(patient, Channel.SMS, purpose)
            line.says, line.source = Consented.WITHDRAWN, ConsentSource.REPLY
            db.add(line)
    change(open_db, Alert, alert_of(open_db).id, must_phone=True)
    here = f"/inbox/{patient.id}"
    page = admin.get(here).text

    assert "A text cannot go: phone them." in page
    assert "They stopped our texts" in page
    assert f'href="tel:{PHONE}"' in page
    assert "<textarea" in page  # the note of the alert, and no composer
    assert 'name="text"' not in page
    assert admin.fill(f"{here}/answer", on=here, text="hello").status_code == 422
    with open_db() as db:
        assert db.scalars(select(Consent).where(Consent.says == Consented.WITHDRAWN)).first()
        assert db.scalars(select(Message).where(Message.wording == "by-hand")).all() == []


def test_a_person_says_what_a_reply_is_about(
    admin: Person, add_reply: AddReply, patient: Patient, open_db: OpenDb
) -> None:
    reply, here = add_reply("my leg", Label.QUESTION), f"/inbox/{patient.id}"
    admin.fill(f"/replies/{reply.id}/label", on=here, label="nerve", was="")
    with open_db() as db:
        kept = db.get_one(Reply, reply.id)

    assert (kept.labels, kept.relabelled, kept.relabelled_by) == (["question"], Label.NERVE, "ines@oak.example")
    assert alert_of(open_db).label is Label.NERVE
    late = admin.fill(f"/replies/{reply.id}/label", on=here, label="thanks", was="")
    assert (late.status_code, "has just said what this is about" in late.text) == (409, True)


def test_a_reply_from_a_shared_phone_is_given_to_its_patient(
    admin: Person, add_reply: AddReply, add_patient: Callable[..., Patient], open_db: OpenDb
) -> None:
    other = add_patient("Sam", "Achterberg", phone=PHONE)
    reply = add_reply("he is an 8", Label.UNCLEAR, whose=None)
    assert PHONE in admin.get("/inbox?view=unknown").text
    page = admin.get(f"/inbox/{reply.id}").text
    assert "Several patients get texts on this phone" in page
    assert "Sam Achterberg" in page
    assert 'name="text"' not in page
    given_to = admin.fill(
        f"/inbox/{reply.id}/whose", on=f"/inbox/{reply.id}", patient=str(other.id), reply=str(reply.id)
    )

    assert given_to.headers["Location"] == f"/inbox/{other.id}"
    with open_db() as db:
        assert (db.get_one(Reply, reply.id).patient_id, db.get_one(Reply, reply.id).read_at) == (other.id, None)
    assert admin.get(f"/inbox/{reply.id}").headers["Location"] == f"/inbox/{other.id}"


def test_the_patient_of_an_unknown_number_is_found_by_name(
    admin: Person, add_reply: AddReply, add_patient: Callable[..., Patient]
) -> None:
    joe = add_patient("Joe", "Lindqvist", phone="+12125550777")
    reply = add_reply("this is joes wife", Label.UNCLEAR, whose=None, sent_from=STRANGER)

    assert str(joe.id) not in admin.get(f"/inbox/{reply.id}").text
    assert str(joe.id) in admin.get(f"/inbox/{reply.id}?find=lindq").text
    assert str(joe.id) in admin.get(f"/inbox/{reply.id}/find?find=joe").text
    assert "Nobody is found by" in admin.get(f"/inbox/{reply.id}?find=zzz").text
    nobody = admin.fill(f"/inbox/{reply.id}/whose", on=f"/inbox/{reply.id}", reply=str(reply.id))
    assert (nobody.status_code, "Choose the patient" in nobody.text) == (422, True)


def test_news_are_offered_and_move_nothing(admin: Person, add_reply: AddReply, patient: Patient) -> None:
    add_reply("can I run", Label.QUESTION, received_at=NOW + timedelta(minutes=1))
    since = NOW.strftime("%Y%m%dT%H%M%S.%fZ")

    assert "1 new reply: show" in admin.get(f"/inbox/news?since={since}").text
    here = admin.get(f"/inbox/{patient.id}/news?since={since}").text
    assert 'id="thread-news" hx-swap-oob="true"><a' in here
    assert 'id="list-news" class="inbox-news" hx-swap-oob="true"></div>' in here
    assert "show" not in admin.get("/inbox/news?since=nonsense").text


@pytest.mark.parametrize("view", ["needs", "all", "unknown"])
def test_hundreds_of_conversations_come_page_by_page(
    admin: Person, add_reply: AddReply, view: str, patient: Patient
) -> None:
    assert patient.id
    for number in range(53):
        add_reply("who am I", Label.UNCLEAR, whose=None, sent_from=f"+1212556{number:04}", received_at=at(number))
    first = admin.get(f"/inbox?view={view}").text
    [after] = {part.split('"')[0] for part in first.split("after=")[1:]}
    rest = admin.get(f"/inbox?view={view}&after={after}").text

    assert (first.count('class="thread '), rest.count('class="thread ')) == (50, 3)
    assert admin.get("/inbox?view=all&after=x").status_code == 400


def at(number: int) -> datetime:
    return NOW - timedelta(hours=2) + timedelta(minutes=number)


@on_one_database
def test_a_long_conversation_takes_no_more_statements_and_goes_back_in_time(
    admin: Person, add_reply: AddReply, engine: Engine, patient: Patient
) -> None:
    counts, here = [], f"/inbox/{patient.id}"
    for size in (3, 60):
        for number in range(size):
            add_reply(f"word {size} {number}", Label.THANKS, received_at=at(number))
        admin.get(here)
        with counting(engine) as statements:
            page = admin.get(here).text
        counts.append(len(statements))
    assert counts[0] == counts[1]
    before = page.split("before=")[1].split('"')[0]

    assert "word 60 59" in page
    assert "word 60 59" not in admin.get(f"{here}?before={before}").text
    assert "word 3 0" in admin.get(f"{here}?before={before}").text


@on_one_database
@pytest.mark.parametrize(
    "path", ["/inbox/018f0000-0000-7000-8000-000000000000", "/alerts/018f0000-0000-7000-8000-000000000000"]
)
def test_what_does_not_exist_is_not_found(admin: Person, path: str) -> None:
    assert admin.get(path).status_code == 404


def test_a_reply_that_somebody_else_wrote_is_moved_and_what_stays_is_said(
    admin: Person, add_reply: AddReply, add_patient: Callable[..., Patient], patient: Patient, open_db: OpenDb
) -> None:
    reply = add_reply("still tingling", Label.NERVE)
    other, here = add_patient("Bo", "Other", phone="+12125550102"), f"/inbox/{patient.id}"
    with open_db() as db:
        alerting.take(db, alert=db.scalars(select(Alert)).one(), by="Kim", now=NOW)
    offered = admin.get(here).text
    asked = admin.get(f"{here}?whose={reply.id}&find=Bo").text
    nobody = admin.fill(f"{here}/whose", on=here, reply=str(reply.id))
    moved = admin.fill(f"{here}/whose", on=here, reply=str(reply.id), patient=str(other.id))
    said = admin.get(f"/inbox/{other.id}").text
    late = admin.fill(f"{here}/whose", on=here, reply=str(reply.id), patient=str(other.id))

    assert f'href="{here}?whose={reply.id}#whose"' in offered
    assert "It goes to whom you choose" in asked
    assert f'name="patient" value="{other.id}"' in asked
    assert (nobody.status_code, "Choose whose it is instead." in nobody.text) == (422, True)
    assert (moved.status_code, moved.headers["Location"]) == (303, f"/inbox/{other.id}")
    assert "stays: close it there" in said
    assert late.status_code == 409
