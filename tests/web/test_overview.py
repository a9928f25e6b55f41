from datetime import timedelta
from pathlib import Path

from followup.db import OpenDb
from followup.models import Patient, Switch
from followup.terms import Channel, Reason, Status

from .conftest import NOW, PHONE, AddMessage, Browser

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_an_empty_service_says_what_to_type(practice: Browser) -> None:
    text = practice.get("/").text

    assert "No treatment session is recorded yet" in text
    assert "followup clock --skip 1d" in text


def test_what_it_says_to_type_is_what_the_examples_say(practice: Browser) -> None:
    text, examples = practice.get("/").text, (EXAMPLES / "README.md").read_text("utf-8")

    for command in ("followup clock --to 2027-03-20T22:30:00Z", "followup import examples/treatments.csv"):
        assert command in text
        assert command in examples


def test_what_left_stands_newest_first(practice: Browser, add_message: AddMessage) -> None:
    early = add_message(status=Status.SENT, left_at=NOW - timedelta(days=2))
    late = add_message(status=Status.DELIVERED, left_at=NOW - timedelta(hours=2))
    text = practice.get("/").text

    assert text.index(str(late.id)) < text.index(str(early.id))
    assert "Nothing more is owed" in text


def test_what_will_leave_stands_soonest_first(practice: Browser, add_message: AddMessage) -> None:
    later = add_message(due_at=NOW + timedelta(days=2))
    sooner = add_message(due_at=NOW + timedelta(hours=2), channel=Channel.EMAIL)
    text = practice.get("/").text

    assert text.index(str(sooner.id)) < text.index(str(later.id))
    assert "Thu 12 Nov, 14:42" in text  # where the patient is
    assert "19:42 UTC" in text
    assert "Nothing has left yet" in text


def test_what_was_held_back_says_why(practice: Browser, add_message: AddMessage, open_db: OpenDb) -> None:
    add_message(status=Status.SKIPPED, reason=Reason.ALREADY_BOOKED)
    owed = add_message(due_at=NOW + timedelta(days=1))
    with open_db() as db:
        db.get_one(Patient, owed.patient_id).phone_failed_at = NOW
    text = practice.get("/").text

    assert Reason.ALREADY_BOOKED.sentence in text
    assert Reason.BAD_ADDRESS.sentence in text


def test_a_list_ends_after_fifty(practice: Browser, add_message: AddMessage) -> None:
    for _ in range(51):
        add_message()
    text = practice.get("/").text

    assert text.count("<tr>\n        <td") == 50
    assert "the next 50" in text


def test_the_page_names_nobody(practice: Browser, add_message: AddMessage) -> None:
    add_message(status=Status.SENT, left_at=NOW, body="Oak Clinic: Hi Rosalind")
    add_message()
    text = practice.get("/").text

    assert not [word for word in ("Rosalind", "Achterberg", PHONE, "r@post.example") if word in text]


def test_the_page_tells_the_time_and_a_pause(practice: Browser, add_message: AddMessage, open_db: OpenDb) -> None:
    add_message()
    with open_db() as db:
        db.add(Switch(name="sending", off_at=NOW, off_by="desk"))
    text = practice.get("/").text

    assert "Thu 12 Nov, 17:42 UTC" in text
    assert "Sending is paused." in text


def test_it_refreshes_with_and_without_a_script(practice: Browser) -> None:
    text = practice.get("/").text

    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in text
    assert practice.get("/static/live.js").status_code == 200
    assert "style=" not in text


def test_nothing_is_shown_while_live(browser: Browser, add_message: AddMessage) -> None:
    message = add_message()
    answer = browser.get("/", headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert str(message.id) not in answer.text
