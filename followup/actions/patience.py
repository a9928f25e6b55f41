"""How long the engine waits, in real time. Tests shorten it; nothing else does."""

from dataclasses import dataclass
from datetime import timedelta

# Growing waits after an unavailable gateway; after the last one we give up (messaging.md §3.1).
_WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 3600, 4 * 3600))


@dataclass(frozen=True, slots=True)
class Patience:
    """Durations between database, gateway and reconciler. Sources: messaging.md §1.8, §1.9."""

    lease: timedelta = timedelta(seconds=60)  #: others stay off a leased message; an attempt is answered by then
    speak_within: timedelta = timedelta(seconds=60)  #: an attempt that comes to its word later than this keeps silent
    first_look: timedelta = timedelta(seconds=60)  #: an uncertain message is looked for this long after its attempt
    surely_listed: timedelta = timedelta(minutes=5)  #: a gateway's list is complete this long after an attempt
    between_lists: timedelta = timedelta(seconds=90)  #: two complete lists this far apart without it: it never arrived
    waits: tuple[timedelta, ...] = _WAITS
