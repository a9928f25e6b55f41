"""The API at `/api/v1`: what booking systems and a clinic's other software ask and say."""

from fastapi import APIRouter, Depends, FastAPI

from followup.web.api import alerts, asking, description, messages, outcomes, patients, problems, replies, treatments


def router() -> APIRouter:
    """Every route of the API; none is open without a key."""
    api = APIRouter(
        prefix="/api/v1",
        dependencies=[Depends(asking.caller)],
        generate_unique_id_function=lambda route: route.name,  # what generated clients call their methods
    )
    for part in (treatments, messages, patients, alerts, replies, outcomes):
        api.include_router(part.router)
    return api


def install(app: FastAPI) -> None:
    """Add what the API answers when something is refused, and its description."""
    problems.install(app)
    description.install(app)
