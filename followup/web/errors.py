"""Every error in two forms: problem details (RFC 9457) for programs, a page for people."""

from collections.abc import Iterable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from followup.actions.entries import Problem, as_problem
from followup.web.pages import Pages

_FOR_PROGRAMS = ("/api/", "/hooks/")


def install(app: FastAPI) -> None:
    """Let every error of this app be answered from here."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)


def answer(
    request: Request, status: int, detail: str = "", *, headers: dict[str, str] | None = None, **more: object
) -> Response:
    """The error as whoever asked can read it. `detail` is a sentence; `more` goes to programs only."""
    title = HTTPStatus(status).phrase
    if _reads_pages(request):
        pages: Pages = request.app.state.pages
        page = pages.draw("error.html", status=status, title=title, detail=detail)
        page.headers.update(headers or {})
        return page
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(problem, status, headers, media_type="application/problem+json")


def unprocessable(request: Request, problems: Iterable[Problem]) -> Response:
    """The answer to what can be read but not taken, with what is wrong with each field."""
    wrong = [{"field": one.field, "detail": one.wrong, "mend": one.mend} for one in problems]
    return answer(request, 422, "It can't be taken as it is.", errors=wrong)


def _reads_pages(request: Request) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not request.url.path.startswith(_FOR_PROGRAMS)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else dict(error.headers or {})
    says_more = error.detail != HTTPStatus(error.status_code).phrase
    return answer(request, error.status_code, error.detail if says_more else _hint(request, headers), headers=headers)


def _hint(request: Request, headers: dict[str, str]) -> str:
    """What a program should ask instead of what no route answers; people find their way from the page."""
    if _reads_pages(request):
        return ""
    if "Allow" in headers:
        return f"{request.method} is not for this address; use {headers['Allow']}."
    return "Nothing is at this address; ids are those that we told, and /openapi.json lists every call."


def _allowed(request: Request) -> str:
    """Every method of a path; the router itself tells only those of the first route that has it."""
    routes = [route for route in iter_route_contexts(request.app.routes) if route.methods]
    found = (route.methods or () for route in routes if route.path_regex.match(request.url.path))
    return ", ".join(sorted(set().union(*found)))


async def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Where it was handed in (`query`) comes first in `loc`; the sender knows that.
    return unprocessable(
        request,
        [
            as_problem(ErrorDetails(type=one["type"], loc=one["loc"][1:], msg="", input=None, ctx=one.get("ctx", {})))
            for one in error.errors()
        ],
    )
