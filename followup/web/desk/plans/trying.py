"""The form of a rehearsal: what was chosen, and the made-up patient that it describes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from followup.actions.fields import Instant, Place, Zone
from followup.actions.rehearsing import Case
from followup.messages.catalogue import DEFAULT_LANGUAGE, languages
from followup.terms import Channel, Precaution, Region
from followup.web.forms import Form

# In the order of the form: the first that is wrong gets the focus.
NAMES = {
    "clinic": "Clinic",
    "ended_at": "Session ended",
    "recorded_at": "Recorded",
    "timezone": "Time zone",
    "language": "Language",
    "region": "Where",
    "precaution": "Precautions",
    "channel": "The patient permits",
}
CHOICES: Mapping[str, type[Region] | type[Precaution] | type[Channel]] = {
    "region": Region,
    "precaution": Precaution,
    "channel": Channel,
}
_MOST = 100  # characters
_ZONE: TypeAdapter[str] = TypeAdapter(Zone)
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


class Unfit(ValueError):
    """The form describes nobody. `wrong` has a sentence for each field that is to be mended."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(", ".join(wrong))
        self.wrong = {name: wrong[name] for name in NAMES if name in wrong}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed and chosen, as it came."""

    fields: Mapping[str, str]
    chosen: Mapping[str, frozenset[str]]  #: by the names of `CHOICES`
    is_first: bool = False

    @classmethod
    def read(cls, query: str) -> Self:
        """What a browser sent, in the address."""
        form = Form.read(query.encode())
        return cls(
            {name: form.first(name, most=_MOST).strip() for name in NAMES if name not in CHOICES},
            {name: frozenset(value for given, value in form.pairs if given == name) for name in CHOICES},
            bool(form.first("first_treatment", most=10)),
        )

    @classmethod
    def blank(cls, *, clinic: str, zone: ZoneInfo, now: datetime) -> Self:
        """A session that has just ended, of a patient who permits everything."""
        fields = {"clinic": clinic, "recorded_at": "", "timezone": zone.key, "language": DEFAULT_LANGUAGE}
        ended = {"ended_at": f"{now.astimezone(zone):%Y-%m-%dT%H:%M}"}
        return cls(fields | ended, {name: frozenset() for name in CHOICES} | {"channel": frozenset(Channel)})

    def case(self, *, clinics: Collection[str]) -> Case:
        """The patient and the session; `clinics` are those that may be chosen. Raises Unfit."""
        wrong = {name: f"{NAMES[name]}: choose among those below." for name in CHOICES if self._unknown(name)}
        if self.fields["clinic"] and self.fields["clinic"] not in clinics:
            wrong["clinic"] = f"{NAMES['clinic']}: choose one of those below."
        if self.fields["language"] not in languages():
            wrong["language"] = f"{NAMES['language']}: choose one of those below."
        zone, ended, recorded = self._times(wrong)
        if wrong:
            raise Unfit(wrong)
        return Case(
            ended_at=ended,
            recorded_at=recorded,
            zone=ZoneInfo(zone),
            regions=[one for one in Region if one in self.chosen["region"]],
            precautions=[one for one in Precaution if one in self.chosen["precaution"]],
            first_treatment=self.is_first,
            channels=[one for one in Channel if one in self.chosen["channel"]],
            language=self.fields["language"],
        )

    def _unknown(self, name: str) -> frozenset[str]:
        return self.chosen[name] - {*CHOICES[name]}

    def _times(self, wrong: dict[str, str]) -> tuple[str, datetime, datetime]:
        """Zone, end and recording; what cannot be read goes to `wrong`, and its value is then worth nothing."""
        zone = self._read(_ZONE, "timezone", wrong, "") or "UTC"
        ended = self._read(_INSTANT, "ended_at", wrong, zone)
        recorded = self._read(_INSTANT, "recorded_at", wrong, zone) if self.fields["recorded_at"] else ended
        if ended and recorded and recorded < ended:
            wrong["recorded_at"] = f"{NAMES['recorded_at']} is before the end: a session is recorded when it has ended."
        return zone, ended, recorded

    def _read(self, adapter: TypeAdapter[Any], name: str, wrong: dict[str, str], zone: str) -> Any:
        if not self.fields[name]:
            wrong[name] = f"{NAMES[name]} is empty: fill it in."
            return None
        try:
            return adapter.validate_python(self.fields[name], context=Place(zone, ""))
        except ValidationError as error:
            why = error.errors()[0].get("ctx", {})
            wrong[name] = f"{NAMES[name]} {why.get('wrong', 'cannot be read')}: {why.get('mend', 'write it again')}."
            return None
