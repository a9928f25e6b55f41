import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from followup.db import OpenDb, new_id
from followup.models import Alert, Clinic, Message, Patient, Reply
from followup.terms import AlertCause, Channel, Label, Origin, Purpose, Reason, Role, Status
from tests.conftest import on_one_database
from tests.web.conftest import NOW, PHONE, AddMessage

from .conftest import Hire, Person

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SCRIPT = {"HX-Request": "true"}
MARKUP = "<script>alert(1)</script>"

Raise = Callable[..., UUID]
Hear = Callable[..., UUID]


@pytest.fixture
def raise_alert(open_db: OpenDb, patient: Patient) -> Raise:
    """An alert of the patient, an hour before it should be taken."""

    def raise_alert(**fields: Any) -> UUID:
        given = {"id": new_id(), "clinic_id": patient.clinic_id, "patient_id": patient.id, "cause": AlertCause.REPLY}
        given |= {"label": Label.NERVE, "raised_at": NOW, "answer_by": NOW + HOUR} | fields
        alert = Alert(once_key=f"alert:{given['id']}", **given)
        with open_db() as db:
            db.add(alert)
        return alert.id

    return raise_alert


@pytest.fixture
def hear(open_db: OpenDb, patient: Patient) -> Hear:
    """Something that the patient wrote, understood already."""

    def hear(body: str, **fields: Any) -> UUID:
        given = {"id": new_id(), "patient_id": patient.id, "labels": ["question"], "received_at": NOW - MINUTE}
        given |= {"channel": Channel.SMS, "sent_from": PHONE, "sent_to": "+14155550100", "raw": {}} | fields
        reply = Reply(reference=f"IN-{given['id']}", body=body, read_at=NOW, **given)
        with open_db() as db:
            db.add(reply)
        return reply.id

    return hear


def rows(text: str) -> list[str]:
    """Each row of the list, without tags."""
    found = re.findall(r'<li class="need[ "].*?</li>', text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in found]


def shown(text: str) -> str:
    found = re.search(r'id="shown" name="shown" value="([^"]*)"', text)
    assert found
    return found[1]


@on_one_database
def test_an_empty_day_says_so_and_what_comes_next(admin: Person) -> None:
    text = admin.get("/").text

    assert "Thursday, 12 November" in text
    assert "Nobody needs you now" in text
    assert "Nothing is scheduled" in text
    assert "Nothing has gone out yet" in text


def test_the_worst_stands_first_then_the_shortest_clock_then_what_somebody_has(
    admin: Person, raise_alert: Raise
) -> None:
    raise_alert(label=Label.URGENT, taken_at=NOW, taken_by="ines@oak.example")
    raise_alert(label=Label.NERVE, answer_by=NOW + HOUR)
    raise_alert(label=Label.NERVE, raised_at=NOW - HOUR, answer_by=NOW - 6 * MINUTE)
    raise_alert(label=Label.EMERGENCY, answer_by=NOW + 5 * MINUTE)

    assert [re.findall(r"Emergency|Nerve|Urgent", row) for row in rows(admin.get("/").text)] == [
        *(["Emergency"], ["Nerve"], ["Nerve"], ["Urgent"])
    ]
    text = admin.get("/").text
    assert "6 minutes too late" in text
    assert "60 minutes left to take it" in text
    assert "You have it" in text


@on_one_database
def test_a_row_says_who_wrote_what_with_the_words_that_say_so_marked(
    admin: Person, raise_alert: Raise, hear: Hear
) -> None:
    alert_id = raise_alert()
    mark = {"label": "nerve", "words": "tingling", "start": 6, "end": 14}
    hear("still tingling in my foot", labels=["nerve", "question"], matched=[mark], alert_id=alert_id)
    text = admin.get("/").text

    assert "Rosalind Achterberg" in text
    assert "“still <mark>tingling</mark> in my foot”" in text
    assert "Unread replies" not in text


