"""Who may see which page: asked here for every staff route, and nowhere else.

A route is made by `StaffRouter.page` or `.act`, which say the role that it needs; `refuse_unguarded` lets no app start
with a route that does neither and is not known to be open. Every act must come from a form that we drew.
"""

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.routing import iter_route_contexts
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from followup.actions import signing_in
from followup.db import real_time
from followup.models.access import LONGEST
from followup.queries import sign_ins
from followup.queries.sign_ins import SignedIn
from followup.runtime import Runtime
from followup.terms import Role
from followup.web.depends import TheForm, TheRuntime

HOME = "/"
SIGN_IN = "/sign-in"
TOKEN_FIELD, TOKEN_HEADER = "csrf", "X-CSRF-Token"
UNATTENDED = "X-Unattended"  #: a page asks by itself, and nobody may be there

# What signed-out people and programs may ask for: the rest needs a role. These check signatures, keys and tokens.
OPEN = frozenset(
    {
        *("/healthz", "/readyz", "/metrics", "/openapi.json", "/static"),
        *(SIGN_IN, f"{SIGN_IN}/practice", "/forgot-password", "/password/{token}"),
    }
)
OPEN_UNDER = ("/p/{token}/", "/hooks/", "/api/")

_NEEDED = {
    Role.ADMIN: "Only an administrator may do that; ask one of them.",
    Role.CLINICIAN: "Only a clinician or an administrator may do that; ask one of them.",
    Role.DESK: "",
}
_FORM_LASTS_S = 12 * 3600


class SignedOut(Exception):
    """Nobody is signed in, or not any more."""


@dataclass(frozen=True, slots=True)
class Door:
    """What a browser is given to keep, and how it must come back. `root` is the path before every address."""

    root: str
    is_https: bool
    key: str

    @property
    def _prefix(self) -> str:
        return "__Host-" if self.is_https else ""

    def token_in(self, request: Request) -> str:
        """What the browser of someone signed in holds; empty when it holds nothing."""
        return request.cookies.get(f"{self._prefix}followup", "")

    def let_in(self, response: Response, token: str) -> None:
        """Let this browser be signed in."""
        self._keep(response, "followup", token, int(LONGEST.total_seconds()))
        self._keep(response, "followup-form", "", 0)

    def show_out(self, response: Response) -> None:
        """Let this browser forget it."""
        self._keep(response, "followup", "", 0)

    def form_seed(self, request: Request) -> str:
        """What a signed-out browser's forms are bound to."""
        return request.cookies.get(f"{self._prefix}followup-form", "") or secrets.token_urlsafe(16)

    def keep_seed(self, response: Response, seed: str) -> None:
        """Let the browser keep what its forms are bound to."""
        self._keep(response, "followup-form", seed, _FORM_LASTS_S)

    def form_token(self, seed: str) -> str:
        """What every form of ours holds: only a page of ours, read with this browser's cookie, can tell it."""
        return hmac.new(self.key.encode(), f"form {seed}".encode(), sha256).hexdigest()

    def is_our_form(self, request: Request, given: str) -> bool:
        """Whether a form was drawn by us, for this very browser."""
        seed = self.token_in(request) or request.cookies.get(f"{self._prefix}followup-form", "")
        return bool(seed) and hmac.compare_digest(self.form_token(seed).encode(), given.encode())

    def to(self, path: str, *, status: int = 303) -> RedirectResponse:
        """Lead the browser to a path of ours."""
        return RedirectResponse(f"{self.root}{path}", status)

    def _keep(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            f"{self._prefix}{name}",
            value,
            max_age=seconds,
            path="/",
            secure=self.is_https,
            httponly=True,
            samesite="lax",
        )


def door_of(runtime: Runtime) -> Door:
    """The door of the service as its settings say."""
    public_url = runtime.settings.public_url
    return Door(urlsplit(public_url).path, public_url.startswith("https:"), runtime.links.secret_key)


async def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


TheDoor = Annotated[Door, Depends(_door)]


