from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from followup.actions import keys
from followup.db import OpenDb
from followup.models import AuditEntry, Clinic, Message, Patient, TreatmentSession
from tests.builders import MONDAY
from tests.conftest import on_one_database

from .conftest import Api, body

STEPS = [
    *("what-to-expect", "check-in", "still-or-gone", "warning-signs"),
    *("book-next", "pain-score", "pain-score-reminder", "change-score"),
]


def count(open_db: OpenDb, table: type) -> int:
    with open_db() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def test_recording_tells_every_message_that_is_owed(api: Api) -> None:
    answer = api.post("/treatments", body())
    told = answer.json()

    assert answer.status_code == 201
    assert answer.url.join(answer.headers["Location"]).path == f"/api/v1/treatments/{told['id']}"
    assert [message["step"] for message in told["messages"]] == STEPS
    assert {key: told["messages"][0][key] for key in ("origin", "channel", "due_at", "due_local", "status")} == {
        "origin": "step",
        "channel": "sms",
        "due_at": "2027-06-07T16:00:00Z",
        "due_local": "2027-06-07T12:00:00-04:00",
        "status": "scheduled",
    }
    assert told["patient"]["phone"] == "+12125550123"
    assert (told["plan"], told["plan_version"], told["recorded_by"]) == ("dry-needling", 1, "booking")


def test_what_cannot_go_says_why(api: Api) -> None:
    told = api.post("/treatments", body(consent={"sms": False, "email": False})).json()
    assert told["messages"][0]["blocked"] == "no_consent"
    assert told["messages"][0]["because"].startswith("The patient has not agreed")


def test_a_shift_is_told_with_its_rule(api: Api) -> None:
    told = api.post("/treatments", body(patient={"timezone": "Asia/Tokyo"}, ended_at="2027-06-07T20:00")).json()
    first = told["messages"][0]
    assert first["due_local"].endswith("+09:00")
    assert any("quiet hours" in sentence for sentence in first["why"])


def test_the_same_again_is_the_same(api: Api, open_db: OpenDb) -> None:
    first, second = (api.post("/treatments", body()) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()
    assert second.headers["Location"] == first.headers["Location"]
    assert (count(open_db, TreatmentSession), count(open_db, Message)) == (1, len(STEPS))


def test_other_content_under_the_same_id_is_a_conflict(api: Api) -> None:
    recorded = api.post("/treatments", body()).json()["id"]
    answer = api.post("/treatments", body(baseline_pain=3))
    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        f"external_id 'T1' is already recorded with other content, as treatment session {recorded}; "
        "correct that one (by PATCH, or on its page), or use a new external_id."
    )
    assert answer.url.join(answer.headers["Location"]).path == f"/api/v1/treatments/{recorded}"


def test_two_at_once_record_one(api: Api, open_db: OpenDb) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: api.post("/treatments", body()), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (count(open_db, TreatmentSession), count(open_db, Patient)) == (1, 1)


def test_a_preview_answers_the_same_and_writes_nothing(api: Api, open_db: OpenDb) -> None:
    preview = api.post("/treatments/preview", body())
    assert preview.status_code == 200
    assert [count(open_db, table) for table in (TreatmentSession, Patient, Message)] == [0, 0, 0]

    recorded = api.post("/treatments", body()).json()
    assert without_ids(preview.json()) == without_ids(recorded)


def without_ids(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: without_ids(value) for key, value in told.items() if key not in {"id", "patient_id", "treatment"}}
    if isinstance(told, list):
        return [without_ids(value) for value in told]
    return None if isinstance(told, str) and len(told) == 36 else told


def test_a_preview_of_a_conflict_is_a_conflict(api: Api) -> None:
    recorded = api.post("/treatments", body()).json()["id"]
    answer = api.post("/treatments/preview", body(regions=["neck"]))
    assert answer.status_code == 409
    assert answer.url.join(answer.headers["Location"]).path == f"/api/v1/treatments/{recorded}"


def test_a_recorded_session_can_be_read(api: Api) -> None:
    told = api.post("/treatments", body()).json()
    assert api.get(f"/treatments/{told['id']}") == told


def test_a_correction_moves_what_has_not_left(api: Api, open_db: OpenDb) -> None:
    told = api.post("/treatments", body(ended_at="2027-06-07T08:00")).json()
    answer = api.patch(f"/treatments/{told['id']}", {"ended_at": "2027-06-07T09:30", "patient": {"given_name": ""}})
    moved = answer.json()

    assert answer.status_code == 200
    assert (told["messages"][0]["due_at"], moved["messages"][0]["due_at"]) == (
        "2027-06-07T14:03:00Z",  # recorded at ten o'clock, so three minutes later
        "2027-06-07T15:30:00Z",
    )
    assert (moved["patient"]["given_name"], moved["patient"]["phone"]) == ("Ada", "+12125550123")
    with open_db() as db:
        lines = db.scalars(select(AuditEntry).where(AuditEntry.subject == "treatment").order_by(AuditEntry.id)).all()
    assert [(line.did, line.did_by) for line in lines] == [("record", "booking"), ("change", "booking")]