@on_one_database
def test_what_nobody_has_read_stands_there_and_thanks_and_scores_do_not(admin: Person, hear: Hear) -> None:
    hear("can I run?")
    hear("9", labels=["score"])
    hear("thank you", labels=["thanks"])
    hear("read already", seen_at=NOW, seen_by="desk")

    assert [re.findall("“(.*?)”", row) for row in rows(admin.get("/").text)] == [["can I run?"]]


@on_one_database
def test_a_stranger_is_shown_by_number_with_the_question_whose_it_is(admin: Person, hear: Hear) -> None:
    hear("who is this", patient_id=None, sent_from="+12125550999", labels=["unclear"])

    assert rows(admin.get("/").text)[0].startswith("+12125550999 Whose is it?")


def test_whom_nothing_reached_and_who_is_silent_are_to_be_called(
    admin: Person, raise_alert: Raise, add_message: AddMessage
) -> None:
    add_message(status=Status.SKIPPED, reason=Reason.BAD_ADDRESS)
    raise_alert(cause=AlertCause.UNREACHED, label=Label.UNCLEAR)
    raise_alert(cause=AlertCause.SILENCE, label=Label.UNCLEAR)
    text = admin.get("/").text

    assert Reason.BAD_ADDRESS.sentence in text
    assert "No answer to the check-in" in text
    assert text.count(f'href="tel:{PHONE}"') == 2


def test_an_alert_is_taken_with_one_press(admin: Person, raise_alert: Raise, open_db: OpenDb) -> None:
    alert_id = raise_alert()
    answer = admin.fill(f"/alerts/{alert_id}/take", on="/more", back="/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "You have it" in admin.get("/").text
    with open_db() as db:
        assert db.get_one(Alert, alert_id).taken_by == "ines@oak.example"


@on_one_database
def test_without_scripts_one_comes_back_to_the_list_where_it_was_taken(admin: Person, raise_alert: Raise) -> None:
    path, alert_id = "/today/all/alerts", raise_alert()
    assert f'name="back" value="{path}"' in admin.get(path).text

    answer = admin.fill(f"/alerts/{alert_id}/take", on="/more", back=path)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)


@on_one_database
def test_a_script_gets_the_row_back_and_tells_what_was_done(admin: Person, raise_alert: Raise) -> None:
    answer = admin.fill(f"/alerts/{raise_alert()}/take", on="/more", back="/", headers=SCRIPT)

    assert answer.status_code == 200
    assert "You have it" in rows(answer.text)[0]
    assert "data-acted" in answer.text
    assert "announce" in answer.headers["HX-Trigger"]


@pytest.mark.parametrize("headers", [{}, SCRIPT])
def test_who_comes_second_is_told_and_takes_nothing_over(
    admin: Person, hire: Hire, raise_alert: Raise, open_db: OpenDb, headers: dict[str, str]
) -> None:
    alert_id = raise_alert()
    tom = hire(Role.CLINICIAN, name="Tom Adeyemi", email="tom@oak.example")
    tom.fill(f"/alerts/{alert_id}/take", on="/more", back="/")
    answer = admin.fill(f"/alerts/{alert_id}/take", on="/more", back="/", headers=headers)

    assert answer.status_code == 409
    assert "Tom Adeyemi took this at 12:42" in answer.text
    with open_db() as db:
        assert db.get_one(Alert, alert_id).taken_by == "tom@oak.example"


@pytest.mark.parametrize(("went", "status"), [("yes", Status.SENT), ("no", Status.FAILED)])
def test_a_person_settles_what_may_have_gone(
    admin: Person, add_message: AddMessage, open_db: OpenDb, went: str, status: Status
) -> None:
    message = add_message(status=Status.UNCERTAIN, left_at=NOW - MINUTE)
    before = admin.get("/").text
    admin.fill(f"/today/messages/{message.id}/settle", on="/more", went=went)
    again = admin.fill(f"/today/messages/{message.id}/settle", on="/more", went=went)

    assert "Not sure whether it went" in before
    assert "Check in by text" in rows(before)[0]
    with open_db() as db:
        assert db.get_one(Message, message.id).status is status
    assert again.status_code == 409
    assert "It is settled already" in again.text


