"""Who is let in: the keys with which other software asks, the sign-ins of staff, and how often someone failed."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from followup.db import Base, new_id, together


class ApiKey(Base):
    """What lets other software in. The key itself is shown once, when it is made; only its hash is kept."""

    __tablename__ = "api_key"
    __table_args__ = (together("created_at", "created_by"), together("revoked_at", "revoked_by"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64), unique=True)  #: stands in the audit log, so no two ever share one
    prefix: Mapped[str] = mapped_column(String(12))  #: how the key begins, to tell which one it is
    hashed: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    last_used_at: Mapped[datetime | None]  #: give or take an hour
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(200))

    @staticmethod
    def hash_of(key: str) -> str:
        """SHA-256: nobody can guess 256 random bits, so a slow hash would protect nothing more."""
        return sha256(key.encode()).hexdigest()


IDLE = timedelta(hours=12)  #: a sign-in ends when it is not used for so long
LONGEST = timedelta(days=7)  #: or when it is as old as this, used or not


class SignIn(Base):
    """A browser that staff signed in with; deleted when it ends. Times are real."""

    __tablename__ = "sign_in"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    hashed: Mapped[str] = mapped_column(String(64), unique=True)  #: SHA-256 of what the browser holds
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]  #: give or take five minutes
    ends_at: Mapped[datetime]  #: however much it is used


class Throttle(Base):
    """How often an account, or an address, failed to sign in of late. Times are real."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  #: a hash: the table names nobody
    tries: Mapped[int]
    tried_at: Mapped[datetime]
    wait_until: Mapped[datetime | None]
