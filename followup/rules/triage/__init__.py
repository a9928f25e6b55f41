"""Sorts what patients write by what must happen next. It routes to people; it never diagnoses (clinical.md §4)."""

from followup.rules.triage.deciding import Decision
from followup.rules.triage.finds import Find
from followup.rules.triage.lexicon import lexicon
from followup.rules.triage.passage import Passage, read
from followup.rules.triage.reading import ORDER, Match, Reading
from followup.terms import Label

__all__ = ["Match", "Reading", "triage"]


def triage(text: str) -> Reading:
    """Every label of a reply, in English or Spanish, with the words that speak for it; `unclear` when nothing is plain.

    Never raises, whatever the text; takes time in proportion to its length.
    """
    words = lexicon()
    passage = read(text, words.speller)
    finds = Decision(passage, words).finds
    labels = {find.label for find in finds} or {Label.UNCLEAR}
    return Reading(tuple(sorted(labels, key=ORDER.index)), tuple(_matches(passage, finds)))


def _matches(passage: Passage, finds: list[Find]) -> list[Match]:
    places = {(ORDER.index(find.label), *passage.raw(*find.span)) for find in finds}
    return [Match(ORDER[order], passage.text[start:end], start, end) for order, start, end in sorted(places)]
