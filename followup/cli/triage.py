"""`followup triage`: how replies would be sorted, and how well, so that a clinic can try its own."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from followup.cli.console import fail, shown_name
from followup.rules.triage import Reading, triage as read_reply
from followup.rules.triage.judging import Expectation, Verdict
from followup.terms import Label

_STANDARD_INPUT = "-"


class LineError(ValueError):
    """A line is no reply; says what is wrong and the mend."""


@dataclass(frozen=True, slots=True)
class Line:
    """A reply, and what a person says that it is, if anyone did."""

    text: str
    expected: Expectation | None = None


def _exists(file: Path) -> Path:
    if str(file) != _STANDARD_INPUT and not file.is_file():
        raise typer.BadParameter(f"there is no file {shown_name(file)!r}; - reads standard input")
    return file


def triage(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", callback=_exists, help="- for standard input.")],
) -> None:
    """Sort replies: one JSON object a line, {"text": …}; with "label" (and "note") it is also judged.

    Prints one JSON line for each reply, in order; the summary goes to standard error. Lines that can't be read are
    told by number and keep no other from being sorted; then the exit code is 1.

    Example: followup triage tests/rules/triage/replies.jsonl
    """
    verdict, labels, broken = Verdict(), Counter[Label](), 0
    with _open(file) as raw:
        for number, line in _lines(raw):
            try:
                reply = _parse(line)
            except LineError as error:
                broken += 1
                typer.echo(f"line {number}: {error}", err=True)
                continue
            reading = read_reply(reply.text)
            labels[reading.label] += 1
            typer.echo(_shown(reply.text, reading))
            if reply.expected:
                verdict.add(reply.text, reply.expected, reading)
    typer.echo("\n".join(_summary(labels, verdict)), err=True)
    if broken:
        raise typer.Exit(1)


def _open(file: Path) -> BinaryIO:
    if str(file) == _STANDARD_INPUT:
        return typer.get_binary_stream("stdin")
    try:
        return file.open("rb")
    except OSError as error:
        fail(f"{shown_name(file)} can't be opened ({error.strerror}); name a file that can.")


def _lines(raw: BinaryIO) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in enumerate(raw, start=1) if line.strip())


def _parse(line: bytes) -> Line:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise LineError("is not UTF-8; save the file as UTF-8") from None
    except (ValueError, RecursionError):
        raise LineError('is not JSON; write {"text": "…"}, one object a line') from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise LineError('has no "text" that is a string; write {"text": "…"}')
    label, note = row.get("label"), row.get("note") or ""
    if label is None:
        return Line(row["text"])
    try:
        return Line(row["text"], Expectation.parse(label, str(note)))
    except ValueError:
        raise LineError(f"has a label, or a tag in its note, that is none of {', '.join(Label)}; use one") from None


def _shown(text: str, reading: Reading) -> str:
    answer = {
        "text": text,
        "label": reading.label,
        "labels": reading.labels,
        "matched": [asdict(match) for match in reading.matched],
    }
    # What is not text could play with the terminal, or end the line for whoever reads on.
    return json.dumps(answer, ensure_ascii=not text.isprintable())


def _summary(labels: Counter[Label], verdict: Verdict) -> Iterator[str]:
    counts = ", ".join(f"{label} {labels[label]}" for label in Label if labels[label])
    yield f"replies: {labels.total()}" + (f" ({counts})" if counts else "")
    if verdict.judged:
        yield f"judged: {len(verdict.judged)}"
        yield from verdict.lines()
