"""Every word that patients read, per language: `wordings/<language>.toml`, read once and checked as a whole."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from followup.terms import Channel, Precaution, Purpose

DEFAULT_LANGUAGE = "en"
FIRST_TREATMENT = "first_treatment"  #: not a risk by itself, but its wordings vary like a precaution's
NO_AFTER_HOURS = "no_after_hours"  #: the clinic, not the patient: it has no out-of-hours number
PRECAUTIONS = frozenset({*Precaution, FIRST_TREATMENT, NO_AFTER_HOURS})

STOP_LINE = "stop-line"
EMAIL_FOOTER = "email-footer"

PLACEHOLDER = re.compile(r"\{\{ (\w+) \}\}")
PLACEHOLDERS = frozenset(
    (
        "clinic",
        "name",
        "phone",
        "emergency",
        "after_hours",
        "hours",
        "opens",
        "link",
        "low",
        "high",
        "step",
        "minutes",
        "address",
        "preferences",
        "unsubscribe",
        "text",
    )
)

WordingOrigin = Literal["step", "reply", "confirmation", "alarm", "by_hand", "staff", "stand-in", "part"]


class WordingError(ValueError):
    """A wording, or what should go into it, is missing or wrong."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """Where one sentence comes from: `seed`, or `add-on:` and a citation; `own` where only staff write or read it."""

    sentence: str
    source: str


class Variation(_Frozen):
    """Other words for some precautions: in front of a sentence, or in its place."""

    precautions: frozenset[str] = Field(alias="for", min_length=1)
    channels: frozenset[Channel] = Field(alias="in", min_length=1)
    before: str | None = None
    replace: str | None = None
    words: str = Field(alias="with")
    sources: tuple[Source, ...]

    @property
    def anchor(self) -> str:
        """The sentence of the wording that this variation is about."""
        return self.before or self.replace or ""

    @model_validator(mode="after")
    def _says_what_it_does(self) -> Self:
        if (self.before is None) == (self.replace is None) or not self.anchor:
            raise ValueError("give either `before` or `replace`")
        if unknown := self.precautions - PRECAUTIONS:
            raise ValueError(f"unknown precaution {min(unknown)!r}")
        return self


class Wording(_Frozen):
    """The words of one key in one language; a channel without words is not used for it."""

    key: str
    origin: WordingOrigin
    purpose: Purpose | None = None
    send: Literal["never"] | None = None
    sms: str = ""
    email_subject: str = ""
    email_body: str = ""
    may_drop: tuple[str, ...] = ()
    minimal: str | None = None
    out_of_hours: str | None = None
    variations: tuple[Variation, ...] = Field(default=(), alias="variation")
    sources: tuple[Source, ...]

    def words(self, channel: Channel) -> str:
        """The text of a channel, empty when it has none."""
        return self.sms if channel is Channel.SMS else self.email_body

    @property
    def precautions(self) -> frozenset[str]:
        """Every precaution that changes these words."""
        return frozenset().union(*(variation.precautions for variation in self.variations))

    @model_validator(mode="after")
    def _variations_fit(self) -> Self:
        for variation in self.variations:
            for channel in variation.channels:
                if self.words(channel).count(variation.anchor) != 1:
                    raise ValueError(f"{channel} must hold this sentence of a variation once: {variation.anchor!r}")
        replaced = [(channel, v.replace) for v in self.variations if v.replace for channel in v.channels]
        if len(replaced) != len(set(replaced)):
            raise ValueError("two variations replace the same sentence")
        return self

    @model_validator(mode="after")
    def _placeholders_are_known(self) -> Self:
        texts = (self.sms, self.email_subject, self.email_body, *(v.words for v in self.variations))
        if unknown := {name for text in texts for name in PLACEHOLDER.findall(text)} - PLACEHOLDERS:
            raise ValueError(f"unknown placeholder {min(unknown)!r}")
        return self


class Page(_Frozen):
    """The short texts of one page for patients, by field."""

    texts: dict[str, str]
    sources: tuple[Source, ...]

    @model_validator(mode="before")
    @classmethod
    def _gather_texts(cls, table: dict[str, object]) -> dict[str, object]:
        fields = dict(table)
        return {"sources": fields.pop("sources", ()), "texts": fields}


class Catalogue(_Frozen):
    """One language: its wordings, its pages, and whether a clinician has approved them."""

    language: str
    status: str
    version: int
    wordings: dict[str, Wording]
    pages: dict[str, Page]

    @model_validator(mode="before")
    @classmethod
    def _gather_wordings(cls, file: dict[str, object]) -> dict[str, object]:
        tables = {key: table for key, table in file.items() if isinstance(table, dict)}
        rest = {field: value for field, value in file.items() if field not in tables}
        pages = tables.pop("page", {})
        return {**rest, "pages": pages, "wordings": {key: {"key": key, **table} for key, table in tables.items()}}

    @property
    def tag(self) -> str:
        """Language and version, as a message keeps them."""
        return f"{self.language}.{self.version}"

    def __getitem__(self, key: str) -> Wording:
        """The wording of a key; `WordingError` when there is none."""
        try:
            return self.wordings[key]
        except KeyError:
            raise WordingError(f"there is no wording {key!r} in {self.language}.toml; see its table names") from None

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        for wording in self.wordings.values():
            for other in filter(None, (wording.minimal, wording.out_of_hours)):
                if other not in self.wordings:
                    raise ValueError(f"wording {wording.key!r} names {other!r}, which does not exist")
        for part in (STOP_LINE, EMAIL_FOOTER):
            if part not in self.wordings:
                raise ValueError(f"the part {part!r} is missing")
        return self


def parse_catalogue(text: str, source: str) -> Catalogue:
    """Read one language from TOML; `WordingError` names `source`, the wording and what is wrong."""
    try:
        return Catalogue.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise WordingError(f"{source}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise WordingError("\n".join(f"{source}: {line}" for line in _lines(error))) from None


def _lines(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        yield f"{place}: {problem['msg']}" if place else problem["msg"]


@cache
def _files() -> dict[str, Traversable]:
    folder = resources.files("followup.messages").joinpath("wordings")
    return {file.name.removesuffix(".toml"): file for file in folder.iterdir() if file.name.endswith(".toml")}


@cache
def _load(language: str) -> Catalogue:
    file = _files()[language]
    return parse_catalogue(file.read_text(encoding="utf-8"), file.name)


def languages() -> tuple[str, ...]:
    """Every language there are wordings for, the default one first."""
    return tuple(sorted(_files(), key=lambda language: (language != DEFAULT_LANGUAGE, language)))


def catalogue(language: str) -> Catalogue:
    """The wordings of a language tag (`es`, `es-MX`), or of English when there are none for it."""
    base = re.split("[-_]", language.strip().lower(), maxsplit=1)[0]
    return _load(base if base in _files() else DEFAULT_LANGUAGE)


def catalogues() -> tuple[Catalogue, ...]:
    """Every language's wordings, the default one first."""
    return tuple(_load(language) for language in languages())
