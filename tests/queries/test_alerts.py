from datetime import datetime, timedelta

from followup.queries import alerts
from followup.queries.alerts import Overdue
from followup.terms import Label
from tests.alarms import raise_one, resolve, take
from tests.builders import MONDAY, Clinic

MINUTE = timedelta(minutes=1)


def overdue(clinic: Clinic, now: datetime) -> Overdue | None:
    with clinic.open_db() as db:
        return alerts.overdue(db, now=now)


def test_the_banner_shows_what_nobody_took_in_time(clinic: Clinic) -> None:
    urgent = raise_one(clinic, Label.URGENT, once_key="urgent")
    emergency = raise_one(clinic, Label.EMERGENCY, once_key="emergency")
    assert overdue(clinic, MONDAY + 4 * MINUTE) is None
    assert overdue(clinic, MONDAY + 5 * MINUTE) == Overdue(1, Label.EMERGENCY, MONDAY + 5 * MINUTE)
    assert overdue(clinic, MONDAY + 15 * MINUTE) == Overdue(2, Label.EMERGENCY, MONDAY + 5 * MINUTE)
    take(clinic, emergency)
    assert overdue(clinic, MONDAY + 15 * MINUTE) == Overdue(1, Label.URGENT, MONDAY + 15 * MINUTE)
    resolve(clinic, urgent)
    assert overdue(clinic, MONDAY + 15 * MINUTE) is None