@on_one_database
def test_an_answer_that_is_neither_yes_nor_no_settles_nothing(admin: Person, add_message: AddMessage) -> None:
    message = add_message(status=Status.UNCERTAIN)
    assert admin.fill(f"/today/messages/{message.id}/settle", on="/more", went="maybe").status_code == 422


def test_what_is_new_is_counted_and_not_put_among_what_is_read(admin: Person, raise_alert: Raise) -> None:
    raise_alert()
    before = shown(admin.get("/").text)
    quiet = admin.get("/today/news", params={"shown": before})
    raise_alert(label=Label.EMERGENCY)
    loud = admin.get("/today/news", params={"shown": before})
    again = admin.get("/today/news", params={"shown": before, "told": "1"})
    brought = admin.get("/today/needs", params={"shown": before})

    assert "HX-Trigger" not in quiet.headers
    assert "1 new: show" in loud.text
    assert rows(loud.text) == []
    assert "1 new that need a person" in loud.headers["HX-Trigger"]
    assert "HX-Trigger" not in again.headers
    assert re.findall(r"data-focus|>Emergency<|>Nerve<", brought.text)[0] == "data-focus"
    assert len(rows(brought.text)) == 2


def test_a_row_that_somebody_else_has_taken_or_that_got_worse_changes_where_it_stands(
    admin: Person, raise_alert: Raise, open_db: OpenDb
) -> None:
    taken, worse, same = raise_alert(), raise_alert(), raise_alert()
    before = shown(admin.get("/").text)
    with open_db() as db:
        alert = db.get_one(Alert, taken)
        alert.taken_at, alert.taken_by = NOW, "Tom"
        db.get_one(Alert, worse).label = Label.EMERGENCY
    answer = admin.get("/today/news", params={"shown": before}).text

    assert len(rows(answer)) == 2
    assert "Tom has it" in " ".join(rows(answer)[:2])
    assert f'id="need-{same.hex}"' not in answer
    assert f'id="ring-{same.hex}" hx-swap-oob="true"' in answer
    assert rows(admin.get("/today/news", params={"shown": shown(answer)}).text) == []


def test_news_of_rows_that_nobody_knows_are_none(admin: Person) -> None:
    for asked in ("", "alerts.zz.open", f"alerts.{'0' * 32}.open", "x" * 30_000):
        assert admin.get("/today/news", params={"shown": asked}).status_code == 200


def test_a_long_group_shows_ten_and_leads_to_the_rest(admin: Person, raise_alert: Raise) -> None:
    for number in range(53):
        raise_alert(answer_by=NOW + number * MINUTE)
    text, first = admin.get("/").text, admin.get("/today/all/alerts").text
    [way] = re.findall(r'href="(/today/all/alerts\?after=[^"]*)"', first)
    second = admin.get(way).text

    assert len(rows(text)) == 10
    assert ">43 more</a>" in text
    assert (len(rows(first)), len(rows(second))) == (50, 3)
    assert not set(re.findall(r'id="need-\w+"', first)) & set(re.findall(r'id="need-\w+"', second))


@on_one_database
@pytest.mark.parametrize("path", ["/today/all/alerts", "/today/all/replies", "/today/all/uncertain", "/messages"])
@pytest.mark.parametrize("cursor", ["x", "0~0~x", "2~0~x", "~~~"])
def test_a_place_in_a_list_that_is_not_ours_is_refused(admin: Person, path: str, cursor: str) -> None:
    assert admin.get(path, params={"after": cursor}).status_code == 400


def test_what_went_out_is_counted_by_status_and_leads_to_its_list(admin: Person, add_message: AddMessage) -> None:
    for status, number in ((Status.DELIVERED, 3), (Status.SENT, 1)):
        for _ in range(number):
            add_message(status=status, due_at=NOW - HOUR, left_at=NOW - HOUR)
    add_message(status=Status.SKIPPED, reason=Reason.ALREADY_BOOKED, due_at=NOW - HOUR)
    add_message(status=Status.DELIVERED, due_at=NOW - 2 * DAY, left_at=NOW - 2 * DAY)
    text = admin.get("/").text
    listed = admin.get("/messages?status=delivered&day=2026-11-12").text

    assert "4 went out" in text
    assert 'href="/messages?status=delivered&amp;day=2026-11-12"><span class="figure-n">3<' in text
    assert "Skipped: 1 already booked" in text
    assert listed.count('data-status="delivered"') == 3


