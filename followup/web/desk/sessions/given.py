"""What stands in the form of a new treatment session, and how it is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from followup.actions.entries import Problem
from followup.db import new_id
from followup.queries.patients import PatientView
from followup.rules.quiet import at_wall
from followup.terms import Precaution, Region
from followup.web.forms import Form

FIND, KNOWN, NEW = "find", "known", "new"  #: whose session it is: not said yet, someone we know, or someone new

# In the order of the form: the first that is wrong gets the focus.
NAMES = {
    "q": "Patient",
    "given_name": "Given name",
    "family_name": "Family name",
    "phone": "Phone",
    "email": "Email",
    "language": "Language",
    "timezone": "Time zone",
    "clinic": "Clinic",
    "ended_on": "Ended on",
    "ended_time": "The end",
    "practitioner": "Practitioner",
    "plan": "Plan",
    "regions": "Where",
    "precautions": "Precautions",
    "confirmed_by": "Who confirms it",
    "baseline_pain": "Pain before treatment",
    "sms": "Texts",
    "mail": "Email consent",
    "method": "How it was said",
    "next_visit_on": "Next visit",
    "next_visit_time": "Next visit",
}
METHODS = (("spoken", "Spoken at the desk"), ("signed form", "Signed form"), ("online form", "Online form"))
SAID = (("yes", "Yes"), ("no", "No"), ("", "Not asked"))

_HIDDEN = ("external_id", "who", "patient", "first_treatment")
_MOST = 300  # characters
_FIELD_OF = {
    "patient.id": "q",
    "patient": "q",
    "external_id": "q",
    "ended_at": "ended_time",
    "next_visit_at": "next_visit_time",
    "consent.sms": "sms",
    "consent.email": "mail",
}


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed and chosen, as it came."""

    fields: Mapping[str, str]
    regions: frozenset[str] = frozenset()
    precautions: frozenset[str] = frozenset()

    @classmethod
    def read(cls, form: Form) -> Self:
        """What a browser sent."""
        values = {name: form.first(name, most=_MOST) for name in (*NAMES, *_HIDDEN)}
        values["who"] = values["who"] if values["who"] in (KNOWN, NEW) else FIND
        values["external_id"] = values["external_id"] or f"desk:{new_id()}"
        return cls(values, _chosen(form, "regions"), _chosen(form, "precautions"))

    @classmethod
    def blank(cls, *, clinic: str, zone: ZoneInfo, now: datetime, practitioner: str, plan: str) -> Self:
        """A form as it is opened: the session has just ended. Its external id lets it be saved only once."""
        ended = now.astimezone(zone)
        return cls(
            dict.fromkeys((*NAMES, *_HIDDEN), "")
            | {
                "external_id": f"desk:{new_id()}",
                "who": FIND,
                "clinic": clinic,
                "ended_on": f"{ended:%Y-%m-%d}",
                "ended_time": f"{ended:%H:%M}",
                "practitioner": practitioner,
                "plan": plan,
                "language": "en",
                "method": METHODS[0][0],
            }
        )

    @property
    def who(self) -> str:
        return self.fields["who"]

    @property
    def patient_id(self) -> UUID | None:
        """The patient who was chosen; None while nobody is."""
        try:
            return UUID(self.fields["patient"]) if self.who == KNOWN else None
        except ValueError:
            return None

    def having(self, **fields: str) -> Self:
        """The same with other fields."""
        return replace(self, fields={**self.fields, **fields})

    def adding(self) -> Self:
        """Someone new, with what was looked for in the field where it belongs."""
        typed = " ".join(self.fields["q"].split())
        if any(letter.isalpha() for letter in typed):
            given, _, family = typed.partition(" ")
            return self.having(who=NEW, given_name=given, family_name=family, q="")
        return self.having(who=NEW, phone=typed, q="")

    def as_entry(self, *, patient: PatientView | None, zone: ZoneInfo) -> tuple[dict[str, Any], list[Problem]]:
        """What `parse_entry` reads, and what is wrong with it already. Times are as the clinic's clocks show them."""
        fields, problems = self.fields, []
        if self.who == FIND or (self.who == KNOWN and patient is None):
            problems.append(Problem("patient", "is not chosen", "find someone, or add a new patient"))
        ended_at = _moment("ended_at", fields["ended_on"], fields["ended_time"], zone)
        next_visit_at = _moment("next_visit_at", fields["next_visit_on"], fields["next_visit_time"], zone)
        problems += [one for one in (ended_at, next_visit_at) if isinstance(one, Problem)]
        data = {
            "external_id": fields["external_id"],
            "clinic": patient.clinic if patient else fields["clinic"],
            "patient": _patient(fields, patient),
            "consent": {
                "sms": _said(fields["sms"]),
                "email": _said(fields["mail"]),
                "method": fields["method"] if fields["sms"] or fields["mail"] else "",
            },
            "ended_at": ended_at,
            "practitioner": fields["practitioner"],
            "regions": sorted(self.regions),
            "precautions": sorted(self.precautions),
            "first_treatment": bool(fields["first_treatment"]),
            "baseline_pain": fields["baseline_pain"],
            "plan": fields["plan"],
            "next_visit_at": next_visit_at,
        }
        return {name: value for name, value in data.items() if not isinstance(value, Problem)}, problems


def beside_fields(problems: Iterable[Problem]) -> dict[str, str]:
    """What is wrong, by the field that it stands beside, in the order of the form."""
    found: dict[str, str] = {}
    for one in problems:
        name = _FIELD_OF.get(one.field, one.field.removeprefix("patient.").partition(".")[0])
        name = name if name in NAMES else "q"
        found.setdefault(name, f"{NAMES[name]} {one.wrong}: {one.mend}.")
    return in_order(found)


def in_order(wrong: Mapping[str, str]) -> dict[str, str]:
    """As the fields come in the form."""
    return {name: wrong[name] for name in NAMES if name in wrong}


def _chosen(form: Form, name: str) -> frozenset[str]:
    known = {*Region, *Precaution}
    return frozenset(value for given, value in form.pairs if given == name and value in known)


def _patient(fields: Mapping[str, str], known: PatientView | None) -> dict[str, Any]:
    if known:
        return {"id": str(known.id), "given_name": known.given_name}
    if fields["who"] != NEW:
        return {"given_name": "?"}  # nobody yet, which is wrong enough by itself
    return {name: fields[name] for name in ("given_name", "family_name", "phone", "email", "language", "timezone")}


def _said(word: str) -> bool | None:
    return {"yes": True, "no": False}.get(word)


def _moment(field: str, day: str, clock: str, zone: ZoneInfo) -> str | Problem:
    """An instant as the clinic's clocks show it; empty where nothing was typed."""
    if not day and not clock:
        return ""
    if not day or not clock:
        return Problem(field, f"has no {'time' if day else 'date'}", "fill in both")
    try:
        return at_wall(date.fromisoformat(day), time.fromisoformat(clock).replace(tzinfo=None), zone).isoformat()
    except (ValueError, OverflowError):
        return Problem(field, "cannot be read", "write the date and the time in full")
