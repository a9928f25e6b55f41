from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from followup.db import OpenDb, connect, opener
from followup.models import Patient
from tests.alarms import FIRST, SECOND, THIRD, patient, put_on_call
from tests.builders import Clinic


@pytest.fixture
def clinic(open_db: OpenDb) -> Clinic:
    """A clinic with its plans on an empty database of each kind."""
    return Clinic(open_db)


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    """For what only several transactions at once can show; SQLite has one at a time."""
    engine = connect(postgresql_url)
    yield engine
    engine.dispose()


@pytest.fixture
def busy_clinic(postgresql: Engine) -> Clinic:
    """A clinic whose transactions may run at the same time."""
    return Clinic(opener(postgresql))


@pytest.fixture
def staffed(clinic: Clinic) -> Clinic:
    """Three on call, the first of them with a phone."""
    put_on_call(clinic, FIRST, phone="212-555-0151")
    put_on_call(clinic, SECOND)
    put_on_call(clinic, THIRD)
    return clinic


@pytest.fixture
def ada(staffed: Clinic) -> Patient:
    staffed.record()
    return patient(staffed)
