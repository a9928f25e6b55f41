"""Staff sign in, and out again. The browser holds a token; only its hash is kept, and it ends.

Checking a password takes long, so no transaction is open meanwhile: `begin`, then `Candidate.is_proven_by`, then `finish`.
Whoever asks passes `clock`, the database's real time: a practice clock that leaps signs nobody out.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from followup.actions import auditing, passwords, staffing, throttling
from followup.actions.staffing import StaffEntry
from followup.db import new_id
from followup.models import ApiKey, SignIn, Staff
from followup.models.access import IDLE, LONGEST
from followup.terms import Role

SEEN_EVERY = timedelta(minutes=5)  #: between two notes of its use, so that reading stays reading
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whoever tries to sign in, known or not."""

    email: str
    address: str
    tries_left: int  #: before the next wait
    staff_id: UUID | None = None
    hashed: str | None = None

    def is_proven_by(self, password: str) -> bool:
        """Whether the password is theirs. Slow, and no faster for a name that nobody bears."""
        return passwords.matches(self.hashed, password)


def begin(db: Session, *, email: str, address: str, clock: datetime) -> Candidate:
    """Count a try before it is judged. Raises TooSoon."""
    email = email.strip().casefold()
    left = throttling.count_try(
        db, {_account(email): throttling.ACCOUNT, _address(address): throttling.ADDRESS}, clock=clock
    )
    staff = find(db, email)
    return Candidate(email, address, left, staff.id if staff else None, staff.password_hash if staff else None)


def refuse(db: Session, *, candidate: Candidate, now: datetime) -> None:
    """Keep that somebody failed, when it was about one of us."""
    if candidate.staff_id:
        details = {"from": candidate.address}
        auditing.note(
            db, did="fail to sign in", subject="staff", subject_id=candidate.staff_id, now=now, by="?", details=details
        )


def finish(db: Session, *, candidate: Candidate, password: str, now: datetime, clock: datetime) -> str | None:
    """Sign in whoever proved to be it, and tell the browser's token; None when they may not be signed in any more."""
    staff = db.get(Staff, candidate.staff_id, with_for_update=True) if candidate.staff_id else None
    if staff is None or staff.left_at or staff.password_hash is None or staff.password_hash != candidate.hashed:
        return None
    if passwords.is_outdated(staff.password_hash):
        staff.password_hash = passwords.hash_of(password, email="")
    throttling.forget(db, _account(candidate.email), clock=clock)
    throttling.take_back(db, _address(candidate.address))
    return open_for(db, staff=staff, now=now, clock=clock)


def open_for(db: Session, *, staff: Staff, now: datetime, clock: datetime) -> str:
    """A sign-in of someone known to be this person; the token that their browser is to keep."""
    db.execute(delete(SignIn).where((SignIn.ends_at < clock) | (SignIn.seen_at < clock - IDLE)))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row = SignIn(id=new_id(), staff_id=staff.id, hashed=ApiKey.hash_of(token), began_at=clock)
    row.seen_at, row.ends_at = clock, clock + LONGEST
    db.add(row)
    auditing.note(db, did="sign in", subject="staff", subject_id=staff.id, now=now, by=staff.email)
    return token


def see(db: Session, *, sign_in_id: UUID, clock: datetime) -> None:
    """Keep when a sign-in was last used."""
    db.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=clock))


def end(db: Session, *, sign_in_id: UUID, now: datetime, by: str) -> None:
    """Sign out of one browser."""
    staff_id = db.scalar(delete(SignIn).where(SignIn.id == sign_in_id).returning(SignIn.staff_id))
    if staff_id:
        auditing.note(db, did="sign out", subject="staff", subject_id=staff_id, now=now, by=by)


def end_all(db: Session, *, staff_id: UUID, now: datetime, by: str) -> int:
    """Sign one person out of every browser; how many there were."""
    ended = db.scalars(delete(SignIn).where(SignIn.staff_id == staff_id).returning(SignIn.id)).all()
    if ended:
        auditing.note(db, did="sign out everywhere", subject="staff", subject_id=staff_id, now=now, by=by)
    return len(ended)


def forget_failures(db: Session, *, email: str, clock: datetime) -> None:
    """Let the next try of an account be its first one."""
    throttling.forget(db, _account(email.casefold()), clock=clock)


def find(db: Session, email: str) -> Staff | None:
    """Who works here and has this address, in whatever case it is written."""
    written = email.strip().casefold()
    return db.scalars(
        select(Staff).where(func.lower(Staff.email) == written, Staff.left_at.is_(None)).order_by(Staff.id)
    ).first()


def practise(db: Session, *, role: Role, now: datetime, clock: datetime) -> str:
    """Sign in as somebody of this role, without a password. Only for a service that is not live."""
    query = select(Staff).where(Staff.role == role, Staff.left_at.is_(None)).order_by(Staff.id).limit(1)
    staff = db.scalars(query).one_or_none()
    if staff is None:
        entry = StaffEntry(email=f"{role}@practice.example", name=f"Practice {role}", role=role)
        staff = staffing.put_staff(db, entry=entry, country=None, now=now, by="sample")
    return open_for(db, staff=staff, now=now, clock=clock)


def _account(email: str) -> str:
    return throttling.key_of("account", email)


def _address(address: str) -> str:
    return throttling.key_of("address", address)
