"""Keeps what goes wrong with one thing from what is done for the others beside it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from followup.logs import about, failure

log = logging.getLogger(__name__)


@contextmanager
def held_apart(doing: str, **ids: UUID) -> Iterator[None]:
    """Log whatever is raised, by its type and place, and go on after the block."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # whatever it is
        log.error("one thing failed", extra=about(doing=doing, **ids, **failure(error)))  # noqa: TRY400  # a traceback may hold a patient's data
