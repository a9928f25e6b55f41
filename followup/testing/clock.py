"""Business time under a test's control."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class StandingClock:
    """Business time that stands still until it is moved. `tell` hears how far it is ahead of real time."""

    def __init__(self, at: datetime, *, tell: Callable[[timedelta], None]) -> None:
        self._tell = tell
        self.set(at)

    def __call__(self) -> datetime:
        return self._now

    def set(self, to: datetime) -> None:
        """Stand at an instant. Raises ValueError for one without a zone."""
        if to.tzinfo is None:
            raise ValueError(f"{to!r} has no zone; write datetime(..., tzinfo=UTC)")
        self._now = to.astimezone(UTC)
        self._tell(self._now - datetime.now(UTC))

    def go(self, by: timedelta) -> None:
        """Leap on; what was due on the way is late, as after an outage."""
        self.set(self._now + by)
