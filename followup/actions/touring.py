"""The tour of practice can be hidden, for everybody and for good."""

from datetime import datetime

from sqlalchemy.orm import Session

from followup.models import Switch
from followup.models.desk import TOUR


def hide(db: Session, *, now: datetime, by: str) -> None:
    """Show it no more. Twice changes nothing."""
    if db.get(Switch, TOUR) is None:
        db.add(Switch(name=TOUR, off_at=now, off_by=by))
