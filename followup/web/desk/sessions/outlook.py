"""What leaves after a treatment session, as it is shown while that is still being typed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from followup.actions import composing
from followup.actions.addresses import read_email, read_phone
from followup.actions.enrolling import Recorded
from followup.messages.catalogue import WordingError
from followup.messages.links import Links
from followup.models import Clinic, Message, Patient, Step
from followup.models.facts import Held, latest_consents, texted_before
from followup.models.owed import Owed, address_of, load, zone_of
from followup.queries import messages
from followup.queries.messages import MessageView
from followup.rules.slots import Shift, say
from followup.terms import Channel, Consented, Purpose, Question, Reason, Unless
from followup.web.pages import day_and_time

_ASKS = {
    Question.CHECK_IN: "asks A to D",
    Question.STILL_OR_GONE: "asks for STILL or GONE",
    Question.PAIN_0_10: "asks 0 to 10",
    Question.CHANGE_1_7: "asks 1 to 7",
    Question.SATISFACTION_1_5: "asks 1 to 5",
}
_WAYS = {Channel.SMS: "texts", Channel.EMAIL: "emails"}
# These keep a conditional message from going as well, whatever becomes of its condition.
_STAND = (Reason.NO_CONSENT, Reason.OPTED_OUT, Reason.BAD_ADDRESS, Reason.CLINIC_NOT_READY)


@dataclass(frozen=True, slots=True)
class Line:
    """One message that leaves, may leave, or does not."""

    step: str
    channel: Channel
    at: str
    may_not: str  #: what it depends on; empty where nothing does
    note: str
    shifts: Sequence[str]
    blocked: str  #: why it does not leave as things stand; empty where it does
    subject: str
    text: str
    segments: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything that follows, in the order of time."""

    zone: str
    ended: str
    recorded: str
    lines: Sequence[Line]
    remarks: Sequence[str]  #: what staff should hear before they save
    warnings: Sequence[str]
    clinic: str
    number: str
    said: str  #: all of it in one sentence

    @property
    def is_held_up(self) -> bool:
        """Whether some of it does not leave."""
        return any(line.blocked for line in self.lines)

    @property
    def has_texts(self) -> bool:
        """Whether any of it is read on a phone."""
        return any(line.channel is Channel.SMS and not line.blocked for line in self.lines)

    @property
    def leaving(self) -> int:
        """How many leave, or may."""
        return sum(not line.blocked for line in self.lines)


def look(db: Session, recorded: Recorded, *, now: datetime, links: Links) -> Outlook:
    """What follows a recorded session; `db` may be rolled back after that."""
    treatment = recorded.treatment
    patient, clinic = db.get_one(Patient, treatment.patient_id), db.get_one(Clinic, treatment.clinic_id)
    owed = _owed(db, recorded)
    views = messages.views(db, owed, now=now)
    held = latest_consents(db, [patient.id])
    zone, standing = zone_of(patient, clinic), _standing(views)
    today = now.astimezone(zone).date()
    first = None if texted_before(db, owed) else _first_text(owed, views)
    lines = [
        _line(each, view, today, _blocked(view, each.step, standing), _words(each, links, is_first=each is first))
        for each, view in zip(owed, views, strict=True)
    ]
    return Outlook(
        zone=zone.key.rpartition("/")[2].replace("_", " "),
        ended=_when(treatment.ended_at, zone, today),
        recorded=f"{now.astimezone(zone):%H:%M}",
        lines=lines,
        remarks=list(_remarks(clinic, patient, held, lines)),
        warnings=recorded.warnings,
        clinic=clinic.text_name,
        number=clinic.phone,
        said=_said(lines),
    )


def _owed(db: Session, recorded: Recorded) -> list[Owed]:
    enrolments = {message.enrolment_id for message in recorded.messages}
    owed = load(db, Message.enrolment_id.in_(enrolments)) if enrolments else []
    return sorted(owed, key=lambda each: (each.message.due_at, each.message.id))


def _line(each: Owed, view: MessageView, today: date, blocked: str, words: tuple[str, str, int]) -> Line:
    step, subject, text, segments = each.step, *words
    assert step is not None
    return Line(
        step=step.key,
        channel=view.channel,
        at=_when(view.due_at, each.zone, today),
        may_not=_may_not(step),
        note=_note(step, view.channel),
        shifts=[] if blocked else _shifts(each),
        blocked=blocked,
        subject=subject,
        text=text,
        segments=segments,
    )


