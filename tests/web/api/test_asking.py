import re
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import select

from followup.actions import keys
from followup.db import OpenDb
from followup.models import ApiKey
from followup.web import create_app
from tests.builders import MONDAY

from .conftest import Api

SOME_ID = "0195755c-2a10-7c42-9d5e-3a0c8f5b7c11"


def operations(api: Api) -> list[tuple[str, str]]:
    """Every method and path of the API, as the app itself describes them."""
    paths = api.browser.get("/openapi.json").json()["paths"]
    return [(method.upper(), re.sub(r"{\w+}", SOME_ID, path)) for path, methods in paths.items() for method in methods]


def test_every_route_refuses_whoever_has_no_key(quick_api: Api) -> None:
    found = operations(quick_api)
    assert len(found) == 22
    for method, path in found:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {quick_api.key}"}):
            answer = quick_api.browser.ask(method, path, headers=headers, content=b"{not even JSON")
            assert (answer.status_code, method, path) == (401, method, path)
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="followup"')
            assert answer.headers["Content-Type"] == "application/problem+json"


def test_no_route_of_the_api_is_missing_from_its_description(quick_api: Api) -> None:
    routes = [
        (method, route.path)
        for route in iter_route_contexts(quick_api.browser.app.routes)
        for method in route.methods or ()
        if route.path and route.path.startswith("/api/")
    ]
    assert len(routes) == len(operations(quick_api))


def test_a_key_that_is_wrong_is_told_from_none(quick_api: Api) -> None:
    none = quick_api.browser.get("/api/v1/messages")
    wrong = quick_api.browser.get("/api/v1/messages", headers={"Authorization": b"Bearer fu_\xe9"})
    assert "invalid_token" not in none.headers["WWW-Authenticate"]
    assert 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]


def test_a_revoked_key_opens_nothing_from_the_next_request_on(api: Api, open_db: OpenDb) -> None:
    assert api.ask("GET", "/messages").status_code == 200
    with open_db() as db:
        keys.revoke_key(db, name="booking", now=MONDAY, by="lee")
    assert api.ask("GET", "/messages").status_code == 401


def test_when_a_key_was_used_is_written_once_an_hour(api: Api, open_db: OpenDb) -> None:
    noted = []
    for minutes in (0, 59, 61):
        runtime = replace(api.browser.app.state.runtime, now=lambda at=minutes: MONDAY + timedelta(minutes=at))
        replace(api, browser=replace(api.browser, app=create_app(runtime))).get("/messages")
        with open_db() as db:
            noted.append(db.scalars(select(ApiKey.last_used_at)).one())
    assert noted == [MONDAY, MONDAY, MONDAY + timedelta(minutes=61)]


def test_the_api_describes_itself_to_anyone(quick_api: Api) -> None:
    described = quick_api.browser.get("/openapi.json").json()
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert all(operation["security"] for path in described["paths"].values() for operation in path.values())


@pytest.mark.parametrize(
    ("method", "path", "status", "mend"),
    [
        ("GET", "/nothing", 404, "/openapi.json lists every call"),
        ("GET", "/messages/7", 404, "ids are those that we told"),
        ("DELETE", "/messages", 405, "use GET"),
        ("PUT", "/treatments", 405, "use POST"),
    ],
)
def test_what_is_not_there_is_told_as_a_problem(quick_api: Api, method: str, path: str, status: int, mend: str) -> None:
    answer = quick_api.ask(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert mend in answer.json()["detail"]


def test_a_wrong_method_is_told_every_right_one(quick_api: Api) -> None:
    answer = quick_api.ask("DELETE", f"/treatments/{SOME_ID}")
    assert answer.headers["Allow"] == "GET, PATCH"
