"""A week of a made-up clinic, to see pages that are full: the file is that of `examples/treatments.csv`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from io import BytesIO

from followup.actions import places
from followup.actions.csv_rows import read_lines
from followup.actions.importing import Line, Recorder, Result
from followup.practice import walking
from followup.queries import tour
from followup.runtime import Runtime

BEGINS_AT = datetime(2027, 3, 20, 22, 30, tzinfo=UTC)  #: when its last session has just ended
_FILE = "example-week.csv"


@dataclass(frozen=True, slots=True)
class Week:
    """What became of it, line by line."""

    lines: Sequence[Line]

    @property
    def counts(self) -> Counter[Result]:
        """How many lines were taken, known already and refused."""
        return Counter(line.result for line in self.lines)


def record(runtime: Runtime, *, by: str) -> Week:
    """Record the week; the clock begins at its end, unless there are sessions already. Twice changes nothing.

    Raises CannotTurnBack and Stuck.
    """
    with runtime.read_db() as db:
        is_first = tour.nothing_recorded(db)
    if is_first:
        walking.begin_at(runtime, BEGINS_AT)
    lines = read_lines(BytesIO(files(__package__).joinpath(_FILE).read_bytes()))
    with runtime.read_db() as db:
        place_of = places.of_clinics(db)
        return Week(list(Recorder(by=by).record_all(runtime.open_db, lines, place_of=place_of, now=runtime.now)))