def test_what_leaves_is_drawn_by_hour_and_by_day_in_figures_and_in_words(
    admin: Person, add_message: AddMessage
) -> None:
    add_message(due_at=NOW + 2 * HOUR)
    add_message(due_at=NOW + 2 * HOUR, purpose=Purpose.FEEDBACK)
    add_message(due_at=NOW + DAY, purpose=Purpose.BOOKING)
    add_message(due_at=NOW - HOUR)  # late: it leaves now
    add_message(due_at=NOW + 8 * DAY)
    text = admin.get("/").text

    assert '<desc id="c24d">12:00 1, 14:00 2</desc>' in text
    assert '<desc id="c7d">Thu 3, Fri 1</desc>' in text
    assert "14:00: 1 care, 1 feedback" in text
    assert "3 leave in 24 hours" in text
    assert "quiet hours 20:00 to 09:00" in text


@on_one_database
def test_a_prompt_behind_an_open_alert_is_said_to_wait(
    admin: Person, add_message: AddMessage, raise_alert: Raise
) -> None:
    add_message(due_at=NOW + HOUR, purpose=Purpose.FEEDBACK, origin=Origin.STEP)
    raise_alert()
    text = admin.get("/").text

    assert "1 of them waits for an open alert." in text
    assert "Waits: open alert" in text


def test_the_list_of_what_is_scheduled_goes_on_page_after_page(admin: Person, add_message: AddMessage) -> None:
    for number in range(53):
        add_message(due_at=NOW + number * MINUTE, channel=[Channel.SMS, Channel.EMAIL][number % 2])
    first = admin.get("/messages").text
    [way] = re.findall(r'href="(/messages\?after=[^"]*)"', first)
    second = admin.get(way).text

    times = re.findall(r'<time datetime="(2026[^"]*)" class', first + second)
    assert len(times) == len(set(times)) == 53
    assert times == sorted(times)


@on_one_database
@pytest.mark.parametrize("asked", ["status=none", "day=yesterday", "day=9999-12-31", "day=0001-01-01"])
def test_a_day_or_status_that_there_is_not_is_not_found(admin: Person, asked: str) -> None:
    assert admin.get(f"/messages?{asked}").status_code in (200, 404)


@on_one_database
def test_markup_in_names_and_replies_is_shown_as_text(
    admin: Person, raise_alert: Raise, hear: Hear, add_message: AddMessage, open_db: OpenDb, patient: Patient
) -> None:
    hear(MARKUP, alert_id=raise_alert(taken_at=NOW, taken_by=MARKUP))
    hear(MARKUP, patient_id=None, labels=[])
    add_message(due_at=NOW + HOUR)
    with open_db() as db:
        db.get_one(Patient, patient.id).given_name = MARKUP
    for path in ("/", "/today/all/alerts", "/messages"):
        assert "<script>" not in admin.get(path).text


def test_the_clock_can_be_moved_while_practising_and_not_while_live(practitioner: Person, admin: Person) -> None:
    practitioner.fill("/sign-in/practice", on="/sign-in", role="desk")

    assert "Skip a day" in practitioner.get("/").text
    assert "Skip a day" not in admin.get("/").text


@on_one_database
def test_no_name_and_no_complaint_stands_in_the_title(admin: Person, raise_alert: Raise, hear: Hear) -> None:
    hear("numb", alert_id=raise_alert())
    found = re.search(r"<title.*?</title>", admin.get("/").text)
    assert found
    assert re.sub(r"<[^>]*>", "", found[0]) == "(1) Today · followup"


@on_one_database
def test_who_stopped_our_texts_is_to_be_phoned(admin: Person, raise_alert: Raise, clinic: Clinic) -> None:
    assert clinic.key
    raise_alert(must_phone=True)
    assert "No texts: phone them" in admin.get("/").text
