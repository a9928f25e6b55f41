"""Whatever the description allows, and what it does not: no failure of ours, and no answer that is not described."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.alarms import raise_one
from tests.builders import MONDAY

from .conftest import Api, body

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
BOUNDED = settings(
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

MUST_BE_KNOWN = {"external_id", "clinic", "patient", "ended_at"}


@pytest.mark.parametrize("mode", GenerationMode)
def test_the_api_does_as_it_is_described(quick_api: Api, mode: GenerationMode) -> None:
    told = quick_api.post("/treatments", body()).json()
    quick_api.clinic.reply("is this the clinic", now=MONDAY, sent_from="+12125550177")
    there = {
        "treatment_id": told["id"],
        "patient_id": told["patient"]["id"],
        "message_id": told["messages"][0]["id"],
        "alert_id": str(raise_one(quick_api.clinic)),
        "reply_id": quick_api.get("/replies")["items"][0]["id"],
    }
    described = schemathesis.openapi.from_asgi("/openapi.json", quick_api.browser.app)

    def ask(case: Case[Any], *, is_there: bool) -> None:
        if is_there:
            point_at(case, there)
        case.call_and_validate(headers={"Authorization": f"Bearer {quick_api.key}"}, checks=CHECKS)

    operations = [result.ok() for result in described.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) == 22
    for operation in sorted(operations, key=lambda one: one.path.endswith("cancel")):  # nothing goes on after that
        cases = operation.as_strategy(generation_mode=mode)
        BOUNDED(given(case=cases, is_there=strategies.booleans())(ask))()


def point_at(case: Case[Any], there: dict[str, str]) -> None:
    """Ask about what is there, so that not everything ends with 404."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = there[name]
    if isinstance(case.body, dict) and "clinic" in case.body:
        case.body |= {key: value for key, value in body("T2").items() if key in MUST_BE_KNOWN}
