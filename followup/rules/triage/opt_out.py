"""Plain-language opt-outs: looked for in every reply, whatever else it says (clinical.md §4.2 step 2)."""

from collections.abc import Sequence

from followup.rules.triage.lexicon import Lexicon
from followup.rules.triage.passage import Passage, Span
from followup.rules.triage.signs import apart
from followup.terms import Label


def opt_outs(passage: Passage, lexicon: Lexicon, *, look_alikes: Sequence[Span]) -> list[Span]:
    """Where the reply asks us to stop texting, or says that it is the wrong number; tokens from and to."""
    found = lexicon.opt_outs.find(passage.masked(look_alikes) if look_alikes else passage)
    return [span for _, span in apart(found[Label.STOP])]
