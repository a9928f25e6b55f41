"""Judges one leased message and puts its words together, so that nothing it holds can stop the messages beside it."""

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from followup.actions import auditing, composing
from followup.logs import about, failure
from followup.messages.links import Links
from followup.messages.wording import Composed
from followup.models import Message
from followup.models.facts import GAVE_UP, Known
from followup.models.owed import Owed
from followup.rules import permission
from followup.rules.permission import Go, Hold, Move, Skip
from followup.terms import Status

log = logging.getLogger(__name__)


def judge(
    db: Session, each: Owed, known: Known, *, now: datetime, links: Links, first_text: bool
) -> Composed | Skip | Hold | Move | None:
    """The words of a message that may leave now, or what else becomes of it.

    None when it can be neither judged nor written: then it has failed, and the audit log says why.
    """
    try:
        verdict = permission.judge(known.about(each, now=now), now=now)
        return (
            composing.write(each, now=now, links=links, first_text=first_text) if isinstance(verdict, Go) else verdict
        )
    except Exception as error:  # noqa: BLE001  # whatever it is, the rest of the batch must not wait for it
        log.error("message can be neither judged nor written", extra=about(message=each.message.id, **failure(error)))  # noqa: TRY400  # a traceback may hold a patient's data
        _give_up(db, each.message, error, now)
        return None


def _give_up(db: Session, message: Message, error: Exception, now: datetime) -> None:
    message.status = Status.FAILED
    why = f"{type(error).__name__}: {error}"
    auditing.note(db, did=GAVE_UP, subject="message", subject_id=message.id, now=now, by="engine", details={"why": why})
