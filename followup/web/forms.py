"""Form bodies as others send them: blank values kept, repeated names kept, nothing that a database refuses."""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl

# PostgreSQL takes no NUL in text or JSON. The sign for it keeps the place and loses nothing.
_NUL, _SIGN_FOR_NUL = "\x00", "\u2400"


@dataclass(frozen=True, slots=True)
class Form:
    """The pairs of a form in their order, exactly as they came. Bytes that are not UTF-8 read as U+FFFD."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read `application/x-www-form-urlencoded`; never fails, whatever the bytes are."""
        text = body.decode("utf-8", "replace")
        return cls(tuple(parse_qsl(text, keep_blank_values=True, errors="replace")))

    def first(self, name: str, *, most: int | None = None) -> str:
        """The first value of a name, fit to be kept, in at most so many characters; empty when there is none."""
        return next((_storable(value) for given, value in self.pairs if given == name), "")[:most]

    def as_json(self) -> dict[str, Any]:
        """Everything, fit to be kept: a name that comes twice has a list."""
        values: dict[str, list[str]] = {}
        for name, value in self.pairs:
            values.setdefault(_storable(name), []).append(_storable(value))
        return {name: given[0] if len(given) == 1 else given for name, given in values.items()}


def _storable(text: str) -> str:
    return text.replace(_NUL, _SIGN_FOR_NUL)
