"""API keys: whose one is, and which there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import ApiKey

COARSE = timedelta(hours=1)  # between two notes of a key's use, so that reading stays reading


@dataclass(frozen=True, slots=True)
class Holder:
    """The software that holds a key."""

    key_id: UUID
    name: str
    last_used_at: datetime | None

    def is_noted(self, now: datetime) -> bool:
        """Whether its use is written down well enough."""
        return self.last_used_at is not None and abs(now - self.last_used_at) < COARSE


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key as an administrator sees it."""

    name: str
    prefix: str
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None


def holder(db: Session, key: str) -> Holder | None:
    """Who holds this key; None if nobody does, or not any more.

    It is looked up by its hash: how long that takes tells nothing about any key that exists.
    """
    row = db.execute(
        select(ApiKey.id, ApiKey.name, ApiKey.last_used_at).where(
            ApiKey.hashed == ApiKey.hash_of(key), ApiKey.revoked_at.is_(None)
        )
    ).one_or_none()
    return Holder(*row) if row else None


def listing(db: Session) -> Sequence[KeyView]:
    """Every key there ever was, oldest first."""
    return [
        KeyView(row.name, row.prefix, row.created_at, row.created_by, row.last_used_at, row.revoked_at, row.revoked_by)
        for row in db.scalars(select(ApiKey).order_by(ApiKey.id))
    ]
