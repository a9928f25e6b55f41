"""API keys: each is made once, shown once, and revoked for good."""

import re
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from followup.actions import auditing
from followup.db import new_id
from followup.models import ApiKey

KEY_BYTES = 32
SHOWN = 9  # characters of a key that tell which one it is; 36 of its 256 bits

# Neither a person's email address nor a word with which the service itself signs what it does.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class BadName(ValueError):
    """The name cannot stand in the audit log, or is taken."""


class UnknownKey(LookupError):
    """There is no key of that name."""


def add_key(db: Session, *, name: str, now: datetime, by: str) -> str:
    """Make a key for the software of this name, and tell it: it cannot be told again. Raises BadName."""
    if not NAME.fullmatch(name):
        raise BadName(f"{name[:80]!r} can't be a key's name; use small letters, digits and hyphens, such as booking")
    if db.scalar(select(ApiKey.id).where(ApiKey.name == name)):
        raise BadName(f"there is, or was, a key named {name}; take another name, so that the audit log stays clear")
    key = f"fu_{secrets.token_urlsafe(KEY_BYTES)}"
    row = ApiKey(id=new_id(), name=name, prefix=key[:SHOWN], hashed=ApiKey.hash_of(key), created_at=now, created_by=by)
    db.add(row)
    auditing.note(db, did="add", subject="key", subject_id=row.id, now=now, by=by, details={"name": name})
    return key


def revoke_key(db: Session, *, name: str, now: datetime, by: str) -> bool:
    """Let a key open nothing any more; False if it did not already. Raises UnknownKey."""
    row = db.scalars(select(ApiKey).where(ApiKey.name == name).with_for_update()).one_or_none()
    if row is None:
        raise UnknownKey(f"there is no key named {name[:80]!r}; `followup key list` shows them")
    if row.revoked_at:
        return False
    row.revoked_at, row.revoked_by = now, by
    auditing.note(db, did="revoke", subject="key", subject_id=row.id, now=now, by=by, details={"name": name})
    return True


def note_use(db: Session, *, key_id: UUID, now: datetime) -> None:
    """Keep when a key was last used."""
    db.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))
