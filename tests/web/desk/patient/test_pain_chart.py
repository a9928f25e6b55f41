"""The pain as it is drawn."""

from datetime import timedelta

from followup.db import OpenDb
from followup.models import Outcome, Patient
from followup.terms import Measure
from tests.conftest import on_one_database
from tests.web.conftest import NOW
from tests.web.desk.conftest import Person

from .conftest import Treat, home


@on_one_database
def test_the_pain_is_drawn_with_its_sessions(carla: Person, open_db: OpenDb, patient: Patient, treat: Treat) -> None:
    first = treat(ended_at=NOW - timedelta(days=40), now=NOW - timedelta(days=40), baseline_pain=7)
    treat(baseline_pain=5)
    with open_db() as db:
        db.add(
            Outcome(
                patient_id=patient.id,
                treatment_id=first.id,
                measure=Measure.PAIN,
                value=6,
                measured_at=NOW - timedelta(days=33),
                measured_by="patient",
            )
        )
    text = carla.get(home(patient)).text

    assert "7 before treatment on 3 Oct, 6 afterwards on 10 Oct, 5 before treatment on 12 Nov." in text
    assert text.count('class="chart-session"') == 4
    assert text.count('class="chart-band"') == 2
    assert "2 points below the first score, or more" in text
