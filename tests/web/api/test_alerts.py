from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from followup.models import AuditEntry
from followup.queries.alerts import AlertStatus
from followup.terms import Label
from tests.alarms import hear, patient, put_on_call, raise_one, resolve, take
from tests.builders import MONDAY

from .conftest import Api

NOBODY = "0195755c-2a10-7c42-9d5e-3a0c8f5b7c11"
HOUR = timedelta(hours=1)


def labels(api: Api, **params: str) -> list[str]:
    return [item["label"] for item in api.get("/alerts", **params)["items"]]


def test_the_worst_and_most_pressing_come_first(api: Api) -> None:
    for label in (Label.UNCLEAR, Label.NERVE, Label.EMERGENCY, Label.URGENT):
        raise_one(api.clinic, label, once_key=label)
    raise_one(api.clinic, Label.NERVE, once_key="older", now=MONDAY - HOUR)

    items = api.get("/alerts")["items"]
    assert [item["label"] for item in items] == ["emergency", "urgent", "nerve", "nerve", "unclear"]
    assert [item["minutes"] for item in items] == [0, 0, 60, 0, 0]
    assert [item["is_overdue"] for item in items] == [False, False, True, False, False]


def test_an_alert_tells_whose_it_is_and_what_was_written_by_id_alone(api: Api) -> None:
    put_on_call(api.clinic)
    api.clinic.record()
    ada = patient(api.clinic)
    alert_id, _ = hear(api.clinic, Label.NERVE, now=MONDAY, who=ada)
    hear(api.clinic, Label.UNCLEAR, now=MONDAY + HOUR, who=ada)

    told = api.get(f"/alerts/{alert_id}")
    assert (told["patient"], told["clinic"], told["cause"]) == (str(ada.id), "maple", "reply")
    assert len(told["replies"]) == 2
    assert (told["told"], told["next_at"]) == (1, "2027-06-07T15:00:00Z")
    assert "Ada" not in str(told)


@pytest.mark.parametrize("status", AlertStatus)
def test_every_alert_is_on_one_page_of_its_status(quick_api: Api, status: AlertStatus) -> None:
    for number in range(60):
        label = [Label.NERVE, Label.UNCLEAR, Label.URGENT][number % 3]
        now = MONDAY + timedelta(minutes=number // 2)
        alert_id = raise_one(quick_api.clinic, label, once_key=str(number), now=now)
        if status is not AlertStatus.OPEN:
            take(quick_api.clinic, alert_id)
        if status is AlertStatus.RESOLVED:
            resolve(quick_api.clinic, alert_id)

    first = quick_api.get("/alerts", status=status)
    second = quick_api.get("/alerts", status=status, cursor=first["next_cursor"])
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (50, 10, None)
    assert len({item["id"] for item in first["items"] + second["items"]}) == 60
    assert {item["status"] for item in first["items"]} == {status}
    for other in set(AlertStatus) - {status}:
        assert labels(quick_api, status=other) == []


@pytest.mark.parametrize("cursor", ["x", "nerve~x", "~", "worst~20270607T140000.000000Z~" + NOBODY])
def test_a_cursor_that_is_not_ours_is_refused(quick_api: Api, cursor: str) -> None:
    answer = quick_api.ask("GET", "/alerts", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "cursor"


def test_taking_stops_the_rounds_and_resolving_closes(api: Api) -> None:
    put_on_call(api.clinic)
    path = f"/alerts/{raise_one(api.clinic)}"

    taken = api.post(f"{path}/take", {"by": "Kim Osei"}).json()
    assert (taken["status"], taken["taken_by"], taken["next_at"]) == ("taken", "Kim Osei", None)
    assert api.post(f"{path}/take", {"by": "Kim Osei"}).status_code == 200

    done = api.post(f"{path}/resolve", {"by": "Lee", "note": "Phoned.\nFoot is fine."}).json()
    assert (done["status"], done["resolved_by"], done["note"]) == ("resolved", "Lee", "Phoned.\nFoot is fine.")
    assert (done["taken_by"], done["is_overdue"]) == ("Kim Osei", False)


def test_who_was_faster_is_named(api: Api) -> None:
    alert_id = raise_one(api.clinic)
    api.post(f"/alerts/{alert_id}/take", {"by": "Kim Osei"})
    late = api.post(f"/alerts/{alert_id}/take", {"by": "Lee"})
    assert late.status_code == 409
    assert late.json()["detail"] == f"Alert {alert_id} was taken by Kim Osei at 2027-06-07 14:00 UTC."

    api.post(f"/alerts/{alert_id}/resolve", {"by": "Kim Osei", "note": "Phoned."})
    for said in ({"by": "Lee", "note": "Phoned."}, {"by": "Kim Osei", "note": "Phoned again."}):
        again = api.post(f"/alerts/{alert_id}/resolve", said)
        assert again.status_code == 409
        assert "was resolved by Kim Osei" in again.json()["detail"]


def test_resolving_may_be_said_twice(api: Api) -> None:
    path = f"/alerts/{raise_one(api.clinic)}/resolve"
    first, second = (api.post(path, {"by": "Kim Osei", "note": "Phoned."}) for _ in range(2))
    assert (second.status_code, second.json()) == (200, first.json())


@pytest.mark.parametrize(
    ("act", "said", "missing"),
    [
        ("take", {}, "by"),
        ("take", {"by": "  "}, "by"),
        ("resolve", {"by": "Lee", "note": ""}, "note"),
        ("resolve", {"note": "Phoned."}, "by"),
    ],
)
def test_who_and_what_was_done_must_be_said(quick_api: Api, act: str, said: dict[str, Any], missing: str) -> None:
    answer = quick_api.post(f"/alerts/{raise_one(quick_api.clinic)}/{act}", said)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [missing]


def test_an_alert_that_is_not_there_is_404(quick_api: Api) -> None:
    assert quick_api.ask("GET", f"/alerts/{NOBODY}").status_code == 404
    assert quick_api.post(f"/alerts/{NOBODY}/take", {"by": "Lee"}).status_code == 404


def test_the_audit_log_names_the_person_and_the_key(api: Api) -> None:
    alert_id: UUID = raise_one(api.clinic)
    api.post(f"/alerts/{alert_id}/take", {"by": "Kim Osei"})
    with api.clinic.open_db() as db:
        line = db.scalars(select(AuditEntry).where(AuditEntry.subject == "alert")).one()
    assert (line.did_by, line.did, line.details) == ("Kim Osei", "take", {"via": "booking"})
