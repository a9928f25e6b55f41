"""Puts the words of one owed message together, for the patient it goes to, at the moment it leaves."""

from datetime import datetime, timedelta
from uuid import UUID

from followup.messages.gateway import Parcel
from followup.messages.links import Links
from followup.messages.wording import Composed, compose
from followup.models.facts import Owed
from followup.rules.quiet import open_until
from followup.terms import Channel, Origin, Purpose


def write(each: Owed, *, links: Links, first_text: bool) -> Composed:
    """The words of a message: wording, language, precautions and values of its patient and clinic.

    An answer never offers STOP: it may confirm one. Raises WordingError.
    """
    patient, clinic, treatment = each.patient, each.clinic, each.treatment
    precautions = set(treatment.precautions) if treatment else set()
    if treatment and treatment.first_treatment:
        precautions.add("first_treatment")
    booking = each.message.purpose is Purpose.BOOKING
    return compose(
        each.message.wording,
        language=patient.language,
        channel=each.message.channel,
        precautions=precautions,
        stop_line=first_text and not each.message.origin.is_priority,
        values={
            "clinic": clinic.text_name,
            "name": patient.given_name,
            "phone": clinic.phone,
            "emergency": clinic.emergency,
            "after_hours": clinic.after_hours,
            "hours": clinic.hours,
            "address": clinic.address,
            "link": clinic.booking_url if booking else links.to("feedback", patient.id),
            **({} if each.message.channel is Channel.SMS else _ways_out(links, patient.id)),
        },
    )


def _ways_out(links: Links, patient_id: UUID) -> dict[str, str]:
    """For the foot of every email; a text has STOP, and each signature costs as much as all its words."""
    return {page: links.to(page, patient_id) for page in ("preferences", "unsubscribe")}


def wrap(
    each: Owed, words: Composed, *, attempt_id: UUID, to: str, now: datetime, links: Links, wait: timedelta
) -> Parcel:
    """The words with their address, ready for a gateway."""
    is_email = each.message.channel is Channel.EMAIL
    return Parcel(
        message_id=each.message.id,
        attempt_id=attempt_id,
        to=to,
        text=words.text,
        subject=words.subject,
        html=words.html,
        valid_for=_valid_for(each, now),
        unsubscribe_url=links.to("unsubscribe", each.patient.id) if is_email else "",
        is_answer=each.message.origin in (Origin.REPLY, Origin.CONFIRMATION),
        wait=wait,
    )


def _valid_for(each: Owed, now: datetime) -> timedelta:
    """How long a carrier may keep trying: not into quiet hours, and not past the message's own end."""
    expires_at = each.message.expires_at
    if each.message.origin.is_priority:
        return expires_at - now
    closes_at = open_until(now, zone=each.zone, quiet=each.quiet, ignored_until=each.ignores_quiet_until)
    return min(closes_at or expires_at, expires_at) - now