def _shifts(each: Owed) -> list[str]:
    """Why it goes when it goes; a shift of seconds, which no clock shows, is not worth a sentence."""
    shifts = [Shift.from_json(kept) for kept in each.message.why]
    return [one.sentence(each.zone) for one in shifts if say(one.before, each.zone) != say(one.after, each.zone)]


def _words(each: Owed, links: Links, *, is_first: bool) -> tuple[str, str, int]:
    """Subject, text and segments, as it would leave at its time."""
    try:
        words = composing.write(each, now=each.message.due_at, links=links, first_text=is_first)
    except WordingError as error:
        return "", f"It cannot be written: {error}", 0
    return words.subject, words.text, words.segments


def _blocked(view: MessageView, step: Step | None, standing: dict[tuple[Channel, Purpose | None], Reason]) -> str:
    reason = view.blocked
    if reason is Reason.CONDITION_NOT_MET and step and step.is_conditional:
        reason = standing.get((view.channel, view.purpose))  # whether it is met, nobody knows yet
    return reason.sentence if reason else ""


def _standing(views: Sequence[MessageView]) -> dict[tuple[Channel, Purpose | None], Reason]:
    return {(view.channel, view.purpose): view.blocked for view in views if view.blocked in _STAND}


def _first_text(owed: Sequence[Owed], views: Sequence[MessageView]) -> Owed | None:
    texts = (each for each, view in zip(owed, views, strict=True) if view.channel is Channel.SMS and not view.blocked)
    return next(texts, None)


def _may_not(step: Step) -> str:
    if step.reminds:
        return "only if no answer came"
    if step.when:
        return "only after C, or silence at high risk"
    return "if no next visit is booked" if Unless.NEXT_VISIT in step.unless else ""


def _note(step: Step, channel: Channel) -> str:
    if step.question and not step.reminds:
        return _ASKS[step.question] if channel is Channel.SMS else "links to the form"
    return ", ".join(step.regions).replace("_", " ") if step.regions else ""


def _remarks(clinic: Clinic, patient: Patient, held: Held, lines: Sequence[Line]) -> Iterator[str]:
    if not clinic.emergency:
        yield Reason.CLINIC_NOT_READY.sentence
    for channel in Channel:
        yield from _of_way(clinic, patient, held, channel)
    if lines and all(line.blocked for line in lines):
        yield "As it stands, nothing will leave after this session."


def _of_way(clinic: Clinic, patient: Patient, held: Held, channel: Channel) -> Iterator[str]:
    given = patient.phone_given or patient.phone if channel is Channel.SMS else patient.email_given or patient.email
    says = [held.get((patient.id, channel, purpose)) for purpose in Purpose]
    what = _WAYS[channel]
    if not given:
        yield f"No {'phone number' if channel is Channel.SMS else 'email address'} is known, so no {what} leave."
        return
    if address_of(patient, channel) is None:
        yield f"{given} cannot get {what}: {_why(clinic, patient, channel)}."
    if not any(says):
        yield f"Nobody has asked about {what} yet, so none leave."
    elif all(one is not Consented.GIVEN for one in says):
        stopped = Consented.WITHDRAWN in says
        yield f"The patient {'stopped' if stopped else 'said no to'} {what}, so none leave."


def _why(clinic: Clinic, patient: Patient, channel: Channel) -> str:
    failed_at = patient.phone_failed_at if channel is Channel.SMS else patient.email_failed_at
    if failed_at:
        return f"what was sent there came back on {failed_at.day} {failed_at:%b}"
    if channel is Channel.SMS:
        return read_phone(patient.phone_given, clinic.country).why
    return read_email(patient.email_given).why


def _said(lines: Sequence[Line]) -> str:
    sure = [line for line in lines if not line.blocked and not line.may_not]
    maybe = sum(not line.blocked for line in lines) - len(sure)
    if not sure:
        return "Nothing will leave."
    more = f", and {maybe} more if needed" if maybe else ""
    count = "One message leaves" if len(sure) == 1 else f"{len(sure)} messages leave"
    return f"{count}{more}; the first {sure[0].at}."


def _when(moment: datetime, zone: ZoneInfo, today: date) -> str:
    local = moment.astimezone(zone)
    days = (local.date() - today).days
    near = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}.get(days)
    return f"{near} {local:%H:%M}" if near else day_and_time(local)
