"""A plan as people read it in a terminal of 80 columns: its steps, then every wording."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from textwrap import wrap
from typing import Any

from followup.cli.recipes import Recipe
from followup.messages.catalogue import catalogue
from followup.messages.proofs import Change, Proof, ProofSheet, shared_words
from followup.queries.plans import PlanView, StepView
from followup.terms import Channel, Overlap

WIDTH = 80
_ROW = "{:<21} {:<24} {:<11} {:<9} {}"
_OVERLAP = {
    Overlap.SUPERSEDE: "A newer treatment session replaces what is unsent of care and booking.",
    Overlap.KEEP: "A newer treatment session changes nothing of it.",
}
_CHANNELS = {Channel.SMS: "SMS", Channel.EMAIL: "Email"}


def entry(plan: PlanView) -> Iterator[str]:
    """A plan in a list."""
    yield f"{plan.key}  {f'version {plan.version}' if plan.version else 'packaged'}: {plan.title}"
    loaded = f"loaded {plan.loaded_at:%Y-%m-%d %H:%M} UTC by {plan.loaded_by}" if plan.loaded_at else "not loaded yet"
    yield f"    {count(plan.steps, 'step')}, {loaded}"


def count(number: int, what: str) -> str:
    """So many of them."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def as_json(plan: PlanView, steps: Sequence[StepView], sheets: Sequence[ProofSheet], language: str) -> dict[str, Any]:
    """A plan with its steps, each with its wording."""
    words, by_key = catalogue(language), {sheet.wording: asdict(sheet) for sheet in sheets}
    return {
        **asdict(plan),
        "language": words.language,
        "wordings_version": words.tag,
        "wordings_status": words.status,
        "steps": [{**asdict(step), "wording": by_key[step.wording]} for step in steps],
    }


def lines(
    recipe: Recipe, steps: Sequence[StepView], sheets: Sequence[ProofSheet], language: str, *, with_sources: bool
) -> Iterator[str]:
    """A plan, its steps as a table, and its wordings."""
    words = catalogue(language)
    yield f"{recipe.name}: {recipe.plan.title}"
    yield _OVERLAP[recipe.plan.overlap]
    if recipe.plan.loaded_at:
        yield f"Loaded {recipe.plan.loaded_at:%Y-%m-%d %H:%M} UTC by {recipe.plan.loaded_by}."
    yield f"Wordings {words.tag}: {words.status}."
    yield ""
    yield _ROW.format("step", "when", "by", "for", "expires")
    for step in steps:
        yield _ROW.format(step.key, step.timing, ", ".join(step.channels), step.purpose, f"after {step.expires}")
        for note in step.notes:
            yield from indented(note)
    for sheet in sheets:
        yield from _wording(sheet, with_sources=with_sources)
    stop_line, footer = shared_words(language)
    yield from ("", "The first text, and every text about booking, ends with:", *indented(stop_line))
    yield from ("", "Every email ends with:", *indented(footer))


def indented(text: str) -> Iterator[str]:
    """Text for a terminal, its paragraphs kept."""
    for line in text.splitlines():
        yield from wrap(line, WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False) or [""]


def _wording(sheet: ProofSheet, *, with_sources: bool) -> Iterator[str]:
    yield from ("", sheet.wording)
    for proof in sheet.proofs:
        yield from (f"  {_headline(proof)}", *indented(proof.text))
    for change in sheet.changes:
        yield from _change(change)
    if with_sources:
        yield "  Sources"
        for each in sheet.sources:
            yield from indented(f"{each.sentence} [{each.source}]")


def _headline(proof: Proof) -> str:
    measures = [f"reading grade {proof.reading_grade}"] if proof.reading_grade is not None else []
    if proof.channel is Channel.SMS:
        measures.insert(0, f"{count(proof.segments, 'segment')} with the STOP line")
    subject = f' "{proof.subject}"' if proof.subject else ""
    return f"{_CHANNELS[proof.channel]}{subject}" + (f" ({', '.join(measures)})" if measures else "")


def _change(change: Change) -> Iterator[str]:
    whom = " or ".join(change.precautions).replace("_", " ")
    where = "instead of" if change.in_place else "in front of"
    yield from wrap(
        f"With {whom}, by {' and '.join(change.channels)}, {where}: {_first_words(change.sentence)}",
        WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
    )
    yield from indented(change.words or "(left out)")


def _first_words(sentence: str) -> str:
    return sentence if len(sentence) <= 50 else f"{sentence[:50].rsplit(' ', 1)[0]} …"
