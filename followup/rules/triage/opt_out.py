"""Plain-language opt-outs: looked for in every reply, whatever else it says (clinical.md §4.2 step 2)."""

from followup.rules.triage.lexicon import Lexicon
from followup.rules.triage.passage import Passage, Span
from followup.terms import Label


def opt_outs(passage: Passage, lexicon: Lexicon) -> list[Span]:
    """Where the reply asks us to stop texting, or says that it is the wrong number; tokens from and to."""
    no_stops = [span for name, span in lexicon.idioms.find(passage) if name == "stop"]
    return [span for _, span in lexicon.labels[Label.STOP].find(passage.masked(no_stops))]
