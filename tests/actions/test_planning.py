import pytest
from sqlalchemy import select

from followup.actions import planning
from followup.actions.planning import UnknownPlan
from followup.models import AuditEntry, Plan, Step
from followup.models.steps import steps_of
from tests.builders import MONDAY, Clinic, default_plan

CARE = 'purpose = "care"\nwording = "warning-signs"\nchannels = ["sms"]\nexpires = "2d"'
ONE, TWO = f'key = "one"\n{CARE}\nday = 1', f'key = "two"\n{CARE}\nday = 2'


def versions(clinic: Clinic, key: str) -> list[int]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Plan.version).where(Plan.key == key).order_by(Plan.version)))


def test_a_plan_is_loaded_step_by_step_in_its_order(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        steps = steps_of(db, planning.newest(db, "dry-needling").id)
    assert [step.key for step in steps] == [step.key for step in default_plan().steps]
    assert [step.time.at.isoformat() for step in steps] == ["10:00:00"] * len(steps)


def test_loading_the_same_plan_again_makes_no_new_version(clinic: Clinic) -> None:
    clinic.load_plan(ONE)
    clinic.load_plan(ONE)
    assert versions(clinic, "own") == [1]


def test_another_content_is_another_version_and_the_newest_is_followed(clinic: Clinic) -> None:
    clinic.load_plan(ONE)
    first = clinic.record("T1", plan="own")
    clinic.load_plan(TWO)
    second = clinic.record("T2", plan="own", patient={"given_name": "Ben"})
    assert versions(clinic, "own") == [1, 2]
    with clinic.open_db() as db:
        followed = [db.get_one(Step, recorded.messages[0].step_id).key for recorded in (first, second)]
    assert followed == ["one", "two"]


def test_going_back_to_an_older_content_is_a_new_version_too(clinic: Clinic) -> None:
    for step in (ONE, TWO, ONE):
        clinic.load_plan(step)
    assert versions(clinic, "own") == [1, 2, 3]


def test_an_unknown_plan_is_told_with_those_there_are(clinic: Clinic) -> None:
    clinic.load_plan(ONE)
    with clinic.open_db() as db, pytest.raises(UnknownPlan, match=r"no plan 'x'; the plans are: dry-needling, own$"):
        planning.newest(db, "x")


def test_who_loaded_a_plan_is_written_down(clinic: Clinic) -> None:
    clinic.load_plan(ONE)
    with clinic.open_db() as db:
        plan = planning.newest(db, "own")
        note = db.scalars(select(AuditEntry).where(AuditEntry.subject_id == str(plan.id))).one()
    assert (plan.loaded_at, note.did, note.did_by) == (MONDAY, "load", "test")
    assert note.details == {"key": "own", "version": 1}
