"""The page itself: what to know before speaking, the pain, the story, and beside it the acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import HTTPException
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from followup.actions import by_hand, message_pages, patient_pages, versions
from followup.actions.by_hand import Draft
from followup.actions.versions import ChangedMeanwhile
from followup.db import new_id
from followup.messages.links import Links
from followup.models import Patient
from followup.models.facts import Held
from followup.queries import audit, patient_page, timeline
from followup.queries.cursors import BadCursor
from followup.queries.messages import MessageView
from followup.queries.patient_page import PatientPage
from followup.terms import Channel, Purpose, Region
from followup.web.access import StaffRouter
from followup.web.desk import tour
from followup.web.desk.frame import Desk, TheDesk
from followup.web.desk.patient import pain_chart, story, words
from followup.web.desk.rings import ring
from followup.web.pages import day_and_time

router = StaffRouter()


@dataclass(frozen=True, slots=True)
class Faster:
    """Someone else, or the engine, changed it first."""

    by: str
    at: datetime
    now_says: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an act was not done. `about` is a part of the page or the id of a message; `given` is what was typed."""

    about: str = ""
    status: int = 422
    wrong: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    faster: Faster | None = None


@router.page("/patients/{patient_id}")
def show(patient_id: UUID, desk: TheDesk) -> HTMLResponse:
    """One patient, and everything between them and us."""
    page = draw(desk, patient_id)
    desk.saw("patient", patient_id)
    return page


def draw(desk: Desk, patient_id: UUID, trouble: Trouble | None = None) -> HTMLResponse:
    """The page; after an act that was not done, with the reason. Raises HTTPException 404."""
    asked = desk.request.query_params
    shows, cursor = asked.get("show", ""), asked.get("cursor", "")
    if shows not in story.SHOWS:
        raise HTTPException(404)
    with desk.read() as db:
        whole = patient_page.look(db, patient_id=patient_id, now=desk.now)
        if whole is None:
            raise HTTPException(404)
        told = _told(db, desk, whole, shows, cursor)
        drafts = drafts_of(db, whole.patient, now=desk.now, links=desk.links)
    kept = {"show": shows} if shows else {}
    return desk.draw(
        "desk/patient/page.html",
        here="patients",
        status=trouble.status if trouble else 200,
        whole=whole,
        patient=whole.patient,
        trouble=trouble or Trouble(),
        tour=tour.part(desk),
        pain=pain_chart.draw(whole.scores, [one.ended_at for one in whole.sessions], zone=whole.zone),
        pain_box=pain_chart,
        rings={one.id: _ring_of(one, desk.now) for one in whole.alerts},
        shows=shows,
        tabs=[(name, title) for name, (title, _) in story.SHOWS.items()],
        waits=story.WAITS,
        marked=story.marked,
        version_of=_version_of,
        drafts=drafts,
        once=new_id(),
        earlier=f"?{urlencode(kept | {'cursor': told['next_cursor']})}" if told["next_cursor"] else "",
        newest=f"?{urlencode(kept)}" if cursor else "",
        **told,
        **_forms(desk, whole),
        **local_words(whole.zone),
    )


def drafts_of(db: Session, patient: Patient, *, now: datetime, links: Links) -> dict[Channel, Draft]:
    """What would become of a message that a person writes now, by channel."""
    return {
        channel: by_hand.draw_up(db, patient=patient, text="", channel=channel, now=now, links=links)
        for channel in Channel
    }


def local_words(zone: ZoneInfo) -> dict[str, Any]:
    """How templates say instants in the patient's time, and what a field of a form holds for one."""
    return {
        "theirs": lambda when: day_and_time(when.astimezone(zone)),
        "their_clock": lambda when: f"{when.astimezone(zone):%H:%M}",
        "their_day": lambda when: f"{when.astimezone(zone).day} {when.astimezone(zone):%b %Y}",
        "their_field": lambda when: f"{when.astimezone(zone):%Y-%m-%dT%H:%M}",
        "their_zone": zone.key.rpartition("/")[2].replace("_", " "),
        "language_of": words.language,
        "score_words": words.score,
        "spaced": words.spaced,
        "regions_in_words": partial(words.listed, Region),
    }


def faster_than(db: Session, patient_id: UUID, error: ChangedMeanwhile, now: datetime) -> Faster:
    """Who changed the patient first."""
    last = audit.latest(db, subject="patient", subject_id=patient_id)
    says = ", ".join(filter(None, error.shown.values()))
    return Faster(last.did_by if last else "Someone", last.did_at if last else now, says)


def _told(db: Session, desk: Desk, whole: PatientPage, shows: str, cursor: str) -> dict[str, Any]:
    kinds = story.SHOWS[shows][1]
    try:
        past = timeline.story(db, patient=whole.patient, now=desk.now, kinds=kinds, cursor=cursor or None)
    except BadCursor as error:
        raise HTTPException(404) from error
    is_whole = timeline.Kind.MESSAGE in kinds and not cursor
    return {
        "coming": timeline.coming(db, patient=whole.patient, now=desk.now) if is_whole else [],
        "days": story.by_days(past.items, whole.sessions, zone=whole.zone, now=desk.now),
        "next_cursor": past.next_cursor,
    }


def _forms(desk: Desk, whole: PatientPage) -> dict[str, Any]:
    """What the forms beside the story show, and what they remember of it."""
    patient, clinic = whole.patient, whole.clinic
    next_visit = patient_pages.shown_next_visit(patient, clinic)
    held: Held = {(patient.id, *key): line.says for key, line in whole.held.items()}
    phone, email = patient_pages.addresses(patient, clinic)
    return {
        "next_visit": next_visit,
        "visit_version": versions.version_of({"next_visit_at": next_visit}),
        "consent_version": versions.version_of(patient_pages.shown_consents(held, patient)),
        "consent_name": patient_pages.name_of,
        "channels": [(Channel.SMS, "Text"), (Channel.EMAIL, "Email")],
        "purposes": list(Purpose),
        "phone": phone,
        "email": email,
        "earliest": f"{desk.now.astimezone(whole.zone):%Y-%m-%dT%H:%M}",
    }


def _version_of(message: MessageView) -> str:
    return message_pages.version_of(message.status, message.due_at)


def _ring_of(alert: Any, now: datetime) -> Any:
    return None if alert.taken_at else ring(since=alert.raised_at, until=alert.answer_by, now=now)
