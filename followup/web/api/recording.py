"""Records the treatment sessions that are posted at the same time, and tells each sender what became of theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.exc import IntegrityError

from followup.actions import enrolling, entries, places
from followup.actions.enrolling import Recorded, Refusal
from followup.actions.entries import EntryError, PlaceOf, TreatmentEntry
from followup.queries import treatments
from followup.queries.treatments import TreatmentView
from followup.runtime import Runtime
from followup.web.api.asking import Caller
from followup.web.together import Together


@dataclass(frozen=True, slots=True)
class Posted:
    """What a caller sent as a treatment session."""

    data: dict[str, Any]
    caller: Caller


@dataclass(frozen=True, slots=True)
class Kept:
    """A treatment session as it stands, and whether it was recorded before."""

    view: TreatmentView
    was_known: bool


Recordings = Together[Posted, Kept | Refusal]


async def _recordings(request: Request) -> Recordings:
    recordings: Recordings = request.app.state.recordings
    return recordings


TheRecordings = Annotated[Recordings, Depends(_recordings)]


def record(runtime: Runtime, posted: Sequence[Posted], *, for_good: bool = True) -> list[Kept | Refusal]:
    """Record all in one transaction; one that is refused costs no other. Unless `for_good`, nothing stays written."""
    try:
        return _try_to_record(runtime, posted, for_good=for_good)
    except IntegrityError:  # someone else recorded one, or its patient, in the meantime; now we see that
        return _try_to_record(runtime, posted, for_good=for_good)


def _try_to_record(runtime: Runtime, posted: Sequence[Posted], *, for_good: bool) -> list[Kept | Refusal]:
    now = max(each.caller.now for each in posted)
    with runtime.open_db() as db:
        place_of = cache(places.of_clinics(db))
        read = [_read(each, place_of) for each in posted]
        fit = [(each, posted[turn].caller.by) for turn, each in enumerate(read) if isinstance(each, TreatmentEntry)]
        recorded = enrolling.record_treatments(db, entries=fit, now=now)
        ids = [each.treatment.id for each in recorded if isinstance(each, Recorded)]
        views = treatments.look_at(db, treatment_ids=ids, now=now)
        told = iter(recorded)
        answers = [each if isinstance(each, EntryError) else _answer(next(told), views) for each in read]
        if not for_good:
            db.rollback()
    return answers


def _read(posted: Posted, place_of: PlaceOf) -> TreatmentEntry | EntryError:
    try:
        return entries.parse_entry(posted.data, place_of=place_of)
    except EntryError as refusal:
        return refusal


def _answer(told: Recorded | Refusal, views: Mapping[UUID, TreatmentView]) -> Kept | Refusal:
    return Kept(views[told.treatment.id], told.was_known) if isinstance(told, Recorded) else told
