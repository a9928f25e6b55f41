"""Puts the words of one owed message together, for the person it goes to, at the moment it leaves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache, partial
from uuid import UUID
from zoneinfo import ZoneInfo

from followup.actions import inviting
from followup.messages import wording
from followup.messages.catalogue import FIRST_TREATMENT, catalogue
from followup.messages.gateway import Parcel
from followup.messages.links import Links
from followup.messages.wording import Composed, compose
from followup.models import Clinic
from followup.models.owed import Owed
from followup.rules.opening import hours_in, moment_in, parse_hours
from followup.rules.quiet import open_until
from followup.terms import Channel, Origin, Purpose, Question

_STILL_TODAY = timedelta(hours=1)  # an answer that says "today" needs that much of it (wordings: rules for words)
_PAGES = {Question.CHECK_IN: "check-in", Question.STILL_OR_GONE: "still-or-gone"}

BOOKING_PAGE = "book"  #: hands over to the clinic's booking link


def page_of(question: Question | None) -> str:
    """The name of the page on which a question is answered; without one, the patient says there what they want."""
    return _PAGES.get(question, "feedback") if question else "feedback"


def write(each: Owed, *, now: datetime, links: Links, first_text: bool) -> Composed:
    """The words of a message: wording, language, precautions and values of its addressee and clinic.

    An answer never offers STOP: it may confirm one. Raises WordingError.
    """
    patient, language = each.patient, _language(each)
    hours, opens, closed = _doors(each.clinic.hours, language, each.zone, now)
    return compose(
        each.message.wording,
        language=language,
        channel=each.message.channel,
        precautions=_precautions(each),
        stop_line=first_text and not each.message.origin.is_priority,
        minimal=bool(patient and patient.minimal),
        closed=closed,
        values={
            **_of_clinic(each.clinic),
            "name": patient.given_name if patient else "",
            "hours": hours,
            "opens": opens,
            "link": partial(_link, each, links),
            **_ways_out(each, links),
            **each.message.values,
        },
    )


def note(each: Owed, *, links: Links) -> str:
    """All the words of a message to a patient, as they were when it left, as an HTML fragment without their name.

    For the page to which a message leads that says no more than our name. Raises WordingError.
    """
    left_at = each.message.left_at or each.message.due_at
    return _on_page(each, each.message.wording, _language(each), left_at, partial(_page, each, links))


def answer(each: Owed, *, wording: str, language: str, links: Links, now: datetime) -> str:
    """The words of an answer to what was filled in on the page of this message, as an HTML fragment. Raises WordingError."""
    return _on_page(each, wording, language, now, partial(links.to, BOOKING_PAGE, each.message.id))


def _on_page(each: Owed, key: str, language: str, at: datetime, link: Callable[[], str]) -> str:
    hours, opens, closed = _doors(each.clinic.hours, language, each.zone, at)
    return wording.note(
        key,
        language=language,
        precautions=_precautions(each),
        closed=closed,
        values={
            **_of_clinic(each.clinic),
            "name": "",
            "hours": hours,
            "opens": opens,
            "link": link,
            **each.message.values,
        },
    )


def _language(each: Owed) -> str:
    return each.patient.language if each.patient else each.staff.language if each.staff else ""


def _precautions(each: Owed) -> set[str]:
    if each.treatment is None:
        return set()
    return {*each.treatment.precautions, *([FIRST_TREATMENT] if each.treatment.first_treatment else [])}


def _of_clinic(clinic: Clinic) -> dict[str, str]:
    return {
        "clinic": clinic.text_name,
        "phone": clinic.phone,
        "emergency": clinic.emergency,
        "after_hours": clinic.after_hours,
        "address": clinic.address,
    }


@lru_cache(maxsize=64)  # a batch is written at one instant, for few clinics
def _doors(written: str, language: str, zone: ZoneInfo, now: datetime) -> tuple[str, str, bool]:
    """A clinic's hours, when it opens next, and whether it is closed, or so soon that "today" would not be true."""
    opening, hours = parse_hours(written), hours_in(language, written)
    opens_at = opening.opens_at(now, zone)
    opens = moment_in(language, opens_at, zone) if opens_at else hours
    return hours, opens, not opening.is_open(now, zone, still=_STILL_TODAY)


def _link(each: Owed, links: Links) -> str:
    """What there is to do: answer, book, read what a private text left out, or take an alert."""
    message, patient = each.message, each.patient
    if message.wording in inviting.LASTS:
        return links.to_no_password
    if patient is None:
        return links.to_alert(message.alert_id) if message.alert_id else links.public_url
    is_asked = bool(each.step and each.step.question)
    if patient.minimal and not is_asked and catalogue(patient.language)[message.wording].minimal:
        return links.to("note", message.id)
    return _page(each, links)


def _page(each: Owed, links: Links) -> str:
    """Where a patient answers, books, or tells us how it is."""
    message = each.message
    if each.step and each.step.question:
        return links.to(page_of(each.step.question), message.id)
    if message.purpose is Purpose.BOOKING or message.origin is Origin.REPLY:
        return links.to(BOOKING_PAGE, message.id)
    return links.to(page_of(None), message.id)


def _ways_out(each: Owed, links: Links) -> dict[str, str]:
    """For the foot of every email to a patient; a text has STOP."""
    if each.message.channel is Channel.SMS or each.patient is None:
        return {}
    return {page: links.to(page, each.patient.id) for page in ("preferences", "unsubscribe")}


def wrap(
    each: Owed, words: Composed, *, attempt_id: UUID, to: str, now: datetime, links: Links, wait: timedelta
) -> Parcel:
    """The words with their address, ready for a gateway."""
    is_email = each.message.channel is Channel.EMAIL
    parcel = Parcel(
        message_id=each.message.id,
        attempt_id=attempt_id,
        to=to,
        text=words.text,
        subject=words.subject,
        html=words.html,
        valid_for=_valid_for(each, now),
        unsubscribe_url=links.to("unsubscribe", each.patient.id) if is_email and each.patient else "",
        is_answer=each.message.origin in (Origin.REPLY, Origin.CONFIRMATION),
        wait=wait,
    )
    return inviting.sealed(parcel, staff=each.staff, wording=each.message.wording, links=links, now=now)


def _valid_for(each: Owed, now: datetime) -> timedelta:
    """How long a carrier may keep trying: not into quiet hours, and not past the message's own end."""
    expires_at = each.message.expires_at
    if each.goes_first:
        return expires_at - now
    closes_at = open_until(now, zone=each.zone, quiet=each.quiet, ignored_until=each.ignores_quiet_until)
    return min(closes_at or expires_at, expires_at) - now
