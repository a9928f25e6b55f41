"""Changing whole sentences of a wording: in front of one, in place of one, or leaving one out."""

import re
from collections.abc import Collection

from followup.messages.catalogue import Wording
from followup.terms import Channel

_GAPS = re.compile(r"\n{3,}")


def vary(wording: Wording, channel: Channel, precautions: Collection[str]) -> str:
    """The text of a channel with every variation that one of the precautions calls for: `before`, then `replace`."""
    gap = " " if channel is Channel.SMS else "\n\n"
    text = wording.words(channel)
    due = [v for v in wording.variations if channel in v.channels and not v.precautions.isdisjoint(precautions)]
    for variation in due:
        if variation.before:
            text = text.replace(variation.before, f"{gap}{variation.words}{gap}{variation.before}")
    for variation in due:
        if variation.replace:
            text = text.replace(variation.replace, variation.words)
    return _tidy(text)


def drop(text: str, sentence: str) -> str:
    """The text without this sentence, if it holds it."""
    return _tidy(text.replace(sentence, ""))


def _tidy(text: str) -> str:
    """Single blanks, no empty list item, one empty line between paragraphs."""
    lines = (" ".join(line.split()) for line in text.strip().splitlines())
    return _GAPS.sub("\n\n", "\n".join(line for line in lines if line != "-"))
