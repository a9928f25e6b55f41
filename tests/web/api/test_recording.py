from dataclasses import replace

import pytest
from sqlalchemy import func, select

from followup.actions.enrolling import Conflict
from followup.actions.entries import EntryError
from followup.db import OpenDb
from followup.models import AuditEntry, TreatmentSession
from followup.runtime import Runtime
from followup.web.api.asking import Caller
from followup.web.api.recording import Kept, Posted, record
from tests.builders import MONDAY, Clinic

from .conftest import Api, body

BOOKING, TILL = Caller("booking", MONDAY), Caller("till", MONDAY)


@pytest.fixture
def at_noon(runtime: Runtime, clinic: Clinic) -> Runtime:  # noqa: ARG001 - the clinic must be there
    return replace(runtime, now=lambda: MONDAY)


def test_each_that_is_posted_with_others_gets_its_own_answer(at_noon: Runtime, open_db: OpenDb) -> None:
    posted = [
        Posted(body("T1"), BOOKING),
        Posted(body("T2", patient={"given_name": ""}), BOOKING),
        Posted(body("T3", patient={"given_name": "Bo"}), TILL),
        Posted(body("T1"), TILL),
        Posted(body("T1", baseline_pain=3), TILL),
        Posted(body("T4", clinic="nowhere"), BOOKING),
    ]
    first, nameless, third, again, other, nowhere = record(at_noon, posted)

    assert isinstance(first, Kept)
    assert isinstance(third, Kept)
    assert (first.view.external_id, first.view.recorded_by, first.was_known) == ("T1", "booking", False)
    assert (third.view.patient.given_name, third.view.recorded_by, third.was_known) == ("Bo", "till", False)
    assert again == Kept(first.view, was_known=True)
    assert [type(each) for each in (nameless, other, nowhere)] == [EntryError, Conflict, EntryError]
    assert all(message.treatment == third.view.id for message in third.view.messages)
    assert len(third.view.messages) == len(first.view.messages) == 8
    with open_db() as db:
        noted = db.scalars(select(AuditEntry.did_by).where(AuditEntry.did == "record")).all()
        assert sorted(noted) == ["booking", "till"]


def test_nothing_stays_of_what_is_not_for_good(at_noon: Runtime, open_db: OpenDb) -> None:
    [told] = record(at_noon, [Posted(body(), BOOKING)], for_good=False)
    assert isinstance(told, Kept)
    with open_db() as db:
        assert db.scalar(select(func.count()).select_from(TreatmentSession)) == 0


def test_a_preview_of_what_is_recorded_shows_it(api: Api) -> None:
    recorded = api.post("/treatments", body()).json()
    preview = api.post("/treatments/preview", body())
    assert (preview.status_code, preview.json()) == (200, recorded)
