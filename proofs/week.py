"""The example week as if it ended now: the same sessions in the same order, a day squeezed into a quarter of a minute."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

EXAMPLE = Path(__file__).parents[1] / "examples" / "treatments.csv"
PLAN = Path(__file__).with_name("week.toml")
ENDS_AT = datetime(2027, 3, 20, 22, 30, tzinfo=UTC)  #: when the example is imported, as its head says
CLINIC_ZONE = "America/New_York"
TAKEN, KNOWN, REFUSED = 61, 3, 15  #: as examples/README.md says
_SQUEEZED = timedelta(days=1) / timedelta(seconds=15)


def ending_at(now: datetime) -> str:
    """The file to import. Lines that are wrong in the example stay wrong in the same way."""
    columns, *lines = _lines()
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    names = next(csv.reader([columns]))
    writer.writerow(names)
    for line in lines:
        cells = next(csv.reader([line]))
        if len(cells) == len(names):
            writer.writerow(_moved(dict(zip(names, cells, strict=True)), now).values())
        else:
            written.write(f"{line}\n")
    return written.getvalue()


def addresses() -> set[str]:
    """Every email address of the week, its domain in ASCII, as mail servers call it."""
    given = (row["email"] for row in csv.DictReader(_lines()) if row["email"] and "@" in row["email"])
    return {in_ascii(address) for address in given}


def in_ascii(address: str) -> str:
    """The address with its domain as DNS has it."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


def _lines() -> Iterator[str]:
    text = EXAMPLE.read_text(encoding="utf-8")
    return (line for line in text.splitlines() if not line.startswith("#"))


def _moved(row: dict[str, str], now: datetime) -> dict[str, str]:
    try:
        zone = ZoneInfo(row["timezone"] or CLINIC_ZONE)
        ended_at = _instant(row["ended_at"], zone)
    except (KeyError, ValueError):  # no such zone, no such day
        return row
    age = ENDS_AT - ended_at
    squeezed = age / _SQUEEZED if age > timedelta(0) else age  # one has not ended yet, and must not meanwhile
    moved = {"ended_at": now - squeezed}
    if row["next_visit_at"]:
        moved["next_visit_at"] = _instant(row["next_visit_at"], zone) - ENDS_AT + now
    return row | {name: at.isoformat(timespec="seconds") for name, at in moved.items()}


def _instant(written: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=zone).astimezone(UTC)
