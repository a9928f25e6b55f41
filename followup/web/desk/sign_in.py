"""The pages before a sign-in: who are you, and how you get a password."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import select
from starlette.responses import HTMLResponse, Response

from followup.actions import inviting, signing_in
from followup.actions.passwords import WeakPassword
from followup.actions.signing_in import Candidate
from followup.actions.throttling import TooSoon
from followup.db import real_time
from followup.models import Clinic
from followup.runtime import Runtime
from followup.terms import Role
from followup.web.access import SIGN_IN, Door, OurForm, TheDoor, own_path, signed_in
from followup.web.depends import TheForm, ThePages, TheRuntime
from followup.web.pages import Pages

router = APIRouter(include_in_schema=False)

_PAGE = ["GET", "HEAD"]
_PRACTICE = ((Role.ADMIN, "Administrator"), (Role.CLINICIAN, "Clinician"), (Role.DESK, "Front desk"))


@dataclass(frozen=True, slots=True)
class Refused:
    """Why it did not work, and what to do."""

    title: str
    words: str


@router.api_route(SIGN_IN, methods=_PAGE)
def ask(request: Request, runtime: TheRuntime, pages: ThePages, door: TheDoor) -> Response:
    """Ask who it is; whoever is signed in goes on."""
    wanted = own_path(request.query_params.get("next", ""))
    if signed_in(runtime, door.token_in(request)):
        return door.to(wanted)
    said = "You are signed out." if "out" in request.query_params else ""
    return _ask(request, runtime, pages, door, wanted=wanted, said=said)


@router.post(SIGN_IN, dependencies=[OurForm])
def sign_in(request: Request, runtime: TheRuntime, pages: ThePages, door: TheDoor, form: TheForm) -> Response:
    """Sign in with an email address and a password."""
    email, password = form.first("email", most=254), form.first("password", most=201)
    wanted, now = own_path(form.first("next", most=2000)), runtime.now()
    try:
        with runtime.open_db() as db:
            candidate = signing_in.begin(db, email=email, address=_address(request), clock=real_time(db))
    except TooSoon as error:
        refused = Refused("Too many tries.", f"Wait {_wait(runtime, error.until)}, or ask for a new password.")
        return _ask(request, runtime, pages, door, wanted=wanted, email=email, refused=refused, status=429)
    token = _token(runtime, candidate, password, now)
    if token is None:
        refused = Refused("That did not work.", f"Email or password is wrong. {_tries(candidate.tries_left)}")
        return _ask(request, runtime, pages, door, wanted=wanted, email=email, refused=refused, status=422)
    return _let_in(door, token, wanted)


@router.post(f"{SIGN_IN}/practice", dependencies=[OurForm])
def practise(runtime: TheRuntime, door: TheDoor, form: TheForm) -> Response:
    """Come in without a password, while nothing is live."""
    role = form.first("role", most=20)
    if runtime.settings.followup_live or role not in list(Role):
        raise HTTPException(404)
    now = runtime.now()
    with runtime.open_db() as db:
        token = signing_in.practise(db, role=Role(role), now=now, clock=real_time(db))
    return _let_in(door, token, own_path(form.first("next", most=2000)))


@router.api_route("/forgot-password", methods=_PAGE)
def forgot(request: Request, pages: ThePages, door: TheDoor) -> Response:
    """Ask where the link should go."""
    return _gate(request, pages, door, "desk/forgot.html", given={}, refused=None, is_asked=False)


@router.post("/forgot-password", dependencies=[OurForm])
def send_link(request: Request, runtime: TheRuntime, pages: ThePages, door: TheDoor, form: TheForm) -> Response:
    """Write to whoever has this address; the page says the same for a stranger."""
    email, now, refused = form.first("email", most=254), runtime.now(), None
    try:
        with runtime.open_db() as db:
            inviting.ask_reset(db, email=email, now=now, clock=real_time(db))
    except TooSoon as error:
        words = f"Links were sent. Look at your email, or wait {_wait(runtime, error.until)}."
        refused = Refused("Too many at once.", words)
    values: dict[str, Any] = {"given": {"email": email}, "refused": refused, "is_asked": refused is None}
    return _gate(request, pages, door, "desk/forgot.html", status=429 if refused else 200, **values)


@router.api_route("/password/{token}", methods=_PAGE)
def ask_password(token: str, request: Request, runtime: TheRuntime, pages: ThePages, door: TheDoor) -> Response:
    """Ask for a password; opening the link uses nothing up, for mail scanners open every link."""
    now = runtime.now()
    with runtime.read_db() as db:
        try:
            email = inviting.holder(db, token=token, links=runtime.links, now=now).email
        except inviting.DeadLink:
            return _dead(request, pages, door)
    return _gate(request, pages, door, "desk/password.html", email=email, link=token, wrong={})


@router.post("/password/{token}", dependencies=[OurForm])
def set_password(
    token: str, request: Request, runtime: TheRuntime, pages: ThePages, door: TheDoor, form: TheForm
) -> Response:
    """Take the password, and sign in with it."""
    password, now = form.first("password", most=201), runtime.now()
    try:
        with runtime.read_db() as db:
            staff = inviting.holder(db, token=token, links=runtime.links, now=now)
        hashed = inviting.hash_for(staff, password, again=form.first("again", most=201))
        with runtime.open_db() as db:
            clock = real_time(db)
            chosen = inviting.set_password(
                db, token=token, password_hash=hashed, links=runtime.links, now=now, clock=clock
            )
            kept = signing_in.open_for(db, staff=chosen, now=now, clock=clock)
    except inviting.DeadLink:
        return _dead(request, pages, door)
    except WeakPassword as error:
        wrong = {"password": str(error)}
        return _gate(request, pages, door, "desk/password.html", status=422, email=staff.email, link=token, wrong=wrong)
    return _let_in(door, kept, "/")


def _token(runtime: Runtime, candidate: Candidate, password: str, now: datetime) -> str | None:
    """What the browser is to keep; None when it is not proven. No transaction is open while that is found out."""
    is_proven = candidate.is_proven_by(password)
    with runtime.open_db() as db:
        if is_proven:
            token = signing_in.finish(db, candidate=candidate, password=password, now=now, clock=real_time(db))
            if token:
                return token
        signing_in.refuse(db, candidate=candidate, now=now)
    return None


def _ask(
    request: Request,
    runtime: Runtime,
    pages: Pages,
    door: Door,
    *,
    wanted: str,
    email: str = "",
    said: str = "",
    refused: Refused | None = None,
    status: int = 200,
) -> HTMLResponse:
    with runtime.read_db() as db:
        clinics = db.scalars(select(Clinic.name).order_by(Clinic.name).limit(3)).all()
    return _gate(
        request,
        pages,
        door,
        "desk/sign-in.html",
        status=status,
        clinic=", ".join(clinics),
        practice=() if runtime.settings.followup_live else _PRACTICE,
        next=wanted,
        given={"email": email},
        wrong={"password": "Type it again"} if refused else {},
        said=said,
        refused=refused,
    )


def _gate(
    request: Request, pages: Pages, door: Door, template: str, *, status: int = 200, **values: object
) -> HTMLResponse:
    seed = door.token_in(request) or door.form_seed(request)
    page = pages.draw(template, status=status, csrf=door.form_token(seed), **values)
    if not door.token_in(request):
        door.keep_seed(page, seed)
    return page


def _dead(request: Request, pages: Pages, door: Door) -> HTMLResponse:
    return _gate(request, pages, door, "desk/password.html", status=404, email="", link="", wrong={})


def _let_in(door: Door, token: str, wanted: str) -> Response:
    answer = door.to(wanted)
    door.let_in(answer, token)
    return answer


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _wait(runtime: Runtime, until: datetime) -> str:
    with runtime.read_db() as db:
        seconds = max(1, round((until - real_time(db)).total_seconds()))
    return f"{seconds} seconds" if seconds < 90 else f"{-(-seconds // 60)} minutes"


def _tries(left: int) -> str:
    return f"{left} more before you have to wait." if left else "Now you have to wait a little."