class Needs:
    """Lets through who is signed in and has this role, or one that covers it. Raises SignedOut, HTTPException 403."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def __call__(self, request: Request, runtime: TheRuntime, door: TheDoor) -> None:
        who = signed_in(runtime, door.token_in(request), is_attended=UNATTENDED not in request.headers)
        if who is None:
            raise SignedOut
        if not who.may(self.role):
            raise HTTPException(403, _NEEDED[self.role])
        request.state.who = who


async def our_form(request: Request, door: TheDoor, form: TheForm) -> None:
    """Lets through what comes from a form of ours. Raises HTTPException 403."""
    given = request.headers.get(TOKEN_HEADER) or form.first(TOKEN_FIELD, most=100)
    if not door.is_our_form(request, given):
        raise HTTPException(403, "This form is too old, or is not ours. Load the page again and repeat it.")


async def _who(request: Request) -> SignedIn:
    who: SignedIn = request.state.who
    return who


Who = Annotated[SignedIn, Depends(_who)]
OurForm = Depends(our_form)


class StaffRouter(APIRouter):
    """Routes of staff pages; each says which role it needs."""

    def page(self, path: str, *, needs: Role = Role.DESK) -> Callable[[Any], Any]:
        """A page to look at: it changes nothing."""
        return self.api_route(
            path, methods=["GET", "HEAD"], dependencies=[Depends(Needs(needs))], include_in_schema=False
        )

    def act(self, path: str, *, needs: Role = Role.DESK) -> Callable[[Any], Any]:
        """Something that staff do, by a form of ours."""
        guards = [Depends(Needs(needs)), OurForm]
        return self.api_route(path, methods=["POST"], dependencies=guards, include_in_schema=False)


def signed_in(runtime: Runtime, token: str, *, is_attended: bool = True) -> SignedIn | None:
    """Who holds this token; their use of it is kept every few minutes, but not what an open page asks by itself."""
    if not token:
        return None
    with runtime.read_db() as db:
        clock = real_time(db)
        who = sign_ins.holder(db, token=token, clock=clock)
    if who and is_attended and clock - who.seen_at > signing_in.SEEN_EVERY:
        with runtime.open_db() as db:
            signing_in.see(db, sign_in_id=who.sign_in_id, clock=clock)
    return who


def own_path(text: str) -> str:
    """A path of ours to go on to, or the first page when it may lead elsewhere."""
    is_ours = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if is_ours else HOME


async def ask_to_sign_in(request: Request, _: Exception) -> Response:
    """Lead whoever is signed out to the sign-in page, and from there to where they wanted to go."""
    door: Door = await _door(request)
    if "HX-Request" in request.headers:
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        wanted = _with_query(shown.path.removeprefix(door.root), shown.query)
        return Response(status_code=401, headers={"HX-Redirect": f"{door.root}{_sign_in_then(wanted)}"})
    wanted = _with_query(request.url.path, request.url.query) if request.method in {"GET", "HEAD"} else HOME
    answer = door.to(_sign_in_then(wanted))
    if door.token_in(request):
        door.show_out(answer)
    return answer


def refuse_unguarded(routes: Sequence[BaseRoute]) -> None:
    """Raise LookupError for a route that says no role and is not known to be open."""
    for route in iter_route_contexts(routes):
        path = route.path or ""
        if path not in OPEN and not path.startswith(OPEN_UNDER) and needed_by(route) is None:
            raise LookupError(f"{path} says no role; make it with StaffRouter.page or .act")


def needed_by(route: Any) -> Role | None:
    """The role that a route says it needs."""
    dependant = getattr(route, "dependant", None)
    calls = (each.call for each in dependant.dependencies) if dependant else ()
    return next((call.role for call in calls if isinstance(call, Needs)), None)


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _sign_in_then(wanted: str) -> str:
    wanted = own_path(wanted or HOME)
    return SIGN_IN if wanted == HOME else f"{SIGN_IN}?next={quote(wanted, safe='/')}"
