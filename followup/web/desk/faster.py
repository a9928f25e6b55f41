"""What the second of two people is told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Faster:
    """Who was faster, when, and what they did (took, closed, settled); and the note that the second had typed."""

    by: str
    at: datetime | None
    did: str
    alert_id: UUID | None = None
    note: str = ""
