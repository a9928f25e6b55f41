"""Every route of the app, and who gets in."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts

from followup.models import Clinic
from followup.terms import Role
from followup.web import access
from tests.conftest import on_one_database
from tests.web.conftest import Browser

from .conftest import Hire, Person

OPEN = None
DESK, CLINICIAN, ADMIN = Role.DESK, Role.CLINICIAN, Role.ADMIN
RANK = [DESK, CLINICIAN, ADMIN]

TABLE: dict[tuple[str, str], Role | None] = {
    # for everybody: they show nobody, or check a key, a signature or a token
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/static"): OPEN,
    ("GET", "/sign-in"): OPEN,
    ("POST", "/sign-in"): OPEN,
    ("POST", "/sign-in/practice"): OPEN,
    ("GET", "/forgot-password"): OPEN,
    ("POST", "/forgot-password"): OPEN,
    ("GET", "/password/{token}"): OPEN,
    ("POST", "/password/{token}"): OPEN,
    # for whoever works here
    ("GET", "/"): DESK,
    ("GET", "/today/needs"): DESK,
    ("GET", "/today/news"): DESK,
    ("GET", "/today/all/{group}"): DESK,
    ("POST", "/today/messages/{message_id}/settle"): DESK,
    ("GET", "/messages"): DESK,
    ("GET", "/pulse"): DESK,
    ("POST", "/clock/skip"): DESK,
    ("GET", "/tour"): DESK,
    ("POST", "/tour/hide"): DESK,
    ("POST", "/practice/example-week"): DESK,
    ("GET", "/phone"): DESK,
    ("GET", "/phone/find"): DESK,
    ("GET", "/phone/{patient_id}"): DESK,
    ("GET", "/phone/{patient_id}/news"): DESK,
    ("POST", "/phone/{patient_id}/say"): DESK,
    ("POST", "/phone/{patient_id}/faults"): DESK,
    ("POST", "/phone/{patient_id}/faults/drop"): DESK,
    ("GET", "/inbox"): DESK,
    ("GET", "/inbox/news"): DESK,
    ("GET", "/inbox/{thread_id}"): DESK,
    ("GET", "/inbox/{thread_id}/news"): DESK,
    ("GET", "/inbox/{thread_id}/find"): DESK,
    ("POST", "/inbox/{thread_id}/answer"): DESK,
    ("POST", "/inbox/{thread_id}/count"): DESK,
    ("POST", "/inbox/{thread_id}/whose"): DESK,
    ("POST", "/replies/{reply_id}/label"): DESK,
    ("GET", "/alerts/{alert_id}"): DESK,
    ("POST", "/alerts/{alert_id}/take"): DESK,
    ("POST", "/alerts/{alert_id}/take-over"): DESK,
    ("POST", "/alerts/{alert_id}/resolve"): DESK,
    ("GET", "/patients"): DESK,
    ("GET", "/patients/search"): DESK,
    ("GET", "/sessions/new"): DESK,
    ("POST", "/sessions/new"): DESK,
    ("POST", "/sessions/preview"): DESK,
    ("POST", "/sessions/{treatment_id}/undo"): DESK,
    ("GET", "/patients/{patient_id}"): DESK,
    ("GET", "/patients/{patient_id}/about"): DESK,
    ("POST", "/patients/{patient_id}/about"): DESK,
    ("POST", "/patients/{patient_id}/write"): DESK,
    ("POST", "/patients/{patient_id}/write/draft"): DESK,
    ("POST", "/patients/{patient_id}/next-visit"): DESK,
    ("POST", "/patients/{patient_id}/consent"): DESK,
    ("POST", "/patients/{patient_id}/sessions/{treatment_id}/cancel"): DESK,
    ("POST", "/patients/{patient_id}/messages/{message_id}/cancel"): DESK,
    ("POST", "/patients/{patient_id}/messages/{message_id}/restore"): DESK,
    ("POST", "/patients/{patient_id}/messages/{message_id}/move"): DESK,
    ("POST", "/patients/{patient_id}/messages/{message_id}/send-now"): DESK,
    ("POST", "/patients/{patient_id}/messages/{message_id}/settle"): DESK,
    ("GET", "/plans"): DESK,
    ("GET", "/plans/{key}"): DESK,
    ("GET", "/plans/{key}/rehearse"): DESK,
    ("GET", "/more"): DESK,
    ("POST", "/more/theme"): DESK,
    ("POST", "/sign-out"): DESK,
    ("POST", "/sign-out/everywhere"): DESK,
    ("GET", "/settings"): DESK,
    ("POST", "/settings/pause"): CLINICIAN,
    ("POST", "/settings/resume"): CLINICIAN,
    ("POST", "/settings/senders"): ADMIN,
    ("GET", "/settings/clinics"): ADMIN,
    ("GET", "/settings/clinics/new"): ADMIN,
    ("POST", "/settings/clinics/new"): ADMIN,
    ("GET", "/settings/clinics/{key}"): ADMIN,
    ("POST", "/settings/clinics/{key}"): ADMIN,
    ("GET", "/settings/staff"): ADMIN,
    ("POST", "/settings/staff"): ADMIN,
    ("GET", "/settings/staff/{staff_id}"): ADMIN,
    ("POST", "/settings/staff/{staff_id}"): ADMIN,
    ("POST", "/settings/staff/{staff_id}/invite"): ADMIN,
    ("POST", "/settings/staff/{staff_id}/let-go"): ADMIN,
    ("GET", "/settings/on-call"): ADMIN,
    ("GET", "/settings/on-call/{key}"): ADMIN,
    ("POST", "/settings/on-call/{key}"): ADMIN,
    ("GET", "/settings/keys"): ADMIN,
    ("POST", "/settings/keys"): ADMIN,
    ("POST", "/settings/keys/{name}/revoke"): ADMIN,
    ("GET", "/settings/audit"): ADMIN,
}
UNDER = ("/p/{token}/", "/hooks/", "/api/")  # patients by token, gateways by signature, programs by key
GUARDED = [(method, path, role) for (method, path), role in TABLE.items() if role is not None]


def filled(path: str) -> str:
    """A path for which there is nothing."""
    return re.sub(
        r"\{\w+\}", lambda found: "018f0000-0000-7000-8000-000000000000" if "id" in found[0] else "none", path
    )


def test_the_table_has_every_route(browser: Browser) -> None:
    found: dict[tuple[str, str], Role | None] = {}
    for route in iter_route_contexts(browser.app.routes):
        if route.path and not route.path.startswith(UNDER):
            for method in set(route.methods or {"GET"}) - {"HEAD"}:
                found[method, route.path] = access.needed_by(route)

    assert found == TABLE


@on_one_database
@pytest.mark.parametrize(("method", "path", "needed"), GUARDED)
def test_a_signed_out_browser_is_led_to_the_sign_in_page_and_learns_nothing(
    stranger: Person, method: str, path: str, needed: Role
) -> None:
    assert needed in RANK
    answer = stranger.ask(method, filled(path))
    by_script = stranger.ask(method, filled(path), headers={"HX-Request": "true"})
    way = urlsplit(answer.headers["Location"])

    assert (answer.status_code, answer.content, way.path) == (303, b"", "/sign-in")
    assert parse_qs(way.query) == ({"next": [filled(path)]} if method == "GET" and path != "/" else {})
    assert (by_script.status_code, by_script.content) == (401, b"")
    assert by_script.headers["HX-Redirect"] == "/sign-in"


# Every route is asked on both databases; whom it refuses is told by the role alone.
@pytest.mark.parametrize(
    ("database_url", "role"),
    [("sqlite", DESK), ("sqlite", CLINICIAN), ("sqlite", ADMIN), ("postgresql", ADMIN)],
    indirect=["database_url"],
)
def test_each_role_gets_what_it_needs_and_no_more(hire: Hire, role: Role) -> None:
    got_in: dict[tuple[str, str], bool] = {}
    for method, path, _ in GUARDED:
        person = hire(role)
        token = person.browser.app.state.door.form_token(person.cookies["__Host-followup"])
        answer = person.ask(method, filled(path), headers={"X-CSRF-Token": token})
        assert "/sign-in?next" not in answer.headers.get("Location", "")
        got_in[method, path] = answer.status_code != 403

    assert got_in == {(method, path): RANK.index(role) >= RANK.index(needed) for method, path, needed in GUARDED}


@on_one_database
@pytest.mark.parametrize(("method", "path", "needed"), [each for each in GUARDED if each[0] == "POST"])
def test_no_act_is_done_by_a_form_that_is_not_ours(admin: Person, method: str, path: str, needed: Role) -> None:
    assert needed in RANK
    without = admin.ask(method, filled(path))
    wrong = admin.ask(method, filled(path), data={"csrf": "0" * 64})
    of_another = admin.ask(method, filled(path), data={"csrf": "ä"})

    assert [each.status_code for each in (without, wrong, of_another)] == [403, 403, 403]
    assert "This form is too old" in without.text


@on_one_database
@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/practice", "/forgot-password", "/password/none"])
def test_a_signed_out_form_must_be_ours_as_well(stranger: Person, path: str) -> None:
    stranger.get("/sign-in")

    assert stranger.ask("POST", path, data={"email": "a@b.example", "password": "x"}).status_code == 403


def test_what_exists_and_what_does_not_look_alike_from_outside(stranger: Person, clinic: Clinic) -> None:
    here = stranger.get(f"/settings/clinics/{clinic.key}")
    nowhere = stranger.get("/settings/clinics/none")

    assert here.status_code == nowhere.status_code == 303
    assert here.content == nowhere.content == b""


def test_a_route_that_says_no_role_lets_no_app_start() -> None:
    router = APIRouter()
    router.add_api_route("/patients", lambda: "everybody", methods=["GET"])

    with pytest.raises(LookupError, match="/patients says no role"):
        access.refuse_unguarded(router.routes)


@pytest.mark.parametrize(
    "text",
    ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a\nb", "/\\/evil", "javascript:1"],
)
def test_nobody_is_led_elsewhere(text: str) -> None:
    assert access.own_path(text) == "/"


def test_a_path_of_ours_is_kept_with_its_query() -> None:
    assert access.own_path("/settings/audit?by=a@b.example") == "/settings/audit?by=a@b.example"
