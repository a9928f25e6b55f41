"""Reads one kept reply: whose it is, what it says, and everything that follows from it, in one transaction.

Read again, after a crash or because its patient became known, it raises no second alert, sends no second answer and
keeps no second outcome.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from followup.actions import alerting, consenting, forms, measuring, obeying, reacting, replying, whose
from followup.actions.questions import Open, open_question
from followup.actions.whose import Whose
from followup.logs import about
from followup.models import Patient, Reply
from followup.rules import keywords, understanding as rules
from followup.rules.keywords import Keyword
from followup.rules.triage import Match, Reading, triage
from followup.rules.understanding import Meaning, Said, is_wrong_number
from followup.terms import Channel, ConsentSource, Label

log = logging.getLogger(__name__)

# HELP alone may be a cry for it: beside the fixed answer, a person reads it.
_OBEYED = {Keyword.STOP: Label.STOP, Keyword.START: Label.THANKS, Keyword.HELP: Label.QUESTION}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What a reply says, be it a text or a form."""

    reading: Reading  #: of the words that the patient chose
    meaning: Meaning
    question: Open | None
    keyword: Keyword | None = None
    is_form: bool = False
    words_at: int = 0  #: where those words begin in the body


def unread(db: Session, *, most: int) -> Sequence[UUID]:
    """Replies that nobody has read yet, the oldest first."""
    waiting = select(Reply.id).where(Reply.read_at.is_(None)).order_by(Reply.received_at, Reply.id)
    return db.scalars(waiting.limit(most)).all()


def understand(db: Session, *, reply_id: UUID, now: datetime) -> None:
    """Read a reply, unless someone else is reading it or has."""
    holders = obeying.writers(db, reply_id=reply_id)
    reply = _lock(db, reply_id)
    if reply is None:
        return
    who = whose.find(db, reply=reply, holders=holders)
    reply.read_at = now
    if who.staff and (alerting.take_by_reply(db, staff=who.staff, body=reply.body, now=now) or not holders):
        return  # what takes no alert leaves it untaken, and the next person is told in time
    heard = _hear(db, reply, who)
    if heard.reading.opts_out and heard.keyword is None and not reply.labels:
        _stop(db, reply, who, heard, now)
    meaning = reacting.complete(db, who=who, meaning=heard.meaning)
    reply.labels = [label.value for label in meaning.labels]
    reply.matched = [_kept(match, heard.words_at) for match in heard.reading.matched]
    if who.patient:
        reply.patient_id = who.patient.id
        _file(db, reply, who.patient, meaning, heard.question, now)
    # Whoever fills in a form has read the answer on its page.
    is_answered = heard.keyword is not None or heard.is_form
    reacting.react(db, reply=reply, who=who, meaning=meaning, question=heard.question, is_answered=is_answered, now=now)
    log.info("reply read", extra=about(reply=reply_id, label=meaning.labels[0]))


def give_up(db: Session, *, reply_id: UUID, now: datetime) -> None:
    """What cannot be read goes to a person, as urgently as triage can still tell."""
    holders = obeying.writers(db, reply_id=reply_id)
    reply = _lock(db, reply_id)
    if reply is None:
        return
    label = Label.UNCLEAR
    with suppress(Exception):
        label = min(label, triage(reply.body).label, key=list(Label).index)
    reply.read_at, reply.labels = now, [label.value]
    reacting.tell_staff(db, reply=reply, label=label, patients=holders, now=now)
    log.error("reply could not be read; a person will", extra=about(reply=reply_id))


def _lock(db: Session, reply_id: UUID) -> Reply | None:
    return db.scalars(
        select(Reply).where(Reply.id == reply_id, Reply.read_at.is_(None)).with_for_update(skip_locked=True)
    ).one_or_none()


def _keyword(reply: Reply) -> Keyword | None:
    """What was obeyed when the reply was kept."""
    return keywords.read(str(reply.raw.get("OptOutType") or reply.body))


def _hear(db: Session, reply: Reply, who: Whose) -> _Heard:
    if form := forms.form_of(db, reply):
        meaning = _with_wrong_number(form.meaning, form.reading)
        return _Heard(
            reading=form.reading, meaning=meaning, question=form.question, is_form=True, words_at=form.words_at
        )
    reading, keyword = triage(reply.body), _keyword(reply)
    question = open_question(db, patient_id=who.patient.id, reply=reply) if who.patient else None
    meaning = _meaning(db, reply, who, reading, keyword, question)
    return _Heard(reading=reading, meaning=meaning, question=question, keyword=keyword)


def _stop(db: Session, reply: Reply, who: Whose, heard: _Heard, now: datetime) -> None:
    """An opt-out in plain words is one for the patient; without a name, or from a wrong number, for the whole phone."""
    if heard.is_form:
        _stop_all(db, reply, who.holders, now)
        return
    is_wrong = is_wrong_number(_opt_outs(heard.reading))
    obeying.obey(
        db,
        keyword=Keyword.STOP,
        reply=reply,
        patients=[who.patient] if who.patient and not is_wrong else who.holders,
        is_answered=False,
        now=now,
        everything=is_wrong,
    )


def _stop_all(db: Session, reply: Reply, patients: Sequence[Patient], now: datetime) -> None:
    """A page belongs to no channel, so who asks there that it must stop gets neither texts nor emails."""
    for patient, channel in product(patients, Channel):
        consenting.withdraw(
            db,
            patient=patient,
            channel=channel,
            source=ConsentSource.REPLY,
            evidence=f"reply {reply.reference}",
            now=now,
            by="patient",
        )


def _meaning(
    db: Session, reply: Reply, who: Whose, reading: Reading, keyword: Keyword | None, question: Open | None
) -> Meaning:
    if keyword and keywords.read(reply.body):
        return Meaning(labels=(_OBEYED[keyword],))
    said = Said(
        text=reply.body,
        labels=reading.labels,
        matched=[(match.label, match.words) for match in reading.matched],
        question=question.question if question else None,
        baseline=question.treatment.baseline_pain if question else None,
        asked_again=bool(
            question
            and who.patient
            and replying.was_asked_again(db, patient=who.patient, question=question, reply=reply)
        ),
        pictures=_has_pictures(reply),
        names=who.only_names,
    )
    return _with_wrong_number(rules.understand(said), reading)


def _with_wrong_number(meaning: Meaning, reading: Reading) -> Meaning:
    """Who says that we write to somebody else is read by a person, who looks for the right address."""
    return meaning.also(Label.UNCLEAR) if is_wrong_number(_opt_outs(reading)) else meaning


def _file(db: Session, reply: Reply, patient: Patient, meaning: Meaning, question: Open | None, now: datetime) -> None:
    """Keep what the reply says about its question, and about a worry that is over."""
    reply.answers_id = question.message.id if question and meaning.answers_question else None
    if question:
        for score in meaning.scores:
            measuring.keep(
                db,
                patient=patient,
                treatment=question.treatment,
                reply=reply,
                score=score,
                measured_at=reply.received_at,
                by="patient",
            )
    if meaning.is_gone:
        alerting.release(db, patient=patient, now=now)


def _opt_outs(reading: Reading) -> list[str]:
    return [match.words for match in reading.matched if match.label is Label.STOP]


def _kept(match: Match, words_at: int) -> dict[str, str | int]:
    start, end = match.start + words_at, match.end + words_at
    return {"label": match.label.value, "words": match.words, "start": start, "end": end}


def _has_pictures(reply: Reply) -> bool:
    number = str(reply.raw.get("NumMedia", ""))
    return number.isdecimal() and int(number[:9]) > 0