@pytest.mark.parametrize("empty", ["", None])
def test_a_wrong_number_is_taken_away_and_what_is_owed_goes_by_email(api: Api, empty: str | None) -> None:
    told = api.post("/treatments", body(patient={"timezone": "Asia/Tokyo"})).json()
    answer = api.patch(f"/treatments/{told['id']}", {"patient": {"phone": empty, "timezone": empty}})

    assert answer.status_code == 200
    patient = answer.json()["patient"]
    assert (patient["phone"], patient["email"], patient["timezone"]) == (None, "ada@mail.example", None)
    assert {message["channel"] for message in answer.json()["messages"]} == {"email"}
    assert answer.json()["messages"][0]["due_local"].endswith("-04:00")

    neither = api.patch(f"/treatments/{told['id']}", {"patient": {"email": empty}}).json()
    assert neither["patient"]["email"] is None
    assert neither["messages"][0]["blocked"] == "bad_address"


def test_an_empty_address_of_another_session_takes_nothing_away(api: Api) -> None:
    api.post("/treatments", body(patient={"external_id": "p-1", "timezone": "Asia/Tokyo"}))
    empty = {"external_id": "p-1", "phone": "", "email": None, "timezone": ""}
    patient = api.post("/treatments", body("T2", patient=empty)).json()["patient"]
    assert (patient["phone"], patient["email"]) == ("+12125550123", "ada@mail.example")
    assert patient["timezone"] == "Asia/Tokyo"


def test_a_cancelled_session_owes_nothing_and_cannot_be_changed_again(api: Api) -> None:
    path = f"/treatments/{api.post('/treatments', body()).json()['id']}"
    cancelled = api.post(f"{path}/cancel")

    assert cancelled.status_code == 200
    assert {message["status"] for message in cancelled.json()["messages"]} == {"cancelled"}
    assert cancelled.json()["cancelled_by"] == "booking"
    again = api.post(f"{path}/cancel")
    assert (again.status_code, again.json()) == (200, cancelled.json())
    assert api.patch(path, {"baseline_pain": 2}).status_code == 409


def test_what_another_key_has_cancelled_cannot_be_cancelled_again(api: Api) -> None:
    path = f"/treatments/{api.post('/treatments', body()).json()['id']}"
    with api.clinic.open_db() as db:
        other = keys.add_key(db, name="website", now=MONDAY, by="test")
    assert api.post(f"{path}/cancel").status_code == 200
    assert replace(api, key=other).post(f"{path}/cancel").status_code == 409


@pytest.mark.parametrize(
    ("change", "field", "detail"),
    [
        ({"clinic": "elm"}, "clinic", 'is "elm", which we do not know'),
        ({"plan": "cupping"}, "plan", "there is no plan 'cupping'"),
        ({"ended_at": "yesterday"}, "ended_at", 'is "yesterday", which is no date with a time'),
        ({"ended_at": None}, "ended_at", "is missing"),
        ({"regions": ["nek"]}, "regions", 'holds "nek", which we do not know'),
        ({"baseline_pain": 11}, "baseline_pain", 'is "11"'),
        ({"patient": {"given_name": ""}}, "patient.given_name", "is missing"),
        ({"patient": {"timezone": "Mars"}}, "patient.timezone", 'is "Mars", which is no time zone'),
        ({"enede_at": "x"}, "enede_at", "is not a field that we know"),
        ({"consent": {"sms": "maybe"}}, "consent.sms", "is neither yes nor no"),
        ({"external_id": 7}, "external_id", "is not text"),
    ],
)
def test_what_cannot_be_taken_is_named_by_field_with_the_mend(
    quick_api: Api, change: dict[str, Any], field: str, detail: str
) -> None:
    answer = quick_api.post("/treatments", body(**change))
    [wrong] = answer.json()["errors"]
    assert (answer.status_code, wrong["field"], wrong["detail"]) == (422, field, detail)
    assert wrong["mend"]


def test_an_unknown_clinic_is_told_the_first_few_that_there_are(quick_api: Api) -> None:
    with quick_api.clinic.open_db() as db:
        known = db.scalars(select(Clinic)).one()
        db.add_all(
            Clinic(key=f"oak-{turn}", name="Oak", text_name="Oak", phone="1", zone=known.zone, country="US")
            for turn in range(5)
        )
    [wrong] = quick_api.post("/treatments", body(clinic="mapel")).json()["errors"]
    assert wrong["mend"] == "the clinics are: maple, oak-0, oak-1, oak-2, oak-3, …"


def test_a_session_that_has_not_ended_is_refused(quick_api: Api) -> None:
    later = (MONDAY + timedelta(hours=2)).isoformat()
    [wrong] = quick_api.post("/treatments", body(ended_at=later)).json()["errors"]
    assert (wrong["field"], wrong["mend"]) == ("ended_at", "record it when it has, or correct the time or its zone")


@on_one_database
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("PATCH", ""), ("POST", "/cancel")])
def test_a_session_that_is_not_there_is_not_found(api: Api, method: str, path: str) -> None:
    missing = uuid4()
    answer = api.ask(method, f"/treatments/{missing}{path}", json={})
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"There is no treatment session {missing}."


def test_staff_are_warned_of_what_the_article_says_to_avoid(quick_api: Api) -> None:
    told = quick_api.post("/treatments", body(precautions=["pregnancy", "diabetes"], first_treatment=False)).json()
    [warning] = told["warnings"]
    assert warning.startswith("In pregnancy the patient's own healthcare provider should be asked first.")
    assert told["is_high_risk"] is False
