from uuid import uuid4

import pytest

from tests.builders import MONDAY, PHONE, Clinic, local

from .conftest import Api

STRANGER = "+12125550177"
KIM = {"by": "Kim Osei"}


def test_replies_are_listed_with_the_newest_first_and_what_was_made_of_them(api: Api, clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    clinic.reply("thanks", now=MONDAY)
    clinic.reply("my foot is numb", now=local(7, 12), NumMedia="1", MediaUrl0="https://api.example/ME1")
    newest, oldest = api.get("/replies")["items"]
    assert (oldest["body"], oldest["labels"], oldest["alert"]) == ("thanks", ["thanks"], None)
    assert (newest["label"], newest["patient"]) == ("nerve", str(treatment.patient_id))
    assert (newest["sent_from"], newest["pictures"]) == (PHONE, ["https://api.example/ME1"])
    assert newest["alert"] == api.get("/alerts")["items"][0]["id"]
    assert {"label": "nerve", "words": "numb", "start": 11, "end": 15} in newest["matched"]


def test_replies_are_chosen_by_patient_or_by_having_none(api: Api, clinic: Clinic) -> None:
    patient = clinic.record().treatment.patient_id
    clinic.reply("thanks", now=MONDAY)
    clinic.reply("who is this", now=MONDAY, sent_from=STRANGER)
    assert [item["body"] for item in api.get("/replies", patient=str(patient))["items"]] == ["thanks"]
    assert [item["body"] for item in api.get("/replies", unassigned="true")["items"]] == ["who is this"]


def test_replies_come_in_pages(api: Api, clinic: Clinic) -> None:
    for number in range(53):
        clinic.keep(f"thanks {number}", now=MONDAY, reference=f"IN{number}")
    first = api.get("/replies")
    second = api.get("/replies", cursor=first["next_cursor"])
    bodies = [item["body"] for item in [*first["items"], *second["items"]]]
    assert (len(first["items"]), len(set(bodies)), second["next_cursor"]) == (50, 53, None)


def test_a_person_relabels_a_reply(api: Api, clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("thanks", now=MONDAY)
    [reply] = api.get("/replies")["items"]
    told = api.post(f"/replies/{reply['id']}/label", {"label": "urgent"} | KIM).json()
    assert (told["label"], told["labels"], told["relabelled_by"]) == ("urgent", ["thanks"], "Kim Osei")
    assert [alert["id"] for alert in api.get("/alerts")["items"]] == [told["alert"]]


def test_a_person_says_whose_reply_it_is(api: Api, clinic: Clinic) -> None:
    patient = str(clinic.record().treatment.patient_id)
    other = str(clinic.record("T2", patient={"given_name": "Ben", "phone": "+12125550178"}).treatment.patient_id)
    clinic.reply("my foot is numb", now=MONDAY, sent_from=STRANGER)
    [reply] = api.get("/replies", unassigned="true")["items"]
    nobodys = api.post(f"/replies/{reply['id']}/patient", {"patient": other, "instead_of": patient} | KIM)
    assert nobodys.json()["detail"] == f"Reply {reply['id']} is of nobody yet; leave instead_of out."
    told = api.post(f"/replies/{reply['id']}/patient", {"patient": patient} | KIM).json()
    assert (told["patient"], told["read_at"]) == (patient, None)
    clinic.read(MONDAY)
    [alert] = api.get("/alerts")["items"]
    assert (alert["patient"], api.get("/replies", unassigned="true")["items"]) == (patient, [])
    assert api.post(f"/replies/{reply['id']}/patient", {"patient": other} | KIM).status_code == 409

    moved = {"patient": other, "instead_of": patient} | KIM
    assert api.post(f"/replies/{reply['id']}/patient", moved).json()["patient"] == other
    clinic.read(MONDAY)
    assert [alert["patient"] for alert in api.get("/alerts")["items"]] == [other]
    assert api.post(f"/replies/{reply['id']}/patient", moved).status_code == 409


@pytest.mark.parametrize(
    ("what", "data", "field"),
    [
        ("label", {"label": "urgent"}, "by"),
        ("label", {"label": "worse"} | KIM, "label"),
        ("patient", {"patient": "Ada"} | KIM, "patient"),
        ("patient", {"patient": str(uuid4())} | KIM, "patient"),
    ],
)
def test_what_is_missing_or_unknown_is_named(quick_api: Api, what: str, data: dict[str, str], field: str) -> None:
    quick_api.clinic.keep("thanks", now=MONDAY)
    [reply] = quick_api.get("/replies")["items"]
    answer = quick_api.post(f"/replies/{reply['id']}/{what}", data)
    assert (answer.status_code, [wrong["field"] for wrong in answer.json()["errors"]]) == (422, [field])


def test_a_reply_that_is_not_there_is_not_found(quick_api: Api) -> None:
    assert quick_api.post(f"/replies/{uuid4()}/label", {"label": "urgent"} | KIM).status_code == 404


def outcomes(api: Api, **chosen: str) -> list[int]:
    return [item["value"] for item in api.get("/outcomes", **chosen)["items"]]


def test_outcomes_stand_beside_their_baseline_and_session(api: Api, clinic: Clinic) -> None:
    clinic.record(baseline_pain=6, regions=["lower_back", "hip"], practitioner="K. Osei")
    clinic.run_to(local(14, 10))
    clinic.reply("3", now=local(14, 11))
    [outcome] = api.get("/outcomes")["items"]
    assert (outcome["measure"], outcome["value"], outcome["baseline"]) == ("pain_0_10", 3, 6)
    assert (outcome["external_id"], outcome["regions"]) == ("T1", ["lower_back", "hip"])
    assert (outcome["reply"], outcome["measured_by"]) == (api.get("/replies")["items"][0]["id"], "patient")
    for chosen, expected in (
        ({"region": "hip"}, [3]),
        ({"region": "head"}, []),
        ({"practitioner": "K. Osei"}, [3]),
        ({"practitioner": "Other"}, []),
        ({"from": local(14, 11).isoformat()}, [3]),
        ({"to": local(14, 11).isoformat()}, []),
    ):
        assert outcomes(api, **chosen) == expected


def test_a_timeline_tells_what_a_reply_measured(api: Api, clinic: Clinic) -> None:
    patient = clinic.record(baseline_pain=6).treatment.patient_id
    clinic.run_to(local(14, 10))
    clinic.reply("3", now=local(14, 11))
    events = api.get(f"/patients/{patient}/timeline")["items"]
    told = {event["kind"]: event for event in events}
    assert (told["reply"]["reply"]["labels"], told["outcome"]["outcome"]["value"]) == (["score"], 3)
