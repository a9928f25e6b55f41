import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from followup.actions.entries import Entry, TreatmentChange, check, parse_entry
from followup.actions.fields import Place
from followup.queries.alerts import AlertPage, AlertView
from followup.queries.messages import Page, Story
from followup.queries.patients import PatientView
from followup.queries.timeline import Timeline
from followup.queries.treatments import TreatmentView
from followup.web.api import examples
from followup.web.api.schemas import ConsentStatement, Rescheduling, Resolution, Settlement, Taking

from .conftest import Api, body

PAGE = (Path(__file__).parents[3] / "docs/api.md").read_text(encoding="utf-8")
PLACE = Place("America/New_York", "US")

SENT: list[tuple[type[Entry], dict[str, Any]]] = [
    (TreatmentChange, examples.MOVED),
    (TreatmentChange, examples.READDRESSED),
    (ConsentStatement, examples.TEXTS_WANTED),
    (ConsentStatement, examples.TEXTS_STOPPED),
    (Rescheduling, examples.LATER),
    (Settlement, examples.WENT),
    (Taking, examples.TAKEN),
    (Resolution, examples.RESOLVED),
]

TOLD = [
    (TreatmentView, examples.RECORDED),
    (Page, examples.MESSAGES),
    (Story, examples.STORY),
    (PatientView, examples.PATIENT),
    (Timeline, examples.TIMELINE),
    (AlertView, examples.ALERT),
    (AlertPage, examples.ALERTS),
]


@pytest.fixture
def described(quick_api: Api) -> dict[str, Any]:
    found: dict[str, Any] = quick_api.browser.get("/openapi.json").json()
    return found


@pytest.mark.parametrize(("kind", "example"), SENT)
def test_an_example_of_what_is_sent_would_be_taken(kind: type[Entry], example: dict[str, Any]) -> None:
    assert check(kind, example, place=PLACE).model_fields_set == set(example)


def test_the_example_of_a_treatment_session_would_be_taken() -> None:
    assert parse_entry(examples.TREATMENT, place_of=lambda _: PLACE).external_id == examples.TREATMENT["external_id"]


@pytest.mark.parametrize(("kind", "example"), TOLD)
def test_an_example_of_what_comes_back_is_whole(kind: type, example: dict[str, Any]) -> None:
    adapter = TypeAdapter[Any](kind)
    assert adapter.dump_python(adapter.validate_python(example), mode="json") == example


def test_what_comes_back_looks_like_its_example(quick_api: Api) -> None:
    told = quick_api.post("/treatments", body()).json()
    message = quick_api.get(f"/messages/{told['messages'][0]['id']}")
    assert told.keys() == examples.RECORDED.keys()
    assert told["messages"][0].keys() == examples.MESSAGE.keys()
    assert told["patient"].keys() == examples.WHO.keys()
    assert quick_api.get(f"/patients/{told['patient']['id']}").keys() == examples.PATIENT.keys()
    assert message.keys() == examples.STORY.keys()


def test_every_operation_says_what_it_does_shows_an_example_and_names_its_errors(described: dict[str, Any]) -> None:
    known = {tag["name"] for tag in described["tags"]}
    for path in described["paths"].values():
        for operation in path.values():
            answers = operation["responses"]
            assert operation["description"]
            assert set(operation["tags"]) <= known
            assert any("example" in one["content"].get("application/json", {}) for one in answers.values())
            assert {"401", "500"} <= answers.keys()
            assert all("application/problem+json" in answers[code]["content"] for code in answers if code >= "400")
            if "requestBody" in operation:
                assert operation["requestBody"]["content"]["application/json"]["examples"]
                assert {"400", "413", "415", "422"} <= answers.keys()


def test_an_example_of_an_answer_shows_every_field_that_always_comes_null_or_not(described: dict[str, Any]) -> None:
    responses = [
        one
        for path in described["paths"].values()
        for operation in path.values()
        for one in operation["responses"].values()
    ]
    answers = [one["content"]["application/json"] for one in responses if "application/json" in one["content"]]
    shown = [answer for answer in answers if "example" in answer]
    assert len(shown) >= 20
    for answer in shown:
        schema = described["components"]["schemas"][answer["schema"]["$ref"].rpartition("/")[2]]
        assert set(schema["required"]) == answer["example"].keys()


def test_the_page_about_the_api_names_every_call(described: dict[str, Any]) -> None:
    calls = [
        f"`{method.upper()} {re.sub(r'{[a-z_]+}', '{id}', path.removeprefix('/api/v1'))}`"
        for path, methods in described["paths"].items()
        for method in methods
    ]
    assert [call for call in calls if call not in PAGE] == []


def test_what_the_page_about_the_api_sends_is_taken(quick_api: Api) -> None:
    sent = re.search(r"--json '(.+?)'\n", PAGE, re.DOTALL)
    assert sent
    just_ended = "'$(date --utc +%FT%TZ)'"
    assert just_ended in sent[1]
    shown = json.loads(sent[1].replace(just_ended, "2027-06-07T09:00"))
    assert quick_api.post("/treatments", shown).status_code == 201


def test_every_schema_that_is_referred_to_is_there_and_no_other(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    assert references(described) == set(schemas)


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(references(inner) for inner in value))
    return set()
