"""The steps of a plan and the words of one, as the page shows them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from followup.messages.catalogue import WordingError, catalogue, languages
from followup.messages.citing import Piece, cite, filled
from followup.messages.proofs import Change, Proof, prove, shared_words
from followup.messages.typical import typical_values
from followup.models import Step
from followup.queries.plans import describe
from followup.terms import Channel, Purpose
from followup.web.pages import step_title

LANGUAGES = {"en": "English", "es": "Spanish"}
_WAYS = {Channel.SMS: "text", Channel.EMAIL: "email"}
_UNITS = {"m": "minute", "min": "minute", "h": "hour", "d": "day"}
_DURATION = re.compile(r"\b(\d+) ?(min|m|h|d)\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """One step in the list."""

    key: str
    title: str
    when: str
    by: str
    purpose: Purpose
    is_text: bool  #: whether a text is tried first
    is_maybe: bool  #: whether it goes only on a condition
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Words:
    """What one channel says. `measured` tells how long it is, and how hard to read."""

    channel: Channel
    subject: str
    pieces: Sequence[Piece]
    measured: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Every word of one step in one language; or `problem`, where there are none any more."""

    language: str
    status: str
    clinic: str
    words: Sequence[Words] = ()
    changes: Sequence[Change] = ()
    sources: Sequence[Piece] = ()
    stop_line: str = ""
    footer: str = ""
    problem: str = ""

    @property
    def has_text(self) -> bool:
        """Whether there are words for a text."""
        return any(each.channel is Channel.SMS for each in self.words)


def entries(steps: Sequence[Step]) -> list[Entry]:
    """Every step, in the plan's order."""
    return [_entry(step) for step in steps]


def sheet(step: Step, *, language: str) -> Sheet:
    """What a step says, on each channel that it may go by."""
    values, book = typical_values(language), catalogue(language)
    about = Sheet(language, f"{spoken(language)} wordings, version {book.version}: {book.status}.", values["clinic"])
    try:
        proved = prove(step.wording, language=language)
    except WordingError as error:
        return replace(about, problem=str(error))
    stop_line, footer = shared_words(language)
    return replace(
        about,
        words=[
            Words(proof.channel, proof.subject, cite(proof.text, proved.sources, values), _measured(proof))
            for proof in proved.proofs
            if proof.channel in step.channels
        ],
        changes=[change for change in proved.changes if not set(change.channels).isdisjoint(step.channels)],
        sources=filled(proved.sources, values),
        stop_line=stop_line,
        footer=footer,
    )


def spoken(language: str) -> str:
    """What a language is called."""
    return LANGUAGES.get(language, language)


def spoken_languages() -> list[tuple[str, str]]:
    """Every language that there are wordings in, by code and by name."""
    return [(code, spoken(code)) for code in languages()]


def in_full(text: str) -> str:
    """Durations with their units written out: "3 d after asking" is "3 days after asking"."""

    def written(found: re.Match[str]) -> str:
        return f"{found[1]} {_UNITS[found[2]]}{'' if found[1] == '1' else 's'}"

    return _DURATION.sub(written, text)


def _entry(step: Step) -> Entry:
    view = describe(step, called=lambda key: f"“{step_title(key)}”")
    when = in_full(view.timing)
    return Entry(
        key=step.key,
        title=step_title(step.key),
        when=f"{when[:1].upper()}{when[1:]}",
        by=", else ".join(_WAYS[channel] for channel in view.channels),
        purpose=step.purpose,
        is_text=view.channels[0] is Channel.SMS,
        is_maybe=step.is_conditional or bool(step.regions or step.unless),
        notes=[*map(in_full, view.notes), f"Not sent any more {in_full(view.expires)} after its time."],
    )


def _measured(proof: Proof) -> str:
    return ", ".join(_measures(proof))


def _measures(proof: Proof) -> Iterator[str]:
    yield f"{len(proof.text)} characters"
    if proof.channel is Channel.SMS:
        yield f"{proof.segments} segment{'' if proof.segments == 1 else 's'} with the STOP line"
    if proof.reading_grade is not None:
        yield f"reading grade {'under 1' if proof.reading_grade < 1 else proof.reading_grade}"
