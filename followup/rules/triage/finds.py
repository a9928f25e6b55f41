"""A label for some words of a passage, and what little some labels say."""

from dataclasses import dataclass

from followup.rules.triage.data import word_list
from followup.rules.triage.passage import Passage, Span
from followup.terms import Label

WISHES = (Label.BOOKING, Label.QUESTION)
SAYS_NOTHING = frozenset({"courtesy"})  #: of how the patient is
STRANGER = "wrong-number"  #: the opt-out of somebody who is no patient

_FAINT_PRAISE = word_list("faint-praise")


@dataclass(frozen=True, slots=True)
class Find:
    """A label for some words of the passage; `sign` names the lexicon's sign, and is empty for numbers and menus."""

    label: Label
    sign: str
    span: Span


def praises_faintly(passage: Passage, good: Span) -> bool:
    """Whether the good news is one word that may belong to anything: "gone", "better", "well"."""
    return _FAINT_PRAISE.issuperset(passage.words[slice(*good)])
