"""Whether this process lives, and whether messages leave."""

from fastapi import APIRouter
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse

import migrations
from followup.queries import health
from followup.queries.health import Problem
from followup.runtime import Runtime
from followup.web.depends import TheRuntime

router = APIRouter(include_in_schema=False)


@router.api_route("/healthz", methods=["GET", "HEAD"])
async def healthz() -> PlainTextResponse:
    """This process is up. Asks nothing of the database, so that a slow one does not get us killed."""
    return PlainTextResponse("ok")


@router.api_route("/readyz", methods=["GET", "HEAD"])
def readyz(runtime: TheRuntime) -> JSONResponse:
    """Everything is there and messages leave in time; else 503 and which of it is not so."""
    found = _problems(runtime)
    said = [{"check": problem.check, "detail": problem.detail} for problem in found]
    return JSONResponse({"ready": not found, "problems": said}, 503 if found else 200)


def _problems(runtime: Runtime) -> list[Problem]:
    try:
        with runtime.read_db() as db:
            bind = db.get_bind()
            assert isinstance(bind, Engine)
            # `bind` only reads: on SQLite this must not wait for, or hold up, whoever writes.
            if not migrations.is_current(bind):
                return [Problem("migrations", "The database is not at this version's tables; run `followup migrate`.")]
            return health.problems(db, now=runtime.now())
    except SQLAlchemyError as error:
        return [Problem("database", f"The database can't be asked ({type(error).__name__}); see DATABASE_URL.")]
