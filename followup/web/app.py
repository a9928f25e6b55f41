"""The web application: every route, what guards them, and what is said when something is wrong."""

import gc
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

from followup.actions import receiving
from followup.actions.receiving import Told
from followup.logs import about
from followup.runtime import Runtime
from followup.web import (
    access,
    api,
    errors,
    health,
    hooks,
    metrics,
    notes,
    patients,
    preferences,
    sheets,
    telling,
)
from followup.web.api import asking, recording
from followup.web.desk import parts
from followup.web.guard import Guard
from followup.web.pages import Pages
from followup.web.together import Together

log = logging.getLogger(__name__)

_VERSION = version("followup")
_STATIC = Path(__file__).with_name("static")


def create_app(runtime: Runtime) -> FastAPI:
    """The app over one runtime, which it closes when it ends."""
    # Twilio waits for 15 s, and a booking system for far longer than a transaction that it shares saves us.
    receipts = Together(partial(_keep_receipts, runtime), gather=0.05)
    recordings = Together(partial(recording.record, runtime), gather=0.01)
    callers = Together(partial(asking.callers, runtime))

    @asynccontextmanager
    async def until_the_end(_: FastAPI) -> AsyncIterator[None]:
        gc.freeze()  # what is there by now stays; else it is searched for waste again and again
        log.info("web started", extra=about(version=app.version))
        yield
        receipts.close()
        recordings.close()
        callers.close()
        runtime.close()
        log.info("web stopped")

    app = FastAPI(
        title="followup",
        version=_VERSION,
        lifespan=until_the_end,
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # a redirected hook would lose its signature
        routes=list(_routes()),
        middleware=[Middleware(Guard, is_https=runtime.settings.public_url.startswith("https:"))],
    )
    app.state.runtime = runtime
    app.state.receipts = receipts
    app.state.recordings = recordings
    app.state.callers = callers
    app.state.pages = Pages(runtime.settings.public_url)
    parts.install(app, runtime)
    api.install(app)
    errors.install(app)
    app.add_exception_handler(sheets.DeadLink, sheets.dead_link)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Every route, made once in a process, which takes long: whatever differs between apps is in their state."""
    every = APIRouter()
    # Routes are tried one after the other, so what is asked by programs, a thousand times an hour, comes first.
    every.include_router(hooks.router)
    every.include_router(api.router())
    for part in (health, metrics, preferences, notes, telling, patients, *parts.PARTS):
        every.include_router(part.router)
    every.mount("/static", StaticFiles(directory=_STATIC))
    access.refuse_unguarded(every.routes)
    return tuple(every.routes)


def _keep_receipts(runtime: Runtime, told: Sequence[Told]) -> list[None]:
    now = runtime.now()
    with runtime.open_db() as db:
        receiving.keep_receipts(db, told=told, now=now)
    return [None] * len(told)
