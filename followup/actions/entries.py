"""What staff or a booking system hand us about a treatment session, as checked values.

`parse_entry` is the one door, for the API and the import alike. It reads local times and national phone numbers with
the help of the clinic's place, and names everything that is wrong in words that the sender understands.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from hashlib import sha256
from typing import Any, ClassVar, TypeVar, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails

from followup.actions.addresses import Email, Phone
from followup.actions.fields import (
    SHOWN,
    EmailField,
    Instant,
    Key,
    Language,
    Line,
    Pain,
    PhoneField,
    Place,
    Precautions,
    Regions,
    Zone,
    bounded,
    is_zone,
    shown,
    wrong,
)

CLOCKS_DIFFER_BY = timedelta(minutes=5)  # a booking system's clock may be ahead of ours by this much

NOWHERE = Place("UTC", "ZZ")  # for reading on when the clinic is missing: the entry is refused for that

MOST_CLINICS = 5  # keys that a problem tells

PlaceOf = Callable[[str], Place | None]
AnEntry = TypeVar("AnEntry", bound="Entry")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps an entry from being taken: the field, what is wrong with it, and the mend."""

    field: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        return f"{self.field} {self.wrong}; {self.mend}"


class EntryError(Exception):
    """An entry cannot be taken; `problems` holds every reason that was found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(". ".join(map(str, problems)))
        self.problems = problems


class Entry(BaseModel):
    """What someone hands in: known fields only, an empty one is a missing one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    emptied: ClassVar[frozenset[str]] = frozenset()  #: fields that an empty one takes away
    fixed: ClassVar[Mapping[str, str]] = {}  #: fields that stand for good, each with what to do instead

    @model_validator(mode="before")
    @classmethod
    def _an_empty_field_is_a_missing_one(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        empty = {name for name, value in data.items() if _is_blank(value)}
        taken_away = {name: cls.model_fields[name].default for name in empty & cls.emptied}
        return {name: value for name, value in data.items() if name not in empty} | taken_away


class PatientChange(Entry):
    """What is said about a patient; what is left out stays as it is.

    An empty `phone`, `email` or `timezone` (`""` or null) takes away what was known.
    """

    emptied = frozenset({"phone", "email", "timezone"})

    given_name: Line = ""
    family_name: Line = ""
    phone: PhoneField = Phone()
    email: EmailField = Email()
    language: Language = "en"
    timezone: Zone | None = None


class PatientEntry(PatientChange):
    """The patient, as the sender knows them.

    Our own `id` tells who it is, else `external_id`, else name and phone or email. What is empty is as if left out.
    """

    emptied = frozenset()

    id: UUID | None = None
    external_id: Line | None = None
    given_name: Line


class ConsentEntry(Entry):
    """What the patient said to each channel, for all purposes; null or left out is unknown, and sends nothing."""

    sms: bool | None = None
    email: bool | None = None
    method: Line = ""


class TreatmentEntry(Entry):
    """One treatment session: the body of `POST /treatments`, and a line of the import.

    A time without an offset is local to the patient's zone, else the clinic's.
    """

    external_id: Line
    clinic: Key
    patient: PatientEntry
    consent: ConsentEntry = ConsentEntry()
    ended_at: Instant
    practitioner: Line = ""
    regions: Regions = ()
    precautions: Precautions = ()
    first_treatment: bool = False
    baseline_pain: Pain | None = None
    plan: Key = "dry-needling"
    next_visit_at: Instant | None = None

    @field_validator("next_visit_at")
    @classmethod
    def _next_comes_after(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        ended_at = info.data.get("ended_at")
        if value and ended_at and value <= ended_at:
            raise wrong("is not after the session's end", "correct it, or leave it empty")
        return value


class TreatmentChange(Entry):
    """What is corrected about a recorded session: the body of `PATCH /treatments/{id}`. What is left out stays.

    An empty `next_visit_at` or `baseline_pain` (`""` or null) takes the one that was recorded away.
    """

    emptied = frozenset({"next_visit_at", "baseline_pain"})
    fixed = {
        **dict.fromkeys(
            ("external_id", "clinic", "plan", "patient.id", "patient.external_id"),
            "cancel this session, and record it under a new external_id",
        ),
        "consent": "post it to /patients/{id}/consents",
    }

    patient: PatientChange | None = None
    ended_at: Instant | None = None
    practitioner: Line = ""
    regions: Regions = ()
    precautions: Precautions = ()
    first_treatment: bool = False
    baseline_pain: Pain | None = None
    next_visit_at: Instant | None = None


def parse_entry(data: Mapping[str, Any], *, place_of: PlaceOf) -> TreatmentEntry:
    """Check what was handed in. `place_of` knows the clinics by key.

    A time without offset is local to the patient's zone, else the clinic's; a phone number without country code is of
    the clinic's country. Raises EntryError.
    """
    clinic = data.get("clinic")
    place = place_of(clinic.strip()) if isinstance(clinic, str) else None
    if place is None and isinstance(clinic, str) and clinic.strip():
        raise unknown_clinic(clinic)
    patient = data.get("patient")
    timezone = patient.get("timezone") if isinstance(patient, Mapping) else None
    place = place or NOWHERE
    if isinstance(timezone, str) and is_zone(timezone.strip()):
        place = Place(timezone.strip(), place.country)
    return check(TreatmentEntry, data, place=place)


def unknown_clinic(key: str, known: Iterable[str] = ()) -> EntryError:
    """What to say of a clinic that is not there, to whom some `known` ones may be told."""
    keys = list(known)
    told = ", ".join(keys[:MOST_CLINICS]) + (", …" if len(keys) > MOST_CLINICS else "")
    mend = f"the clinics are: {told}" if keys else "use the key of a clinic"
    return EntryError(Problem("clinic", f"is {shown(key)}, which we do not know", mend))


def parse_change(data: Mapping[str, Any], *, place: Place) -> TreatmentChange:
    """Check a correction. `place` is where the patient is as far as we know, else the clinic's. Raises EntryError."""
    patient = data.get("patient")
    timezone = patient.get("timezone") if isinstance(patient, Mapping) else None
    if isinstance(timezone, str) and is_zone(timezone.strip()):
        place = Place(timezone.strip(), place.country)
    return check(TreatmentChange, data, place=place)


def check(kind: type[AnEntry], data: Mapping[str, Any], *, place: Place | None = None) -> AnEntry:
    """Check any kind of entry. Without a place, times and phone numbers must come whole. Raises EntryError."""
    try:
        return kind.model_validate(data, context=place)
    except ValidationError as error:
        raise EntryError(*(as_problem(one, kind) for one in error.errors(include_url=False))) from None


def check_ended(ended_at: datetime, now: datetime) -> None:
    """Refuse a session that has not ended yet, give or take 5 minutes between two clocks. Raises EntryError."""
    if ended_at > now + CLOCKS_DIFFER_BY:
        what = f"is {ended_at:%Y-%m-%d %H:%M} UTC: the session has not ended yet"
        raise EntryError(Problem("ended_at", what, "record it when it has, or correct the time or its zone"))


def content_hash(entry: TreatmentEntry) -> str:
    """SHA-256 of everything that a repeat must equal: addresses as given, lists in any order."""
    # Without defaults, so that a field added later does not turn every repeat into a conflict.
    content = entry.model_dump(mode="json", exclude_defaults=True)
    for name in ("regions", "precautions"):
        if name in content:
            content[name] = sorted(content[name])
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


_PLAIN = {
    "missing": ("is missing", "fill it in"),
    "string_type": ("is not text", "write it as text"),
    "string_too_long": ("is longer than {max_length} characters", "shorten it"),
    "bool_type": ("is neither yes nor no", "write yes or no, or leave it empty"),
    "bool_parsing": ("is neither yes nor no", "write yes or no, or leave it empty"),
    "tuple_type": ("is not a list", "write a list of words"),
    "enum": ("is not a word that we know", "use {expected}"),
    "uuid_parsing": ("is not an id of ours", "use the id as we told it"),
    "uuid_type": ("is not an id of ours", "use the id as we told it"),
    "model_type": ("is not an object", "write its fields in braces"),
}


def as_problem(error: ErrorDetails, kind: type[Entry] = Entry) -> Problem:
    """What pydantic found wrong with a field of an entry of this kind, in words that the sender understands."""
    path = ".".join(map(str, error["loc"]))
    field = bounded(path) or "the entry"
    context: Mapping[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "entry":
            return Problem(field, context["wrong"], context["mend"])
        case "extra_forbidden" if path in kind.fixed:
            return Problem(field, "cannot be corrected", kind.fixed[path])
        case "extra_forbidden":
            near = _nearest(path, list(_paths(kind)))
            return Problem(field, "is not a field that we know", f"did you mean {near}?" if near else "leave it out")
        case known:
            what, mend = _PLAIN.get(known, ("cannot be read", "see the description of the API"))
            return Problem(field, what.format(**context), mend.format(**context))


def _paths(kind: type[Entry], above: str = "") -> Iterator[str]:
    """Every field of a kind of entry, as problems name them: `patient.phone`."""
    for name, field in kind.model_fields.items():
        yield f"{above}{name}"
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, Entry):
                yield from _paths(part, f"{above}{name}.")


def _nearest(path: str, known: list[str]) -> str | None:
    """The field that is probably meant: called nearly so, beside it rather than elsewhere."""
    above, _, name = path.rpartition(".")
    near = get_close_matches(name[:SHOWN], {each.rpartition(".")[2] for each in known}, 1, cutoff=0.75)
    called_so = [each for each in known if each.rpartition(".")[2] in near]
    return min(called_so, key=lambda each: each.rpartition(".")[0] != above, default=None)
