"""Putting values into words: one pass, so that a value is never read as a placeholder or as markup."""

import re
from collections.abc import Callable, Iterator, Mapping

from followup.messages.catalogue import PLACEHOLDER, WordingError

Value = str | Callable[[], str]  #: what is costly to make, such as a signed link, is made only if the words ask for it
BY_HAND = "text"  #: the placeholder of what a person typed, the one value that keeps its lines

_EMPTY_LINES = re.compile(r"\n{3,}")
_NAME_WITH_COMMA = re.compile(r",? \{\{ name \}\}")


def clean(value: str) -> str:
    """The value on one line, without characters that cannot be seen (line breaks, controls, text direction)."""
    if not value.isprintable():
        value = "".join(character if character.isprintable() else " " for character in value)
    return " ".join(value.split())


def clean_lines(value: str) -> str:
    """The same of each line, with no more than one empty line between two."""
    lines = [clean(line) for line in value.splitlines()]
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


class Cleaned(Mapping[str, str]):
    """Values fit to go into words, each made and cleaned when it is asked for."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        value = self._values[name]
        written = value if isinstance(value, str) else value()
        return clean_lines(written) if name == BY_HAND else clean(written)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its values; `WordingError` names the first placeholder without one."""

    def value(match: re.Match[str]) -> str:
        try:
            return values[match[1]]
        except KeyError:
            raise WordingError(f"no value for {match[0]}; pass values[{match[1]!r}]") from None

    return PLACEHOLDER.sub(value, template)


def without_name(template: str) -> str:
    """The template without the patient's name, and without the blank and comma in front of it."""
    return _NAME_WITH_COMMA.sub("", template)


def without_unknown(template: str, values: Mapping[str, str]) -> str:
    """An email's footer without what the clinic has not told: its postal address, its opening hours."""
    if not values.get("address"):
        template = template.replace("{{ address }}, ", "")
    paragraphs = template.split("\n\n")
    return "\n\n".join(part for part in paragraphs if values.get("hours") or "{{ hours }}" not in part)
