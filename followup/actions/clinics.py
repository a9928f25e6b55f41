"""What an administrator changes: clinics, and how fast messages leave."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import auditing, clinic_fields, versions
from followup.actions.clinic_fields import Unfit
from followup.db import new_id
from followup.models import Clinic, Sender
from followup.terms import Channel

FASTEST = 100.0  #: segments a second; a short code's


def add(db: Session, *, given: Mapping[str, str], now: datetime, by: str) -> Clinic:
    """A new clinic as typed. Raises Unfit."""
    values = clinic_fields.read(given)
    key = re.sub(r"[^a-z0-9]+", "-", values["name"].casefold()).strip("-")[:64] or "clinic"
    if db.scalar(select(Clinic.id).where(Clinic.key == key)):
        raise Unfit({"name": f"There is a clinic with the key {key} already; give this one another name."})
    clinic = Clinic(id=new_id(), key=key, **values)
    db.add(clinic)
    db.flush()
    _note(db, "add", "clinic", clinic.id, sorted(values), now, by)
    return clinic


def change(db: Session, *, clinic_id: UUID, given: Mapping[str, str], version: str, now: datetime, by: str) -> None:
    """Correct a clinic, if it still is what was shown. Raises Unfit, ChangedMeanwhile."""
    values = clinic_fields.read(given)
    clinic = db.get_one(Clinic, clinic_id, with_for_update=True)
    versions.check(clinic_fields.shown(clinic), version)
    changed = _change(clinic, values)
    if changed:
        _note(db, "change", "clinic", clinic.id, changed, now, by)


def shown_rates(db: Session) -> dict[str, str]:
    """Each sender's rate as its form shows it; empty: as fast as it will go."""
    rates = {sender.channel: sender.segments_per_second for sender in db.scalars(select(Sender))}
    return {channel: _as_text(rates.get(channel)) for channel in Channel}


def change_rates(db: Session, *, given: Mapping[str, str], version: str, now: datetime, by: str) -> None:
    """Let each sender be as fast as typed, if its rate still is what was shown. Raises Unfit, ChangedMeanwhile."""
    values = _read_rates(given)
    senders = db.scalars(select(Sender).order_by(Sender.channel).with_for_update()).all()
    versions.check(shown_rates(db), version)
    for sender in senders:
        if changed := _change(sender, {"segments_per_second": values[sender.channel]}):
            _note(db, "change", "sender", sender.channel, changed, now, by)


def _read_rates(given: Mapping[str, str]) -> dict[Channel, float | None]:
    values: dict[Channel, float | None] = {}
    wrong: dict[str, str] = {}
    for channel in Channel:
        text = given.get(channel, "").strip().replace(",", ".")
        if text and not (re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text) and 0 < float(text) <= FASTEST):
            wrong[channel] = f"Write a number above 0, up to {FASTEST:g}, or nothing."
        else:
            values[channel] = float(text) if text else None
    if wrong:
        raise Unfit(wrong)
    return values


def _as_text(rate: float | None) -> str:
    return "" if rate is None else f"{rate:g}"


def _change(row: Clinic | Sender, values: Mapping[str, Any]) -> list[str]:
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _note(
    db: Session, did: str, subject: str, subject_id: UUID | str, fields: list[str], now: datetime, by: str
) -> None:
    auditing.note(db, did=did, subject=subject, subject_id=subject_id, now=now, by=by, details={"fields": fields})
