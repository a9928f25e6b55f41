"""A clinic's recipes as TOML files: what is written in one, checked as a whole and against the wordings.

A reminder is written beside its question and becomes a step of its own right after it, so that the rest of the
product knows steps only.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import time, timedelta
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from followup.messages.catalogue import Catalogue, catalogues
from followup.messages.plan_fields import (
    Channels,
    Day,
    Duration,
    Key,
    Lasting,
    Regions,
    Title,
    Unlesses,
    WallTime,
    explain,
    named,
    shown,
)
from followup.messages.typical import typical_values
from followup.messages.wording import TooLongError, check_length
from followup.terms import Channel, Condition, OnQuiet, Overlap, Purpose, Question, Unless

_TEN = time(10, 0)
# The standard library's reader takes memory with the square of a key's parts: a gigabyte for a file of 32 kB.
_KEY_OF_MANY_PARTS = re.compile(r"""(?<![\w-])((?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){9}""")


class PlanError(ValueError):
    """A plan file is wrong. Every problem is one line that names the file, the step, the field and the mend."""


class _Fields(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    purpose: Purpose
    after: Duration | None = None
    day: Day | None = None
    at: WallTime = _TEN
    on_quiet: OnQuiet = OnQuiet.LATER
    expires: Lasting
    channels: Channels
    wording: str
    regions: Regions = ()
    question: Question | None = None
    when: Condition | None = None
    unless: Unlesses = ()


class StepFile(_Fields):
    """One item of a plan, with the fields of `models.care.Step`. A reminder's `after` counts from when its question left."""

    reminds: str | None = None


class _WrittenStep(_Fields):
    key: Key
    wording: Key
    reminder: Lasting | None = None
    reminder_expires: Lasting = timedelta(days=2)

    @model_validator(mode="after")
    def _has_one_time(self) -> Self:
        if (self.after is None) == (self.day is None):
            raise ValueError('after, day: give one of them, after = "2h" or day = 1')
        if self.day is None and "at" in self.model_fields_set:
            raise ValueError("at: goes with day only; take it out, or write day in place of after")
        if self.on_quiet is OnQuiet.IMMEDIATE and self.after != timedelta(0):
            raise ValueError('on_quiet: "immediate" goes at once; write after = "0m", or another on_quiet')
        return self

    @model_validator(mode="after")
    def _reminds_of_a_question(self) -> Self:
        if self.reminder and not self.question:
            raise ValueError("reminder: reminds of a question; add question, or take reminder out")
        if self.reminder is None and "reminder_expires" in self.model_fields_set:
            raise ValueError('reminder_expires: goes with a reminder; add reminder = "3d", or take it out')
        return self

    @model_validator(mode="after")
    def _is_held_if_it_says_so(self) -> Self:
        if self.purpose is Purpose.CARE and Unless.OPEN_ALERT in self.unless:
            raise ValueError(
                "unless: care goes on beside an open alert, which holds feedback and booking only; "
                f"take {Unless.OPEN_ALERT.value!r} out"
            )
        return self

    def steps(self) -> Iterator[StepFile]:
        """This step, and its reminder if it has one."""
        common = {name: getattr(self, name) for name in _Fields.model_fields}
        yield StepFile(**common)
        if self.reminder:
            yield StepFile(
                **{
                    **common,
                    "key": f"{self.key}-reminder",
                    "wording": f"{self.wording}-reminder",
                    "day": None,
                    "at": _TEN,
                    "after": self.reminder,
                    "on_quiet": OnQuiet.LATER,
                    "expires": self.reminder_expires,
                    "reminds": self.key,
                }
            )


class _WrittenPlan(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: Key
    title: Title
    overlap: Overlap = Overlap.SUPERSEDE
    step: list[_WrittenStep] = Field(min_length=1)


class PlanFile(BaseModel):
    """A whole plan, its steps in order and each reminder right after its question."""

    model_config = ConfigDict(frozen=True)

    key: str
    title: str
    overlap: Overlap
    steps: tuple[StepFile, ...]

    @property
    def content_hash(self) -> str:
        """SHA-256 of what the plan says, in hex; comments, blanks and the order of fields do not change it."""
        content = self.model_dump(mode="json")
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def parse_plan(text: str, source: str) -> PlanFile:
    """Read and judge one plan; `source` is its file's name, for errors. Raises `PlanError` with every problem."""
    try:
        written = _written(text, source)
    except (RecursionError, ValueError) as error:  # a tower of brackets; a number that Python refuses to read
        if isinstance(error, PlanError):
            raise
        deep = "holds lists in lists in lists, or a number of thousands of digits, and no plan needs either"
        raise PlanError(f"{source}: {deep}; take it out") from None
    plan = PlanFile(
        key=written.key,
        title=written.title,
        overlap=written.overlap,
        steps=tuple(step for item in written.step for step in item.steps()),
    )
    if faults := dict.fromkeys((*_repeated_keys(plan), *_wording_faults(plan))):
        raise PlanError("\n".join(f"{source}: {fault}" for fault in faults))
    return plan


def _written(text: str, source: str) -> _WrittenPlan:
    if many := _KEY_OF_MANY_PARTS.search(text):
        raise PlanError(f"{source}: holds {shown(many[0])}, and no plan needs so many dots; take it out")
    try:
        tables = tomllib.loads(text)
        return _WrittenPlan.model_validate(tables)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{source}: not valid TOML: {error}; mend that line") from None
    except ValidationError as error:
        raise PlanError("\n".join(f"{source}: {line}" for line in _problems(error, tables))) from None


def packaged_plans() -> list[PlanFile]:
    """The plans that come with the product, by file name."""
    folder = resources.files("followup.messages").joinpath("plans")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return [parse_plan(file.read_text(encoding="utf-8"), file.name) for file in files]


def _problems(error: ValidationError, tables: dict[str, Any]) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        match problem["loc"]:
            case ("step", int(index), *fields):
                step = tables["step"][index]
                key = step.get("key") if isinstance(step, dict) else None
                place = [
                    f"step {shown(key)}" if isinstance(key, str) else f"step number {index + 1}",
                    *map(named, fields[:1]),
                ]
            case fields:
                place = [*map(named, fields[:1])]
        yield ": ".join([*place, explain(problem)])


def _repeated_keys(plan: PlanFile) -> Iterator[str]:
    counted = Counter(step.key for step in plan.steps)
    for key, times in counted.items():
        if times > 1:
            yield f"step {key!r}: key: stands there {times} times (a reminder's key ends in -reminder); rename one"


def _wording_faults(plan: PlanFile) -> Iterator[str]:
    for step in plan.steps:
        for words in catalogues():
            for fault in _faults_in(step, words):
                yield f"step {step.key!r}: {fault}"


def _faults_in(step: StepFile, words: Catalogue) -> Iterator[str]:
    """What keeps a step from being said in one language."""
    file = f"{words.language}.toml"
    wording = words.wordings.get(step.wording)
    if wording is None or wording.origin != "step":
        known = ", ".join(key for key, other in words.wordings.items() if other.origin == "step")
        yield f"wording: {step.wording!r} is no wording of a step in {file}; use {known}"
        return
    if wording.purpose is not step.purpose:
        yield f'purpose: wording {step.wording!r} is for {wording.purpose}; write purpose = "{wording.purpose}"'
    for channel in step.channels:
        if not wording.words(channel):
            yield f"channels: wording {step.wording!r} has no words for {channel} in {file}; take {channel} out"
    if Channel.SMS in step.channels and wording.sms and (too_long := _too_long(step.wording, words.language)):
        yield f"wording: {too_long}"


@cache
def _too_long(wording: str, language: str) -> str | None:
    """Why a text does not fit; judging one takes many milliseconds, and steps share wordings."""
    try:
        check_length(wording, language=language, values=typical_values(language))
    except TooLongError as error:
        return str(error)
    return None
