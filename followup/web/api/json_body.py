"""JSON from strangers: read strictly (I-JSON, RFC 7493), bounded in every direction, refused in words."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from followup.actions.entries import EntryError, Problem
from followup.actions.fields import bounded

MOST_BYTES = 256 * 1024
MOST_DEPTH = 8
MOST_MEMBERS = 64
MOST_CHARACTERS = 2_000
MOST_DIGITS = 20
MOST_PROBLEMS = 20

# PostgreSQL keeps no NUL, and half of a surrogate pair is no text at all.
UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


class BadJson(ValueError):
    """It cannot be read as JSON, or not in one way only."""


def read_object(body: bytes) -> dict[str, Any]:
    """The object that a body holds. Raises BadJson, or EntryError where a single field is the trouble."""
    value = _parsed(body)
    if not isinstance(value, dict):
        raise EntryError(Problem("the body", "is not an object", "write its fields in braces"))
    if problems := tuple(islice(_problems(value, "", 1), MOST_PROBLEMS)):
        raise EntryError(*problems)
    return value


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(
            body.decode(),
            object_pairs_hook=_once_each,
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_no_number,
        )
    except UnicodeDecodeError:
        raise BadJson("The body is not UTF-8.") from None
    except RecursionError:
        raise BadJson(f"The body is nested deeper than {MOST_DEPTH} levels.") from None
    except json.JSONDecodeError as error:
        raise BadJson(f"The body is not JSON at line {error.lineno}, column {error.colno}: {error.msg}.") from None


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise BadJson(f'The body says "{bounded(name)}" twice; which one holds?')
        found[name] = value
    return found


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise BadJson(f"The body holds a number of more than {MOST_DIGITS} digits.")
    return int(digits)


def _finite(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise BadJson("The body holds a number that is too large.")
    return number


def _no_number(word: str) -> Any:
    raise BadJson(f"The body holds {word}, which is no number in JSON.")


def _problems(value: Any, field: str, depth: int) -> Iterator[Problem]:
    """What no field of ours may hold, wherever it stands."""
    if isinstance(value, str):
        yield from _problems_of_text(value, field)
    elif isinstance(value, dict | list):
        if len(value) > MOST_MEMBERS:
            yield Problem(field or "the body", f"holds more than {MOST_MEMBERS} entries", "shorten it")
        elif depth > MOST_DEPTH:
            yield Problem(field, f"is nested deeper than {MOST_DEPTH} levels", "write it flat")
        else:
            inside = value.items() if isinstance(value, dict) else enumerate(value)
            for name, each in inside:
                within = bounded(str(name))
                yield from _problems(each, f"{field}.{within}" if field else within, depth + 1)


def _problems_of_text(text: str, field: str) -> Iterator[Problem]:
    if len(text) > MOST_CHARACTERS:
        yield Problem(field, f"is longer than {MOST_CHARACTERS} characters", "shorten it")
    elif found := UNKEEPABLE.search(text):
        yield Problem(field, f"holds U+{ord(found.group()):04X}, which is no character", "leave it out")
