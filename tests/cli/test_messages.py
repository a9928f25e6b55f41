import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from followup.actions import changing
from followup.cli.commands import app
from followup.db import OpenDb
from followup.messages.gateway import Uncertain
from followup.terms import Channel
from tests.builders import MONDAY, Clinic, local

Configure = Callable[..., None]


@pytest.fixture
def clinic(configure: Configure, open_db: OpenDb, database_url: str) -> Clinic:
    """A clinic on the database that the commands use too."""
    configure(DATABASE_URL=database_url)
    return Clinic(open_db)


def followup(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def listed(*words: str) -> list[dict[str, Any]]:
    page = json.loads(followup("messages", "--json", *words).stdout)
    assert page["next_cursor"] is None
    items: list[dict[str, Any]] = page["items"]
    return items


def test_messages_are_listed_by_due_time_with_their_reasons(clinic: Clinic) -> None:
    clinic.record(consent={"sms": False, "email": False})
    lines = followup("messages").stdout.splitlines()
    assert lines[0].split()[:5] == ["2027-06-07", "12:00", "what-to-expect", "sms", "blocked"]
    assert lines[1].strip() == "The patient has not agreed to this kind of message on this channel."


def test_json_holds_every_message_and_filters_choose(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(8, 11))
    assert len(listed()) == 8
    assert [item["step"] for item in listed("--status", "sent")] == ["what-to-expect", "check-in"]
    assert [item["step"] for item in listed("--due-from", "2027-06-21")] == ["change-score"]
    assert listed("--patient", str(clinic.message("check-in").patient_id)) == listed()


def test_a_message_tells_its_whole_story(clinic: Clinic) -> None:
    clinic.record(ended_at=local(7, 19, 45))
    clinic.run_to(local(7, 19, 50))
    message = clinic.message("what-to-expect")
    story = followup("message", str(message.id)).stdout
    assert story.startswith("what-to-expect by sms: sent\n")
    assert "Mon 7 Jun 21:45 is in quiet hours, so it goes Mon 7 Jun 19:50." in story
    assert "  due 2027-06-07 19:50:00-04:00, not after 2027-06-08 19:45:00+00:00\n" in story
    assert "Attempt 1, " in story
    assert "accepted" in story


def test_a_message_tells_who_moved_and_who_cancelled_it(clinic: Clinic) -> None:
    recorded = clinic.record()
    message = clinic.message("check-in")
    with clinic.open_db() as db:
        changing.reschedule_message(db, message_id=message.id, due_at=local(8, 11), now=MONDAY, by="Kim Osei")
        changing.cancel_treatment(db, treatment_id=recorded.treatment.id, now=local(7, 15), by="booking")
    story = followup("message", str(message.id)).stdout.splitlines()
    assert [line for line in story if " by " in line][1:] == [
        "Moved by Kim Osei, 2027-06-07 14:00:00+00:00",
        "Cancelled by booking, 2027-06-07 19:00:00+00:00",
    ]


def test_a_person_settles_an_uncertain_email_once(clinic: Clinic) -> None:
    clinic.record()
    booking = clinic.message("book-next").id
    clinic.email.answer_next(Uncertain("cut"))
    clinic.run_to(local(12, 10))
    assert clinic.get(booking).channel is Channel.EMAIL
    assert "It may have gone" in followup("message", str(booking)).stdout
    assert followup("message", str(booking), "--settle", "sent").stdout.startswith("book-next by email: sent\n")
    again = followup("message", str(booking), "--settle", "not-sent")
    assert (again.exit_code, again.stderr) == (
        1,
        f"message {booking} is sent, not uncertain; there is nothing to settle.\n",
    )


def test_a_message_that_is_not_there_is_told_in_one_line(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    result = followup("message", str(treatment.id))
    assert (result.exit_code, result.stderr) == (
        1,
        f"There is no message {treatment.id}; followup messages lists them.\n",
    )


def test_a_pause_holds_everything_until_it_is_resumed(clinic: Clinic) -> None:
    clinic.record()
    assert followup("pause", "--why", "wrong number").stdout == "Paused: nothing leaves but alarms.\n"
    assert followup("pause").stdout == "It is paused already.\n"
    clinic.tick(local(7, 12))
    assert clinic.sms.sent == []
    assert followup("resume").stdout == "Resumed.\n"
    assert followup("resume").stdout == "Nothing was paused.\n"
    clinic.tick(local(7, 12))
    assert len(clinic.sms.sent) == 1
    assert clinic.message("what-to-expect").due_at > MONDAY
