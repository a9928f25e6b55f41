"""Two clocks: real time, and the business time that the service was moved to."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Reads real time; `offset` is how far business time is ahead of it."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def business(self, at: datetime) -> datetime:
        return at + self.offset
