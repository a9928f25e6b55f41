"""The description at `/openapi.json`: what can be asked, what comes back, and every error that is meant to."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from followup.actions.entries import TreatmentChange, TreatmentEntry
from followup.web.api.schemas import (
    Assignment,
    ConsentStatement,
    ProblemDetails,
    Relabelling,
    Rescheduling,
    Resolution,
    Settlement,
    Taking,
)

ABOUT = """Records treatment sessions, and tells what is sent after them and what comes back.

Send `Authorization: Bearer <key>`; `followup key add NAME` makes a key. Bodies are JSON in UTF-8, at most 256 kB.
Every error is problem details ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
Lists are `{"items": […], "next_cursor": …}`; hand `next_cursor` back as `cursor` until it is null.
"""

TAGS = [
    {"name": "treatments", "description": "Treatment sessions, and every message that is owed after each."},
    {"name": "messages", "description": "What left, what will leave, when, and why then or why not."},
    {"name": "patients", "description": "Who is followed up, everything between them and the clinic, and consent."},
    {
        "name": "replies",
        "description": "What patients wrote back, what was made of it, and what a person knows better.",
    },
    {"name": "outcomes", "description": "Pain, change and satisfaction, beside what was said before treatment."},
    {"name": "alerts", "description": "What needs a person, how soon, and who has it."},
]

_BODIES: tuple[type[BaseModel], ...] = (
    TreatmentEntry,
    TreatmentChange,
    Rescheduling,
    Settlement,
    ConsentStatement,
    Taking,
    Resolution,
    Relabelling,
    Assignment,
)
_REF = "#/components/schemas/{model}"

_MEANINGS = {
    400: "The body is not JSON that can be read in one way only.",
    401: "No key was shown, or one that is not known or was revoked.",
    404: "There is nothing of that id.",
    409: "It cannot be, as things stand: recorded with other content, already left, cancelled, settled or taken.",
    413: "The body is longer than 256 kB.",
    415: "The body is not announced as JSON.",
    422: "It can be read but not taken; `errors` names each field, what is wrong with it, and the mend.",
    500: "Our side failed; nothing was changed.",
}


def install(app: FastAPI) -> None:
    """Let `/openapi.json` of this app be ours."""

    def describe() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # FastAPI's own way to extend it


def body(kind: type[BaseModel], **examples: dict[str, Any]) -> dict[str, Any]:
    """Describes the body of a request; it is read by `asking.TheObject`, more strictly than FastAPI would."""
    assert kind in _BODIES
    shown = {name: {"value": example} for name, example in examples.items()}
    schema = {"$ref": _REF.format(model=kind.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "examples": shown}}}}


def answers(*errors: int, example: dict[str, Any], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Describes what comes back: an example when all is well, and the errors besides 401 and 500, which any may have."""
    found: dict[int | str, dict[str, Any]] = {status: {"content": {"application/json": {"example": example}}}}
    return found | {code: _problem(code) for code in sorted({401, *errors, 500})}


def _problem(status: int) -> dict[str, Any]:
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": _MEANINGS[status]}
    if status == 422:
        told["errors"] = [{"field": "patient.given_name", "detail": "is missing", "mend": "fill it in"}]
    schema = {"$ref": _REF.format(model=ProblemDetails.__name__)}
    described: dict[str, Any] = {
        "description": _MEANINGS[status],
        "content": {"application/problem+json": {"schema": schema, "example": told}},
    }
    if status == 401:
        described["headers"] = {
            "WWW-Authenticate": {"schema": {"type": "string"}, "example": 'Bearer realm="followup"'}
        }
    return described


def _describe(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes, tags=TAGS)
    _, models = models_json_schema(
        [*((kind, "validation") for kind in _BODIES), (ProblemDetails, "serialization")], ref_template=_REF
    )
    schemas = found["components"]["schemas"]
    schemas.update(models["$defs"])
    for path in found["paths"].values():
        for operation in path.values():
            unprocessable = operation["responses"].get("422", {})
            if "application/json" in unprocessable.get("content", {}):
                del operation["responses"]["422"]  # FastAPI's own, for parameters that our paths cannot get wrong
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _tell_nulls(app, found["paths"])
    return found


def _tell_nulls(app: FastAPI, paths: dict[str, Any]) -> None:
    """Put the examples back as they were written: FastAPI takes every null out of them, also those that always come."""
    for route in iter_route_contexts(app.routes):
        operations = paths.get(route.path_format or "", {})
        for method in operations.keys() & {method.lower() for method in route.methods or ()}:
            told = operations[method]["responses"]
            for status, answer in route.responses.items():
                if shown := answer.get("content", {}).get("application/json"):
                    told[str(status)]["content"]["application/json"] |= shown
