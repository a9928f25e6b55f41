"""How staff get a password: a link by email that works once and not for long.

The link is signed over what the account is now, so that a password chosen with it makes it worthless. It is made when
the email leaves and is kept nowhere: what the database says was sent has no secret in it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from followup.actions import auditing, passwords, signing_in, throttling
from followup.actions.passwords import WeakPassword
from followup.db import on_postgresql
from followup.messages.gateway import Parcel
from followup.messages.links import Links
from followup.models import Clinic, Message, Staff
from followup.models.traffic import PRIORITY_LANE
from followup.terms import Channel, Origin

INVITATION, RESET = "invitation", "password-reset"
LASTS = {INVITATION: timedelta(days=7), RESET: timedelta(hours=1)}


class DeadLink(LookupError):
    """The link has been used, is over, or was not made here."""


def invite(db: Session, *, staff: Staff, now: datetime, by: str) -> None:
    """Write to someone who is to choose a password; twice within a minute is once."""
    if _owe(db, staff, INVITATION, now, f"{now:%Y%m%dT%H%M}"):
        auditing.note(db, did="invite", subject="staff", subject_id=staff.id, now=now, by=by)


def ask_reset(db: Session, *, email: str, now: datetime, clock: datetime) -> None:
    """Write to whoever has this address, if anybody; nobody learns whether. Raises TooSoon, for a stranger as well."""
    written = email.strip().casefold()
    throttling.count_try(db, {throttling.key_of("letter", written): throttling.LETTERS}, clock=clock)
    staff = signing_in.find(db, written)
    if staff and _owe(db, staff, RESET, now, now.isoformat()):
        auditing.note(db, did="ask for a password", subject="staff", subject_id=staff.id, now=now, by="?")


def link(links: Links, *, staff: Staff, wording: str = INVITATION, now: datetime) -> str:
    """The link itself, to be handed over by other means. Whoever has it can become this person."""
    return links.to_password(staff.id, mark=staff.password_mark, until=now + LASTS[wording])


def sealed(parcel: Parcel, *, staff: Staff | None, wording: str, links: Links, now: datetime) -> Parcel:
    """The parcel of an email about a password, with its link; every other one as it is."""
    if staff is None or wording not in LASTS:
        return parcel
    bare, whole = links.to_no_password, link(links, staff=staff, wording=wording, now=now)
    return replace(parcel, text=parcel.text.replace(bare, whole), html=parcel.html.replace(bare, whole))


def holder(db: Session, *, token: str, links: Links, now: datetime) -> Staff:
    """Whose link it is. Raises DeadLink."""
    staff_id = links.claimed_by(token)
    staff = db.get(Staff, staff_id) if staff_id else None
    if staff is None or staff.left_at or not links.is_password(token, mark=staff.password_mark, at=now):
        raise DeadLink
    return staff


def set_password(db: Session, *, token: str, password_hash: str, links: Links, now: datetime, clock: datetime) -> Staff:
    """Take the password of whoever holds a link, end their other sign-ins, and forget their failures. Raises DeadLink."""
    staff_id = links.claimed_by(token)
    db.execute(select(Staff.id).where(Staff.id == staff_id).with_for_update())
    staff = holder(db, token=token, links=links, now=now)
    staff.password_hash = password_hash
    signing_in.end_all(db, staff_id=staff.id, now=now, by=staff.email)
    signing_in.forget_failures(db, email=staff.email, clock=clock)
    auditing.note(db, did="set password", subject="staff", subject_id=staff.id, now=now, by=staff.email)
    return staff


def hash_for(staff: Staff, password: str, *, again: str) -> str:
    """The password as it may be kept, typed twice. Raises WeakPassword."""
    if password != again:
        raise WeakPassword("The two are not the same; type both again.")
    return passwords.hash_of(password, email=staff.email)


def _owe(db: Session, staff: Staff, wording: str, now: datetime, once: str) -> bool:
    clinic_id: UUID | None = db.scalar(select(Clinic.id).order_by(Clinic.key).limit(1))
    if clinic_id is None:
        return False
    dialect = postgresql if on_postgresql(db) else sqlite
    insert = dialect.insert(Message).on_conflict_do_nothing(index_elements=["once_key"])
    mark = sha256(once.encode()).hexdigest()[:16]
    made = db.scalar(
        insert.values(
            once_key=f"{wording}:{staff.id}:{mark}",
            clinic_id=clinic_id,
            staff_id=staff.id,
            origin=Origin.CONFIRMATION,
            wording=wording,
            values={},
            channel=Channel.EMAIL,
            lane=PRIORITY_LANE,
            nominal_at=now,
            due_at=now,
            expires_at=now + LASTS[wording],
            why=[],
            created_at=now,
        ).returning(Message.id)
    )
    return made is not None
