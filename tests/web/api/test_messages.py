from typing import Any
from uuid import uuid4

import pytest

from followup.messages.gateway import Uncertain
from followup.terms import Status
from tests.builders import Clinic, local

from .conftest import Api, body

NOON = local(7, 12)


@pytest.fixture
def recorded(api: Api) -> dict[str, dict[str, Any]]:
    """The messages of one treatment session, by step."""
    return {message["step"]: message for message in api.post("/treatments", body()).json()["messages"]}


def test_messages_are_listed_by_due_time_and_chosen(api: Api, clinic: Clinic, recorded: dict[str, Any]) -> None:
    clinic.tick(NOON)
    patient = recorded["check-in"]["patient"]

    assert [item["step"] for item in api.get("/messages")["items"]] == list(recorded)
    assert [item["step"] for item in api.get("/messages", status="sent")["items"]] == ["what-to-expect"]
    due = api.get("/messages", patient=patient, due_from="2027-06-08T00:00Z", due_to="2027-06-10T00:00-04:00")
    assert [item["step"] for item in due["items"]] == ["check-in", "still-or-gone"]
    assert due["next_cursor"] is None
    assert api.get("/messages", patient=str(uuid4()))["items"] == []


def test_pages_follow_each_other(api: Api) -> None:
    for number in range(7):
        api.post("/treatments", body(f"T{number}", patient={"given_name": f"Ada {number}"}))
    first = api.get("/messages")
    second = api.get("/messages", cursor=first["next_cursor"])
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (50, 6, None)
    assert len({item["id"] for item in (*first["items"], *second["items"])}) == 56


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"status": "lost"}, "status"),
        ({"patient": "ada"}, "patient"),
        ({"due_from": "2027-06-08"}, "due_from"),
        ({"due_to": "2027-06-08T10:00"}, "due_to"),
        ({"cursor": "\x00"}, "cursor"),
        ({"cursor": "20270608T100000.000000Z~x"}, "cursor"),
        ({"limit": "9"}, "limit"),
    ],
)
def test_a_wrong_choice_is_named_with_its_mend(quick_api: Api, params: dict[str, str], field: str) -> None:
    answer = quick_api.ask("GET", "/messages", params=params)
    [wrong] = answer.json()["errors"]
    assert (answer.status_code, wrong["field"]) == (422, field)
    assert wrong["mend"]


def test_one_message_tells_its_whole_story(api: Api, clinic: Clinic, recorded: dict[str, Any]) -> None:
    clinic.tick(NOON)
    story = api.get(f"/messages/{recorded['what-to-expect']['id']}")
    assert (story["status"], story["segments"]) == ("sent", 2)
    assert story["body"].startswith("Maple Clinic")
    assert [(one["number"], one["outcome"]) for one in story["attempts"]] == [(1, "accepted")]
    assert story["receipts"] == []


def test_a_person_cancels_moves_and_sends_messages(api: Api, clinic: Clinic, recorded: dict[str, Any]) -> None:
    cancelled = api.post(f"/messages/{recorded['check-in']['id']}/cancel")
    moved = api.post(f"/messages/{recorded['warning-signs']['id']}/reschedule", {"due_at": "2027-06-10T11:30"})
    sent = api.post(f"/messages/{recorded['what-to-expect']['id']}/send-now")

    assert [answer.status_code for answer in (cancelled, moved, sent)] == [200, 200, 200]
    assert cancelled.json()["status"] == "cancelled"
    assert moved.json()["due_local"] == "2027-06-10T11:30:00-04:00"
    assert moved.json()["why"]
    assert sent.json()["due_at"] == "2027-06-07T14:00:00Z"
    clinic.tick(local(7, 10))
    assert clinic.message("what-to-expect").status is Status.SENT


def test_a_time_that_is_over_leads_to_send_now(api: Api, recorded: dict[str, Any]) -> None:
    path = f"/messages/{recorded['check-in']['id']}"
    answer = api.post(f"{path}/reschedule", {"due_at": "2026-06-08T15:00"})
    [wrong] = answer.json()["errors"]
    assert (answer.status_code, wrong["field"]) == (422, "due_at")
    assert "send-now" in wrong["mend"]
    assert api.get(path)["due_at"] == recorded["check-in"]["due_at"]


def test_what_has_left_can_no_longer_be_changed(api: Api, clinic: Clinic, recorded: dict[str, Any]) -> None:
    clinic.tick(NOON)
    path = f"/messages/{recorded['what-to-expect']['id']}"
    answers = [
        api.post(f"{path}/cancel"),
        api.post(f"{path}/send-now"),
        api.post(f"{path}/reschedule", {"due_at": "2027-06-07T15:00"}),
        api.post(f"{path}/settle", {"sent": True}),
    ]
    assert [answer.status_code for answer in answers] == [409] * 4
    assert "is sent" in answers[0].json()["detail"]


@pytest.mark.parametrize(("went", "status"), [(True, "sent"), (False, "failed")])
def test_a_person_settles_what_is_uncertain(
    api: Api, clinic: Clinic, recorded: dict[str, Any], went: bool, status: str
) -> None:
    clinic.sms.answer_next(Uncertain("time-out"))
    clinic.tick(NOON)
    path = f"/messages/{recorded['what-to-expect']['id']}"
    assert api.get(path)["status"] == "uncertain"
    assert api.post(f"{path}/settle", {"sent": went}).json()["status"] == status


@pytest.mark.parametrize("wrong", [{}, {"sent": None}, {"sent": "perhaps"}, {"gone": True}])
def test_settling_needs_a_plain_word(quick_api: Api, wrong: dict[str, Any]) -> None:
    answer = quick_api.post(f"/messages/{uuid4()}/settle", wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "", None),
        ("POST", "/cancel", None),
        ("POST", "/send-now", None),
        ("POST", "/reschedule", {"due_at": "2027-06-07T15:00"}),
        ("POST", "/settle", {"sent": True}),
    ],
)
def test_a_message_that_is_not_there_is_not_found(quick_api: Api, method: str, path: str, sent: Any) -> None:
    missing = uuid4()
    answer = quick_api.ask(method, f"/messages/{missing}{path}", json=sent)
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"There is no message {missing}."
