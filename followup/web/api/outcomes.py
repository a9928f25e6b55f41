"""Outcomes: what patients measured, for a clinic's own figures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from followup.queries import outcomes
from followup.queries.outcomes import Filter, OutcomePage
from followup.web.api import examples
from followup.web.api.asking import say_once
from followup.web.api.description import answers
from followup.web.api.schemas import OutcomeQuery
from followup.web.depends import TheRuntime

router = APIRouter(prefix="/outcomes", tags=["outcomes"])


@router.get("", dependencies=[Depends(say_once)], responses=answers(422, example=examples.OUTCOMES))
def list_outcomes(runtime: TheRuntime, chosen: Annotated[OutcomeQuery, Query()]) -> OutcomePage:
    """Outcomes in the order in which they were measured, 50 to a page, each with its baseline and treatment session."""
    with runtime.read_db() as db:
        wanted = Filter(since=chosen.since, until=chosen.until, region=chosen.region, practitioner=chosen.practitioner)
        return outcomes.page(db, chosen=wanted, cursor=chosen.cursor)
