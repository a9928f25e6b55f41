"""What every request to the API brings: a key, and often a JSON object."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from followup.actions import keys
from followup.actions.entries import EntryError, Problem
from followup.actions.fields import bounded
from followup.queries import keys as queries
from followup.runtime import Runtime
from followup.web.api import json_body
from followup.web.depends import body_of
from followup.web.together import Together

REALM = 'Bearer realm="followup"'

_bearer = HTTPBearer(
    scheme_name="key",
    bearerFormat="fu_…",
    description="A key that `followup key add NAME` printed. Its name stands in the audit log beside all it does.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and when: what every action wants to know."""

    by: str
    now: datetime  #: business time, read once for each request


async def caller(request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> Caller:
    """Who holds the key that was shown. Raises HTTPException 401."""
    if shown is None:
        raise HTTPException(401, "Send `Authorization: Bearer <key>`.", {"WWW-Authenticate": REALM})
    callers: Callers = request.app.state.callers
    found = await callers.do(shown.credentials)
    if found is None:
        refused = {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
        raise HTTPException(401, "This key is not known, or was revoked; `followup key add` makes one.", refused)
    return found


def callers(runtime: Runtime, shown: Sequence[str]) -> list[Caller | None]:
    """Who holds each of these keys; None if nobody does, or not any more."""
    with runtime.read_db() as db:
        holders = {key: queries.holder(db, key) for key in set(shown)}
    now = runtime.now()
    for holder in holders.values():
        if holder and not holder.is_noted(now):
            with runtime.open_db() as db:
                keys.note_use(db, key_id=holder.key_id, now=now)
    return [Caller(holder.name, now) if (holder := holders[key]) else None for key in shown]


Callers = Together[str, Caller | None]


async def say_once(request: Request) -> None:
    """Refuse a query that says something twice, because nobody knows which one holds. Raises EntryError."""
    times = Counter(name for name, _ in request.query_params.multi_items())
    twice = [Problem(bounded(name), "stands there twice", "say it once") for name in times if times[name] > 1]
    if twice:
        raise EntryError(*twice[: json_body.MOST_PROBLEMS])


async def _object(request: Request) -> dict[str, Any]:
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise HTTPException(415, "Send JSON with `Content-Type: application/json`.", {"Accept": "application/json"})
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise HTTPException(415, "Send the body as it is, without Content-Encoding.", {"Accept-Encoding": "identity"})
    try:
        return json_body.read_object(await body_of(request, most=json_body.MOST_BYTES))
    except json_body.BadJson as error:
        raise HTTPException(400, str(error)) from None


TheCaller = Annotated[Caller, Depends(caller)]
TheObject = Annotated[dict[str, Any], Depends(_object)]
