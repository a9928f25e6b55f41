from datetime import timedelta

from followup.actions import touring
from followup.queries import tour
from followup.queries.tour import Way
from tests.alarms import raise_one, resolve, take
from tests.builders import MONDAY, Clinic, local

NOON = local(7, 12)
NOTHING = Way(
    recorded=False,
    left=False,
    answered=False,
    raised=False,
    taken=False,
    resolved=False,
    waiting=None,
    weeks_later=False,
)


def way(clinic: Clinic, at: timedelta = timedelta(0)) -> Way:
    with clinic.open_db() as db:
        return tour.look(db, now=NOON + at)


def test_each_step_is_done_when_it_has_happened(clinic: Clinic) -> None:
    assert way(clinic) == NOTHING
    clinic.record()
    assert (way(clinic).recorded, way(clinic).left) == (True, False)
    clinic.tick(NOON)
    assert (way(clinic).left, way(clinic).answered) == (True, False)
    clinic.reply("thanks", now=NOON)
    assert (way(clinic).answered, way(clinic).raised) == (True, False)
    whose = clinic.patient()
    alert = raise_one(clinic, patient=whose)
    assert (way(clinic).raised, way(clinic).taken) == (True, False)
    take(clinic, alert, now=MONDAY)
    assert (way(clinic).taken, way(clinic).resolved, way(clinic).waiting) == (True, False, whose.id)
    resolve(clinic, alert, now=MONDAY)

    assert (way(clinic).resolved, way(clinic).waiting, way(clinic).weeks_later) == (True, None, False)
    assert way(clinic, timedelta(days=13)).is_done


def test_it_is_hidden_for_good_and_twice_changes_nothing(clinic: Clinic) -> None:
    for was_hidden in (False, True, True):
        with clinic.open_db() as db:
            assert tour.is_hidden(db) is was_hidden
            touring.hide(db, now=NOON, by="desk")
