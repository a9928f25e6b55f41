from typing import Any
from uuid import uuid4

import pytest

from followup.actions import consenting
from followup.db import OpenDb
from followup.models import Patient
from followup.terms import Channel, ConsentSource, ReceiptKind
from tests.builders import MONDAY, Clinic, local

from .conftest import Api, body

SPOKEN = {"channel": "sms", "says": "given", "method": "spoken at the desk"}


@pytest.fixture
def patient(api: Api) -> str:
    """The path of a patient with one treatment session."""
    return f"/patients/{api.post('/treatments', body()).json()['patient']['id']}"


def held(told: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(line["channel"], line["purpose"]): line["says"] for line in told["consents"]}


def test_a_patient_is_told_with_the_consent_that_holds(api: Api, patient: str) -> None:
    told = api.get(patient)
    assert (told["given_name"], told["phone"], told["phone_given"]) == ("Ada", "+12125550123", "(212) 555-0123")
    assert set(held(told).values()) == {"given"}
    assert len(held(told)) == 6


def test_consent_is_added_for_the_purposes_named(api: Api, patient: str) -> None:
    refused = {"channel": "email", "purposes": ["booking"], "says": "refused", "method": "on the phone"}
    answer = api.post(f"{patient}/consents", refused)
    assert answer.status_code == 200
    assert held(answer.json())["email", "booking"] == "refused"
    assert held(answer.json())["email", "care"] == "given"
    assert answer.json()["consents"][-1]["recorded_by"] == "booking"


def test_nothing_said_at_the_clinic_undoes_what_the_patient_stopped(api: Api, open_db: OpenDb, patient: str) -> None:
    with open_db() as db:
        stopped = db.query(Patient).one()
        consenting.withdraw(
            db,
            patient=stopped,
            channel=Channel.SMS,
            source=ConsentSource.REPLY,
            evidence="STOP",
            now=MONDAY,
            by="patient",
        )
    api.post("/treatments", body("T2"))
    assert held(api.get(patient))["sms", "care"] == "withdrawn"

    refused = api.post(f"{patient}/consents", SPOKEN | {"purposes": ["care", "booking"]})
    assert refused.status_code == 409
    assert "stopped texts for care, booking" in refused.json()["detail"]
    assert "only the patient starts them again" in refused.json()["detail"]
    assert set(held(api.post(f"{patient}/consents", SPOKEN | {"says": "refused"}).json()).values()) == {
        "withdrawn",
        "given",
    }
    assert held(api.get(patient))["sms", "care"] == "withdrawn"


def test_a_stop_that_is_said_to_staff_is_a_stop(api: Api, patient: str) -> None:
    told = api.post(f"{patient}/consents", {"channel": "sms", "says": "withdrawn", "method": "on the phone"}).json()
    assert held(told)["sms", "feedback"] == "withdrawn"
    assert api.post(f"{patient}/consents", SPOKEN).status_code == 409


def test_saying_the_same_again_adds_no_line(api: Api, patient: str) -> None:
    lines = [event for event in api.get(f"{patient}/timeline")["items"] if event["kind"] == "consent"]
    api.post(f"{patient}/consents", SPOKEN)
    assert [event for event in api.get(f"{patient}/timeline")["items"] if event["kind"] == "consent"] == lines


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"method": ""}, "method"),
        ({"channel": "fax"}, "channel"),
        ({"says": "maybe"}, "says"),
        ({"says": None}, "says"),
        ({"purposes": []}, "purposes"),
        ({"purposes": ["sales"]}, "purposes.0"),
    ],
)
def test_consent_needs_its_evidence_and_our_words(quick_api: Api, change: dict[str, Any], field: str) -> None:
    answer = quick_api.post(f"/patients/{uuid4()}/consents", SPOKEN | change)
    assert answer.status_code == 422
    assert [wrong["field"] for wrong in answer.json()["errors"]] == [field]


def test_a_timeline_has_everything_in_one_order(api: Api, clinic: Clinic, patient: str) -> None:
    clinic.tick(local(7, 12))
    [parcel] = clinic.sms.sent
    clinic.receipt(parcel, ReceiptKind.DELIVERED, now=local(7, 13))
    clinic.reply("thank you", now=local(8, 11))
    events = api.get(f"{patient}/timeline")["items"]

    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert [event["kind"] for event in events if event["kind"] != "consent"] == [
        *("treatment", "message", "receipt", "message", "reply"),
        *("message",) * 6,
    ]
    receipt, reply = (next(event for event in events if event["kind"] == kind) for kind in ("receipt", "reply"))
    assert (receipt["message"], receipt["receipt"]["kind"]) == (str(parcel.message_id), "delivered")
    assert (reply["reply"]["body"], reply["reply"]["labels"]) == ("thank you", ["thanks"])


def test_a_timeline_goes_on_from_page_to_page(api: Api, patient: str) -> None:
    for number in range(6):
        api.post("/treatments", body(f"T1{number}"))
    first = api.get(f"{patient}/timeline")
    second = api.get(f"{patient}/timeline", cursor=first["next_cursor"])
    seen = [str(event) for event in (*first["items"], *second["items"])]
    assert len(first["items"]) == 50
    assert second["next_cursor"] is None
    assert len(seen) == len(set(seen)) == 7 + 7 * 8 + 6


def test_a_patient_that_is_not_there_is_not_found(quick_api: Api) -> None:
    missing = f"/patients/{uuid4()}"
    answers = [
        quick_api.ask("GET", missing),
        quick_api.ask("GET", f"{missing}/timeline"),
        quick_api.post(f"{missing}/consents", SPOKEN),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert answers[0].json()["detail"].startswith("There is no patient ")
