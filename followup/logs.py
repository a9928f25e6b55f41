"""How the service says what it does: one line an event, about ids, counts and codes, and never about a person.

Machines read JSON from INFO up. People, at a terminal or under `followup serve`, read short lines from WARNING up.
"""

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

FOR_PEOPLE = "LOGS_FOR_PEOPLE"  #: `followup serve` tells its children by this name in their environment
CAPTURED = "uvicorn", "uvicorn.access", "uvicorn.error"  #: they have handlers of their own before they ask for the app

_OURS = __name__.partition(".")[0]
_HERE = Path(__file__).parents[1]


def about(**fields: UUID | str | float) -> dict[str, Any]:
    """What a line is about, as the `extra` of a logging call: ids, counts and codes, and no word of a person's."""
    return {"about": fields}


def failure(error: BaseException) -> dict[str, str]:
    """What may be told of an error, for `about`: its type and where it was raised, from the first cause on.

    Never its text: a driver quotes the row that it refuses, and a parser the number that it cannot read.
    """
    causes = [error]
    while (cause := causes[0].__cause__ or causes[0].__context__) and cause not in causes:
        causes.insert(0, cause)
    return {"error": type(error).__name__, "stack": "\n".join(map(_told, causes))}


def configure() -> None:
    """Send all that this process logs to standard error, in the form for whoever reads it there."""
    for_people = FOR_PEOPLE in os.environ or sys.stderr.isatty()
    handler = logging.StreamHandler()
    handler.setFormatter(ForPeople() if for_people else AsJson())
    handler.addFilter(is_fit)
    logging.basicConfig(handlers=[handler], level=logging.WARNING if for_people else logging.INFO, force=True)
    logging.captureWarnings(capture=True)
    for name in CAPTURED:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def is_fit(record: logging.LogRecord) -> bool:
    """Whether a line may be written: of libraries warnings alone, because below them they quote what they handle."""
    return _is_ours(record) or record.levelno >= logging.WARNING


class AsJson(logging.Formatter):
    """One JSON object: time, level, logger, event, and what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        return json.dumps(line | _about(record), default=str)


class ForPeople(logging.Formatter):
    """One short line; below it the stack, if something failed."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole line."""
        fields = _about(record)
        stack = fields.pop("stack", "")
        told = ", ".join(f"{name} {value}" for name, value in fields.items())
        local = datetime.fromtimestamp(record.created, UTC).astimezone()
        line = f"{local:%H:%M:%S} {record.levelname.lower()}: {_event(record)}" + (f" ({told})" if told else "")
        return f"{line}\n{stack}" if stack else line


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == _OURS


def _event(record: logging.LogRecord) -> str:
    if record.exc_info and not _is_ours(record):  # what a library fills in then is the error's own text
        return str(record.msg).partition("\n")[0]
    return " ".join(record.getMessage().split())


def _about(record: logging.LogRecord) -> dict[str, Any]:
    error = record.exc_info[1] if record.exc_info else None
    return {**record.__dict__.get("about", {}), **(failure(error) if error else {})}


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"  {_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return "\n".join([*places, type(error).__name__])


def _short(path: str) -> str:
    return str(Path(path).relative_to(_HERE)) if Path(path).is_relative_to(_HERE) else path
