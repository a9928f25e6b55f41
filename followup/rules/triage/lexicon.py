"""The words that patients use, as data: `words/*.toml`, read once and checked as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from followup.rules.triage.data import read, tables
from followup.rules.triage.phrases import Phrasebook
from followup.rules.triage.signs import Signs, signs
from followup.rules.triage.spelling import Speller
from followup.terms import Label

_LABELS = tuple(label for label in Label if label not in (Label.SCORE, Label.STOP))


@dataclass(frozen=True, slots=True)
class Together:
    """Signs that mean more when a reply has all of them."""

    label: Label
    signs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything that triage knows about words."""

    readings: Signs  #: idioms and modifiers: what changes how other words are read
    signs: Signs  #: of every label but `score` and `stop`, and cues
    opt_outs: Signs
    together: Sequence[Together]
    persons: frozenset[str]
    numbers: Sequence[str]  #: zero to ten, in English and then in Spanish
    speller: Speller


@cache
def lexicon() -> Lexicon:
    """The packaged lexicon. Raises PhraseError, which names the file and the phrase, when one can't be read."""
    book = Phrasebook()
    groups, spelling = tables("groups"), tables("spelling")
    for name, words in groups.items():
        book.add_group(name, words)
    readings = signs(
        book, {"idioms": _phrases("idioms"), **{name: {name: p} for name, p in _phrases("modifiers").items()}}
    )
    of_labels = signs(book, {**{label: _phrases(_file(label)) for label in _LABELS}, "cues": _phrases("cues")})
    opt_outs = signs(book, {Label.STOP: _phrases("stop")})
    known = {*book.words, *read("everyday.txt").split()}
    return Lexicon(
        readings=readings,
        signs=of_labels,
        opt_outs=opt_outs,
        together=[Together(Label(one["label"]), frozenset(one["signs"])) for one in tables("together")["together"]],
        persons=frozenset(groups["person"]),
        numbers=groups["zero_to_ten"],
        speller=Speller({**spelling["alias"], **spelling["emoji"]}, known, targets=book.words),
    )


def _file(label: Label) -> str:
    return label.removesuffix("-reaction")


def _phrases(file: str) -> dict[str, list[str]]:
    """The phrases of each sign of a file, the English before the Spanish."""
    return {sign: [*table.get("en", ()), *table.get("es", ())] for sign, table in tables(file).items()}
