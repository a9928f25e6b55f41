"""Who is signed in."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.models import ApiKey, SignIn, Staff
from followup.models.access import IDLE
from followup.terms import Role

_RANK = (Role.DESK, Role.CLINICIAN, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One member of staff in one browser. `email` is what they sign with."""

    sign_in_id: UUID
    staff_id: UUID
    email: str
    name: str
    role: Role
    seen_at: datetime
    token: str = field(repr=False)

    @property
    def shown_name(self) -> str:
        """What pages call this person."""
        return self.name or self.email

    def may(self, needed: Role | str) -> bool:
        """Whether this role covers another one: an administrator may do all, a clinician all that the desk may."""
        return _RANK.index(self.role) >= _RANK.index(Role(needed))


def holder(db: Session, *, token: str, clock: datetime) -> SignedIn | None:
    """Who holds this token; None if nobody does, or not any more. `clock` is real time."""
    row = db.execute(
        select(SignIn.id, Staff.id, Staff.email, Staff.name, Staff.role, SignIn.seen_at)
        .join(Staff, SignIn.staff_id == Staff.id)
        .where(
            SignIn.hashed == ApiKey.hash_of(token),
            SignIn.ends_at > clock,
            SignIn.seen_at > clock - IDLE,
            Staff.left_at.is_(None),
        )
    ).one_or_none()
    return SignedIn(*row, token=token) if row else None
