"""What pages call languages, regions and scores."""

from collections.abc import Iterable
from enum import StrEnum

from followup.terms import Measure

_LANGUAGES = {"en": "English", "es": "Spanish"}

# As the questions put them to patients.
_CHANGES = (
    "very much better",
    "much better",
    "a bit better",
    "the same",
    "a bit worse",
    "much worse",
    "very much worse",
)
_TITLES = {
    Measure.PAIN: "Pain",
    Measure.CHANGE: "Change",
    Measure.CHANGE_SIGNED: "Change",
    Measure.SATISFACTION: "Satisfaction",
}


def language(tag: str) -> str:
    """What a language is called."""
    return _LANGUAGES.get(tag.partition("-")[0], tag)


def spaced(word: str) -> str:
    """A word of ours as people write it: `lower_back` is "lower back"."""
    return word.replace("_", " ")


def listed(kind: type[StrEnum], chosen: Iterable[str]) -> str:
    """Words of ours in their own order, with commas."""
    given = set(chosen)
    return ", ".join(spaced(one) for one in kind if one in given)


def score(measure: Measure, value: int) -> str:
    """A result in words: "Pain 5", "Change 2 of 7, much better"."""
    match measure:
        case Measure.PAIN:
            says = f"{value} of 10"
        case Measure.CHANGE:
            says = f"{value} of 7, {_CHANGES[value - 1]}" if 1 <= value <= len(_CHANGES) else str(value)
        case Measure.CHANGE_SIGNED:
            says = f"{value:+d}, {'better' if value > 0 else 'worse' if value < 0 else 'the same'}"
        case Measure.SATISFACTION:
            says = f"{value} of 5"
    return f"{_TITLES[measure]} {says}"
