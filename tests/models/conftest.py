import pytest

from followup.db import OpenDb
from tests.builders import Clinic


@pytest.fixture
def clinic(open_db: OpenDb) -> Clinic:
    """A clinic with its plans on an empty database of each kind."""
    return Clinic(open_db)
