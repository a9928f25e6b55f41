"""The words that patients use, as data: `words/*.toml`, read once and checked as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from followup.rules.triage.data import read, tables
from followup.rules.triage.phrases import Phrasebook, PhraseError
from followup.rules.triage.signs import Signs, signs
from followup.rules.triage.spelling import Speller
from followup.terms import Label

_LABELS = tuple(label for label in Label if label is not Label.SCORE)  # a score is a number, not a word


@dataclass(frozen=True, slots=True)
class Together:
    """Signs that mean more when a reply has all of them."""

    label: Label
    signs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything that triage knows about words."""

    labels: Mapping[Label, Signs]
    cues: Signs
    idioms: Signs
    modifiers: Mapping[str, Signs]
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
    labels: dict[Label, Signs] = {label: _signs(book, label.value.removesuffix("-reaction")) for label in _LABELS}
    cues, idioms = _signs(book, "cues"), _signs(book, "idioms")
    modifiers = {name: signs(book, {name: _phrases(table)}) for name, table in tables("modifiers").items()}
    known = {*book.words, *read("everyday.txt").split()}
    return Lexicon(
        labels=labels,
        cues=cues,
        idioms=idioms,
        modifiers=modifiers,
        together=[Together(Label(one["label"]), frozenset(one["signs"])) for one in tables("together")["together"]],
        persons=frozenset(groups["person"]),
        numbers=groups["zero_to_ten"],
        speller=Speller({**spelling["alias"], **spelling["emoji"]}, known, targets=book.words),
    )


def _phrases(table: Mapping[str, Sequence[str]]) -> list[str]:
    return [*table.get("en", ()), *table.get("es", ())]


def _signs(book: Phrasebook, name: str) -> Signs:
    try:
        return signs(book, {sign: _phrases(table) for sign, table in tables(name).items()})
    except PhraseError as error:
        raise PhraseError(f"{name}.toml: {error}") from None
