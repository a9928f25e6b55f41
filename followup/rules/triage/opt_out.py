"""Plain-language opt-outs: looked for in every reply, whatever else it says (clinical.md §4.2 step 2)."""

from collections.abc import Sequence

from followup.rules.triage.lexicon import Lexicon
from followup.rules.triage.passage import Passage, Span
from followup.rules.triage.signs import Found, apart
from followup.terms import Label


def opt_outs(passage: Passage, lexicon: Lexicon, *, look_alikes: Sequence[Span]) -> Found:
    """Where the reply asks us to stop texting, or says that it is the wrong number, by the lexicon's name for it."""
    found = lexicon.opt_outs.find(passage.masked(look_alikes) if look_alikes else passage)
    return apart(found[Label.STOP])
