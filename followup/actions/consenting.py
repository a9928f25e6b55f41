"""The consent ledger: lines are added, never changed."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions.rows import Rows
from followup.models import Consent, Message, Patient
from followup.models.facts import Held, latest_consents
from followup.terms import Channel, Consented, ConsentSource, Purpose

_RESTARTS = {
    Channel.SMS: ("texts", "by texting START to the number that texted them or on their own page"),
    Channel.EMAIL: ("emails", "on their own page, to which every message leads"),
}


class Stopped(Exception):
    """Nobody at the clinic undoes a patient's own STOP; the text says what was stopped, and how it starts again."""


def state(
    db: Session,
    *,
    patient: Patient,
    channel: Channel,
    says: Consented,
    source: ConsentSource,
    evidence: str,
    now: datetime,
    by: str,
    purposes: Iterable[Purpose] = tuple(Purpose),
    wording_version: str = "",
) -> list[Purpose]:
    """Write down what a patient permits on a channel; purposes of which this already holds get no new line.

    `wording_version`: of the words that the patient was shown; where it is not known, what we sent them last.
    """
    held = latest_consents(db, [patient.id])
    changed = [purpose for purpose in purposes if held.get((patient.id, channel, purpose)) is not says]
    shown = wording_version or (_last_shown(db, patient, channel) if changed else "")
    said = {"says": says, "source": source, "evidence": evidence, "wording_version": shown}
    with Rows(db) as rows:
        _add(rows, patient, channel, changed, said, now, by)
    return changed


def _last_shown(db: Session, patient: Patient, channel: Channel) -> str:
    """The version of the words that the patient got last on this channel, to which they may be answering."""
    version = db.scalar(
        select(Message.wording_version)
        .where(Message.patient_id == patient.id, Message.channel == channel, Message.left_at.is_not(None))
        .order_by(Message.left_at.desc(), Message.id.desc())
        .limit(1)
    )
    return version or ""


def state_at_desk(
    rows: Rows,
    *,
    held: Held,
    patient: Patient,
    channel: Channel,
    says: Consented,
    evidence: str,
    now: datetime,
    by: str,
    purposes: Collection[Purpose] = tuple(Purpose),
    wording_version: str = "",
) -> list[Purpose]:
    """Write down what was said at the clinic. Nothing said there undoes a STOP (`withdrawn`); only the patient does.

    `held` is what holds now; it keeps up with what is written.
    """
    changed = [
        purpose for purpose in purposes if held.get((patient.id, channel, purpose)) not in (says, Consented.WITHDRAWN)
    ]
    held |= {(patient.id, channel, purpose): says for purpose in changed}
    said = {"says": says, "source": ConsentSource.DESK, "evidence": evidence, "wording_version": wording_version}
    _add(rows, patient, channel, changed, said, now, by)
    return changed


def _add(
    rows: Rows,
    patient: Patient,
    channel: Channel,
    purposes: Iterable[Purpose],
    said: Mapping[str, str],
    now: datetime,
    by: str,
) -> None:
    about = {"patient_id": patient.id, "channel": channel, "recorded_at": now, "recorded_by": by, **said}
    for purpose in purposes:
        rows.add(Consent, purpose=purpose, **about)


def hear(
    db: Session,
    *,
    patient: Patient,
    channel: Channel,
    says: Consented,
    evidence: str,
    now: datetime,
    by: str,
    purposes: Collection[Purpose] = tuple(Purpose),
    wording_version: str = "",
) -> None:
    """Write down one thing that the locked patient said at the clinic. Raises Stopped if it would undo their STOP."""
    held = latest_consents(db, [patient.id])
    stopped = [purpose for purpose in purposes if held.get((patient.id, channel, purpose)) is Consented.WITHDRAWN]
    if says is Consented.GIVEN and stopped:
        what, how = _RESTARTS[channel]
        raise Stopped(
            f"the patient stopped {what} for {', '.join(stopped)}; only the patient starts them again, {how}, so "
            "nothing was recorded"
        )
    with Rows(db) as rows:
        state_at_desk(
            rows,
            held=held,
            patient=patient,
            channel=channel,
            says=says,
            evidence=evidence,
            now=now,
            by=by,
            purposes=purposes,
            wording_version=wording_version,
        )


def choose(
    db: Session,
    *,
    patient: Patient,
    channel: Channel,
    wanted: Collection[Purpose],
    evidence: str,
    wording_version: str,
    now: datetime,
) -> None:
    """What patients choose on their own page. It may undo their own STOP; what was never given and is not wanted stays."""
    held = latest_consents(db, [patient.id])
    given = [purpose for purpose in Purpose if held.get((patient.id, channel, purpose)) is Consented.GIVEN]
    for says, purposes in (
        (Consented.GIVEN, [purpose for purpose in Purpose if purpose in wanted]),
        (Consented.WITHDRAWN, [purpose for purpose in given if purpose not in wanted]),
    ):
        state(
            db,
            patient=patient,
            channel=channel,
            says=says,
            source=ConsentSource.PREFERENCES,
            evidence=evidence,
            now=now,
            by="patient",
            purposes=purposes,
            wording_version=wording_version,
        )


def withdraw(
    db: Session,
    *,
    patient: Patient,
    channel: Channel,
    source: ConsentSource,
    evidence: str,
    now: datetime,
    by: str,
    purposes: Iterable[Purpose] = tuple(Purpose),
) -> list[Purpose]:
    """Stop these purposes on a channel, whether or not they were ever permitted. What is owed is skipped at its time."""
    return state(
        db,
        patient=patient,
        channel=channel,
        says=Consented.WITHDRAWN,
        source=source,
        evidence=evidence,
        now=now,
        by=by,
        purposes=purposes,
    )


def restore(
    db: Session, *, patient: Patient, channel: Channel, source: ConsentSource, evidence: str, now: datetime, by: str
) -> list[Purpose]:
    """Permit again what had been withdrawn; what the patient refused at the desk stays refused."""
    lines = db.scalars(
        select(Consent).where(Consent.patient_id == patient.id, Consent.channel == channel).order_by(Consent.id)
    ).all()
    said = {line.purpose: line.says for line in lines}
    before = {line.purpose: line.says for line in lines if line.says is not Consented.WITHDRAWN}
    withdrawn = [
        purpose
        for purpose in Purpose
        if said.get(purpose) is Consented.WITHDRAWN and before.get(purpose) is not Consented.REFUSED
    ]
    return state(
        db,
        patient=patient,
        channel=channel,
        says=Consented.GIVEN,
        source=source,
        evidence=evidence,
        now=now,
        by=by,
        purposes=withdrawn,
    )
