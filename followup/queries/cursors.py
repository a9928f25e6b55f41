"""The place where a page ended, as text that a caller hands back to get the next one."""

from datetime import UTC, datetime
from uuid import UUID

_AT = "%Y%m%dT%H%M%S.%fZ"


class BadCursor(ValueError):
    """The cursor was not made by this list."""


def cursor(at: datetime, last_id: UUID) -> str:
    """The place of the last row of a page, in time and then by id; nothing in it needs escaping in a URL."""
    return f"{at.astimezone(UTC).strftime(_AT)}~{last_id}"


def after(text: str) -> tuple[datetime, UUID]:
    """The place that a cursor tells. Raises BadCursor."""
    at, _, last_id = text.partition("~")
    try:
        return datetime.strptime(at, _AT).replace(tzinfo=UTC), UUID(last_id)
    except ValueError:
        raise BadCursor(f"cursor {text[:80]!r} is not one of ours; use next_cursor of the page before") from None
