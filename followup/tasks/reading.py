"""Reads what patients wrote: each reply in a transaction of its own, so that one cannot hold up the others."""

import logging
from datetime import datetime

from sqlalchemy.exc import OperationalError

from followup.actions import understanding
from followup.actions.apart import held_apart
from followup.db import OpenDb
from followup.logs import about, failure

log = logging.getLogger(__name__)

MOST = 100  #: in one tick, so that sending is not held up


def read_replies(open_db: OpenDb, *, now: datetime) -> int:
    """Read the oldest unread replies; how many there were. What cannot be read becomes an alert for a person.

    What cannot even become one stays unread, and the next tick tries again.
    """
    with open_db() as db:
        waiting = understanding.unread(db, most=MOST)
    for reply_id in waiting:
        try:
            with open_db() as db:
                understanding.understand(db, reply_id=reply_id, now=now)
        except (
            OperationalError
        ) as error:  # the database, not the reply: a lock, a lost connection; the next tick reads it
            log.warning("reply not read yet", extra=about(reply=reply_id, **failure(error)))
        except Exception as error:  # noqa: BLE001 - whatever it is, a person must see that reply
            log.error("reading a reply failed", extra=about(reply=reply_id, **failure(error)))  # noqa: TRY400 - told by type and place alone
            with held_apart("give up a reply", reply=reply_id), open_db() as db:
                understanding.give_up(db, reply_id=reply_id, now=now)
    return len(waiting)
