"""Tells staff of alerts, round by round until somebody takes them, and proves every day that they can be told."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import notices
from followup.actions.apart import held_apart
from followup.models import Alert, Clinic, Message, Staff
from followup.models.duty import Duty, on_duty, unproven
from followup.models.owed import zone_of
from followup.rules import escalation
from followup.rules.escalation import Patience, Round
from followup.terms import AlertCause, Channel

_AT_ONCE = 50


def start_clock(db: Session, *, alert: Alert, now: datetime, not_after: datetime | None = None) -> None:
    """Set until when an alert should be taken, and tell the first person at once where it is a worry.

    `not_after`: it was promised by then already, when it was milder.
    """
    clinics = _clinics(db, alert)
    limits = [
        escalation.answer_by(
            alert.label, at=now, patience=_patience([clinic]), hours=clinic.hours, zone=zone_of(None, clinic)
        )
        for clinic in clinics
    ]
    alert.answer_by = min([*limits, not_after] if not_after else limits, default=now)
    alert.told, alert.next_at = 0, escalation.first_round_at(alert.label, at=now, answer_by=alert.answer_by)
    if alert.next_at <= now:
        tell_next(db, alert=alert, now=now)


def escalate(db: Session, *, now: datetime) -> int:
    """The next round of every alert that nobody has taken in time; how many there were."""
    due = db.scalars(
        select(Alert)
        .where(Alert.next_at <= now)
        .order_by(Alert.next_at)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True),
        execution_options={"populate_existing": True},
    ).all()
    for alert in due:
        with held_apart("tell the next person", alert=alert.id), db.begin_nested():
            tell_next(db, alert=alert, now=now)
    return len(due)


def prove(db: Session, *, now: datetime) -> int:
    """Send today's test to the first person of each clinic's list, from the end of quiet hours on; how many there were."""
    due = unproven(db, now=now)
    for duty, channel, once_key in due:
        notices.owe(db, once_key=once_key, duty=duty, channel=channel, wording="heartbeat", now=now)
    return len(due)


def tell_next(db: Session, *, alert: Alert, now: datetime) -> None:
    """One more round of notices; the alert is locked, and nobody has taken it."""
    db.flush()
    duties, told = _next_round(db, alert, now)
    alert.told, alert.next_at = alert.told + 1, told.next_at
    values = {"step": str(alert.told), "minutes": str(_minutes(now - alert.raised_at))}
    for duty in map(duties.__getitem__, told.tells):
        for channel in duty.channels:
            notices.owe(
                db,
                once_key=f"{_chain(alert)}:{alert.told}:{duty.staff.id}:{channel}",
                duty=duty,
                channel=channel,
                wording=_wording(alert, channel),
                alert_id=alert.id,
                values=values,
                now=now,
            )


def foresee(db: Session, *, alert: Alert) -> Sequence[Staff]:
    """Whom the next round tells, unless someone takes it before; nobody when there is none."""
    if alert.next_at is None:
        return []
    duties, told = _next_round(db, alert, alert.next_at)
    return [duties[staff_id].staff for staff_id in told.tells]


def _next_round(db: Session, alert: Alert, at: datetime) -> tuple[Mapping[UUID, Duty], Round]:
    duties = {duty.staff.id: duty for duty in on_duty(db, clinic_id=alert.clinic_id)}
    told = escalation.next_round(
        alert.label,
        places=[duty.place for duty in duties.values()],
        before=_rounds(db, alert),
        at=at,
        wait=_patience(_clinics(db, alert)).of(alert.label),
    )
    return duties, told


def _clinics(db: Session, alert: Alert) -> Sequence[Clinic]:
    """Whose hours and minutes hold: the clinic's, or all clinics' while nobody knows whose it is."""
    query = select(Clinic).order_by(Clinic.key)
    return db.scalars(query if alert.clinic_id is None else query.where(Clinic.id == alert.clinic_id)).all()


def _patience(clinics: Sequence[Clinic]) -> Patience:
    """The shortest of each wait."""
    if not clinics:
        return Patience()
    return Patience(
        emergency=timedelta(minutes=min(clinic.emergency_minutes for clinic in clinics)),
        urgent=timedelta(minutes=min(clinic.urgent_minutes for clinic in clinics)),
        worry=timedelta(minutes=min(clinic.worry_minutes for clinic in clinics)),
    )


def _chain(alert: Alert) -> str:
    """How the keys of all rounds begin until the clock starts anew."""
    return f"alarm:{alert.id}:{alert.label}:{alert.answer_by:%Y%m%dT%H%M%S}"


def _rounds(db: Session, alert: Alert) -> list[Collection[UUID]]:
    """Who was told in each round since the clock started."""
    told: defaultdict[datetime, set[UUID]] = defaultdict(set)
    for at, staff_id in db.execute(
        select(Message.nominal_at, Message.staff_id)
        .where(Message.alert_id == alert.id, Message.once_key.startswith(f"{_chain(alert)}:", autoescape=True))
        .order_by(Message.nominal_at)
    ):
        assert staff_id, "an alarm goes to staff"
        told[at].add(staff_id)
    return list(told.values())


def _wording(alert: Alert, channel: Channel) -> str:
    if alert.cause is not AlertCause.REPLY:
        return "unreached"
    if alert.told > 1:
        return "alarm-escalated"
    return "alarm-sms" if channel is Channel.SMS else "alarm-email"


def _minutes(waited: timedelta) -> int:
    return int(waited.total_seconds() // 60)
