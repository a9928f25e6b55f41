from datetime import time, timedelta
from typing import Any

import pytest

from followup.models import Step
from followup.queries import plans
from followup.queries.plans import describe, say
from followup.terms import Channel, Condition, OnQuiet, Purpose, Question
from tests.builders import MONDAY, Clinic

OWN = 'key = "check-in"\npurpose = "care"\nday = 1\nexpires = "24h"\nchannels = ["sms"]\nwording = "check-in"\nquestion = "check_in"'


def step(**fields: Any) -> Step:
    common = {"key": "one", "purpose": Purpose.CARE, "at": time(10), "on_quiet": OnQuiet.LATER, "wording": "check-in"}
    lists = {"channels": ["sms", "email"], "regions": [], "unless": []}
    return Step(**{**common, **lists, "expires": timedelta(hours=24), **fields})


def test_every_version_is_listed_the_newest_of_each_plan_first(clinic: Clinic) -> None:
    clinic.load_plan(OWN, key="alone")
    clinic.load_plan(OWN.replace("day = 1", "day = 2"), key="alone")
    with clinic.open_db() as db:
        found = plans.versions(db)
    assert [(plan.key, plan.version, plan.steps) for plan in found] == [
        ("alone", 2, 1),
        ("alone", 1, 1),
        ("dry-needling", 1, 9),
    ]
    assert (found[0].loaded_at, found[0].loaded_by) == (MONDAY, "test")


def test_the_newest_version_is_found_unless_another_is_asked_for(clinic: Clinic) -> None:
    clinic.load_plan(OWN)
    clinic.load_plan(OWN.replace("day = 1", "day = 2"))
    with clinic.open_db() as db:
        newest, older = plans.find(db, key="own"), plans.find(db, key="own", version=1)
        missing = [plans.find(db, key="nope"), plans.find(db, key="own", version=3)]
    assert newest
    assert older
    assert [(plan.version, steps[0].day) for plan, steps in (newest, older)] == [(2, 2), (1, 1)]
    assert missing == [None, None]


@pytest.mark.parametrize(
    ("fields", "timing"),
    [
        ({"after": timedelta(0)}, "at once"),
        ({"after": timedelta(hours=2)}, "2 h after the end"),
        ({"day": 3}, "day 3, 10:00"),
        ({"after": timedelta(days=3), "reminds": "pain-score"}, "3 d after asking, 10:00"),
        ({"after": timedelta(hours=36), "reminds": "pain-score"}, "36 h after asking"),
    ],
)
def test_a_step_tells_when_it_goes(fields: dict[str, Any], timing: str) -> None:
    assert describe(step(**fields)).timing == timing


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"regions": ["neck", "upper_back"]}, "Only after treatment of: neck, upper back."),
        ({"question": Question.PAIN_0_10}, "Asks for a pain score, 0 to 10."),
        ({"question": Question.PAIN_0_10, "reminds": "pain-score"}, "Only if pain-score left and is not answered."),
        ({"unless": ["next_visit"]}, "Not if the next visit is booked."),
        ({"purpose": Purpose.FEEDBACK}, "Waits while an alert of the patient is open."),
        (
            {"when": Condition.WORRY_OR_SILENT_RISK},
            "Only if the check-in is answered C, or not at all by a patient at high risk.",
        ),
        (
            {"on_quiet": OnQuiet.EARLIER},
            "What would come in quiet hours comes shortly before them, if there is time.",
        ),
        ({"on_quiet": OnQuiet.IMMEDIATE}, "Comes in quiet hours too, until 60 min after the session's end."),
    ],
)
def test_a_step_tells_what_it_depends_on(fields: dict[str, Any], note: str) -> None:
    assert describe(step(after=timedelta(hours=2), **fields)).notes == [note]


def test_a_step_keeps_the_fields_of_its_file() -> None:
    view = describe(step(after=timedelta(minutes=90)))
    assert (view.after, view.at, view.expires, view.channels) == ("90m", "10:00", "1d", [Channel.SMS, Channel.EMAIL])
    assert view.notes == []


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(0), "0 min"),
        (timedelta(minutes=90), "90 min"),
        (timedelta(hours=18), "18 h"),
        (timedelta(hours=48), "2 d"),
    ],
)
def test_a_duration_is_said_in_its_largest_whole_unit(duration: timedelta, said: str) -> None:
    assert say(duration) == said
