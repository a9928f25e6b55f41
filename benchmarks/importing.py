"""How fast treatment sessions are recorded from a file, with every message that is owed after them."""

import csv
import gc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure
from benchmarks.ground import MANY, Ground
from followup.actions import setting_up
from followup.actions.csv_rows import COLUMNS, read_lines
from followup.actions.fields import Place
from followup.actions.importing import Recorder, Result
from followup.db import opener

SESSIONS = 3_000
LEAST = 1_000  # sessions a second
PLACE = Place(setting_up.SAMPLE.zone, setting_up.SAMPLE.country)


def measure(ground: Ground) -> Iterator[Figure]:
    """Every session of a new patient, beside what is owed already."""
    file = _write(ground.folder() / "sessions.csv")
    for kind, least in (("postgresql", LEAST), ("sqlite", None)):
        database = ground.database(kind, MANY)
        gc.freeze()  # as the command does
        recorder, open_db = Recorder(by="benchmark"), opener(database.engine)
        began = perf_counter()
        with file.open("rb") as content:
            lines = recorder.record_all(
                open_db, read_lines(content), place_of=lambda _: PLACE, now=partial(datetime.now, UTC)
            )
            results = Counter(line.result for line in lines)
        took = perf_counter() - began
        assert results == {Result.TAKEN: SESSIONS}, results
        yield Figure(f"import, {kind}, {MANY:,} pending", SESSIONS / took, "sessions/s", least=least)


def _write(path: Path) -> Path:
    now = datetime.now(UTC)
    with path.open("w", newline="") as file:
        rows = csv.DictWriter(file, list(COLUMNS), restval="")
        rows.writeheader()
        for number in range(SESSIONS):
            rows.writerow(
                {
                    "external_id": f"imported-{number}",
                    "patient_external_id": f"patient-{number}",
                    "clinic": setting_up.SAMPLE.key,
                    "given_name": "Ana",
                    "family_name": f"Sample {number}",
                    "phone": f"+1212555{number % 10_000:04}",
                    "email": f"ana-{number}@patients.example",
                    "ended_at": (now - timedelta(minutes=number % 600)).isoformat(timespec="minutes"),
                    "practitioner": "B. Lee",
                    "regions": "neck;shoulder" if number % 2 else "lower_back",
                    "first_treatment": "yes" if number % 3 else "no",
                    "baseline_pain": str(number % 11),
                    "sms_consent": "yes",
                    "email_consent": "yes",
                    "consent_method": "paper form",
                }
            )
    return path
