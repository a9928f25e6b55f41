"""How a step's wording reads with values of ordinary length: what a clinician looks at before any patient does."""

from collections.abc import Sequence
from dataclasses import dataclass

from followup.messages.catalogue import EMAIL_FOOTER, STOP_LINE, Wording, catalogue
from followup.messages.filling import fill
from followup.messages.reading import reading_grade
from followup.messages.typical import typical_values
from followup.messages.wording import compose
from followup.terms import Channel

_FOOTER_MARK = "\n---\n"


@dataclass(frozen=True, slots=True)
class Proof:
    """One channel's words. Segments count the STOP line, since any step may be the first text; an email has none."""

    channel: Channel
    subject: str
    text: str
    segments: int
    reading_grade: float | None  #: US school year; None but for English


@dataclass(frozen=True, slots=True)
class Change:
    """Other words for patients with one of these precautions: in place of a sentence, or in front of it."""

    precautions: Sequence[str]
    channels: Sequence[Channel]
    in_place: bool
    sentence: str
    words: str


@dataclass(frozen=True, slots=True)
class Cited:
    """Where one sentence comes from."""

    sentence: str
    source: str


@dataclass(frozen=True, slots=True)
class ProofSheet:
    """One wording in one language, as a whole."""

    wording: str
    proofs: Sequence[Proof]
    changes: Sequence[Change]
    sources: Sequence[Cited]


def prove(key: str, *, language: str) -> ProofSheet:
    """Everything that a wording may say, but for what all messages say. Raises WordingError for an unknown key."""
    wording, values = catalogue(language)[key], typical_values(language)
    return ProofSheet(
        wording=key,
        proofs=[_proof(wording, language, channel) for channel in Channel if wording.words(channel)],
        changes=[
            Change(
                precautions=sorted(each.precautions),
                channels=[channel for channel in Channel if channel in each.channels],
                in_place=each.replace is not None,
                sentence=fill(each.anchor, values),
                words=fill(each.words, values),
            )
            for each in wording.variations
        ],
        sources=[
            Cited(each.sentence, each.source)
            for sources in (wording.sources, *(variation.sources for variation in wording.variations))
            for each in sources
        ],
    )


def shared_words(language: str) -> tuple[str, str]:
    """What stands at the end of a patient's first text, and at the end of every email."""
    words, values = catalogue(language), typical_values(language)
    return words[STOP_LINE].sms, fill(words[EMAIL_FOOTER].email_body, values).strip()


def _proof(wording: Wording, language: str, channel: Channel) -> Proof:
    values = typical_values(language)
    with_stop, composed = (
        compose(wording.key, language=language, channel=channel, values=values, stop_line=stop_line)
        for stop_line in (True, False)
    )
    text, _, _ = composed.text.partition(_FOOTER_MARK)
    is_english = catalogue(language).language == "en"
    return Proof(
        channel=channel,
        subject=composed.subject,
        text=text.strip(),
        segments=with_stop.segments,
        # The clinic's name in front is no sentence, and would make every first one look longer.
        reading_grade=round(reading_grade(text.removeprefix(f"{values['clinic']}: ")), 1) if is_english else None,
    )
