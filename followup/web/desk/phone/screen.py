"""What stands on the page: texts and mails as the emulators have them, answers as we got them, and what is owed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from followup.models import Clinic, Patient, Reply
from followup.models.owed import zone_of
from followup.practice import emulated
from followup.practice.emulated import Mail, NoAnswer, Text
from followup.queries import phones, timeline
from followup.queries.inbox import name_of
from followup.queries.messages import MessageView
from followup.terms import Status
from followup.web.desk.frame import Desk
from followup.web.desk.phone import answers, faults, mails
from followup.web.desk.phone.mails import Drawn

_TEXTS, _MAILS, _OWED = 60, 40, 5
_TOGETHER = timedelta(minutes=10)  # texts that need no time of their own between them
_DID_NOT_COME = ("undelivered", "failed")


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text on the phone."""

    at: datetime
    words: str
    is_mine: bool  #: the patient wrote it
    status: str = ""  #: Twilio's word, of what we wrote
    is_apart: bool = True  #: whether its time is shown

    @property
    def came(self) -> bool:
        """Whether the patient sees it at all."""
        return self.status not in _DID_NOT_COME


@dataclass(frozen=True, slots=True)
class Emulated:
    """What the emulators know of one patient."""

    sender: str = ""  #: the number that texts come from
    talk: Sequence[Bubble] = ()  #: oldest first
    answers: Sequence[str] = ()
    mailbox: Sequence[Mail] = ()  #: newest first
    ordered: Sequence[str] = ()
    trouble: str = ""  #: why nothing is known


@dataclass(frozen=True, slots=True)
class Screen:
    """One patient's phone, mailbox, and what is to come."""

    patient: Patient
    clinic: Clinic
    name: str
    zone: ZoneInfo  #: where the patient lives
    there: Emulated
    opened: Mail | None
    letter: Drawn | None
    sharers: Sequence[str]  #: who else gets texts on this number
    has_left: bool  #: something was sent, whether or not the emulators still know
    owed: Sequence[MessageView]  #: soonest first
    more: int  #: how many come later
    offered: Mapping[str, Sequence[tuple[str, str]]]  #: faults, by what goes wrong

    @property
    def come(self) -> list[Bubble]:
        """The texts that reached the phone."""
        return [one for one in self.there.talk if not one.is_mine and one.came]


def look(desk: Desk, patient_id: UUID, *, mail: str = "") -> Screen | None:
    """All of it; with `mail` (a Message-ID) opened, else the newest. None if there is no such patient."""
    with desk.read() as db:
        patient = db.get(Patient, patient_id)
        if patient is None:
            return None
        clinic = db.get_one(Clinic, patient.clinic_id)
        coming = timeline.coming(db, patient=patient, now=desk.now)
        wrote = phones.written(db, phone=patient.phone, limit=_TEXTS) if patient.phone else []
        sharers = phones.sharers(db, patient=patient)
        has_left = phones.has_left(db, patient=patient)
    owed = [event.message for event in reversed(coming) if event.message.status is Status.SCHEDULED]
    try:
        there = _emulated(desk, patient, wrote)
    except NoAnswer as error:
        there = Emulated(trouble=str(error))
    opened = next((one for one in there.mailbox if one.message_id == mail), next(iter(there.mailbox), None))
    return Screen(
        patient=patient,
        clinic=clinic,
        name=name_of(patient),
        zone=zone_of(patient, clinic),
        there=there,
        opened=opened,
        letter=mails.draw(opened.html) if opened else None,
        sharers=sharers,
        has_left=has_left,
        owed=owed[:_OWED],
        more=len(owed[_OWED:]),
        offered=faults.offered(patient),
    )


def say(desk: Desk, patient: Patient, words: str) -> None:
    """Answer as the patient. Raises NoAnswer."""
    settings = desk.runtime.settings
    assert patient.phone
    got = emulated.texts(settings, to=patient.phone)
    to = got[-1].sender if got else settings.twilio.sender
    if not emulated.write(settings, sender=patient.phone, to=to, body=words):
        raise NoAnswer(
            f"The text was not taken at {settings.public_url}; PUBLIC_URL must be where this service answers."
        )


def _emulated(desk: Desk, patient: Patient, wrote: Sequence[Reply]) -> Emulated:
    settings = desk.runtime.settings
    got = emulated.texts(settings, to=patient.phone)[-_TEXTS:] if patient.phone else []
    mailbox = emulated.mails(settings, to=patient.email)[-_MAILS:] if patient.email else []
    with desk.read() as db:
        question = phones.last_question(db, message_ids=_ids(got))
    return Emulated(
        sender=got[-1].sender if got else settings.twilio.sender,
        talk=_talk(got, wrote),
        answers=answers.suiting(question, patient.language),
        mailbox=mailbox[::-1],
        ordered=faults.ordered(settings, patient),
    )


def _talk(got: Iterable[Text], wrote: Iterable[Reply]) -> list[Bubble]:
    both = [Bubble(one.business_at, one.body, is_mine=False, status=one.status) for one in got]
    both += [Bubble(one.received_at, one.body, is_mine=True) for one in wrote]
    both.sort(key=lambda bubble: bubble.at)
    talk, last = list[Bubble](), None
    for one in both:
        is_apart = last is None or one.at - last > _TOGETHER
        talk.append(Bubble(one.at, one.words, one.is_mine, one.status, is_apart))
        last = one.at
    return talk


def _ids(got: Sequence[Text]) -> list[UUID]:
    found = []
    for one in got:
        try:
            found.append(UUID(one.message_id or ""))
        except ValueError:
            continue  # texts that others had the emulator take
    return found
