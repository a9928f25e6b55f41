"""How far somebody who tries the service out has come, by what really happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from followup.models import Alert, Message, Reply, Switch, TreatmentSession
from followup.models.desk import TOUR
from followup.terms import Status

_TWO_WEEKS = timedelta(days=13)  # the last message of the packaged plan leaves on day 14, at ten


@dataclass(frozen=True, slots=True)
class Way:
    """Each is true once it has happened, whoever did it."""

    recorded: bool  #: there is a treatment session
    left: bool  #: a message to a patient has left
    answered: bool  #: somebody wrote back
    raised: bool  #: an alert was raised
    taken: bool  #: a person took an alert, or resolved one
    resolved: bool  #: a person resolved one
    waiting: UUID | None  #: of whom the alert is that waits longest for that, if it is known
    weeks_later: bool  #: two weeks have gone by since the first session was recorded

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to show."""
        return self.recorded and self.left and self.answered and self.resolved and self.weeks_later


def is_hidden(db: Session) -> bool:
    """Whether somebody wants to see no tour any more."""
    return db.get(Switch, TOUR) is not None


def nothing_recorded(db: Session) -> bool:
    """Whether there is no treatment session yet."""
    return db.scalar(select(TreatmentSession.id).limit(1)) is None


def look(db: Session, *, now: datetime) -> Way:
    """How far it is at `now`; every question ends with the first row that says yes."""
    first = db.scalar(select(TreatmentSession.recorded_at).order_by(TreatmentSession.id).limit(1))
    gone = (Message.patient_id.is_not(None), Message.left_at.is_not(None), Message.status != Status.SCHEDULED)
    left, answered, raised, taken, resolved = db.execute(
        select(
            exists().where(Message.due_at <= now, *gone),
            exists(select(Reply.id)),
            exists(select(Alert.id)),
            exists().where(Alert.taken_at.is_not(None) | Alert.resolved_at.is_not(None)),
            exists().where(Alert.resolved_at.is_not(None)),
        )
    ).one()
    return Way(
        recorded=first is not None,
        left=left,
        answered=answered,
        raised=raised,
        taken=taken,
        resolved=resolved,
        waiting=_waiting(db),
        weeks_later=first is not None and now - first >= _TWO_WEEKS,
    )


def _waiting(db: Session) -> UUID | None:
    taken_first = Alert.taken_at.is_(None), Alert.raised_at, Alert.id
    return db.scalar(select(Alert.patient_id).where(Alert.resolved_at.is_(None)).order_by(*taken_first).limit(1))
