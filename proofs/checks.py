"""What a proof prints: one line for each thing that must be so."""

from collections.abc import Sequence
from dataclasses import dataclass

_MOST = 10  # faults that are shown of one check


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so, what was seen of it, and where it is not so."""

    what: str
    seen: str
    faults: Sequence[str] = ()


def show(check: Check) -> None:
    """Print it, and where it is not so."""
    print(f"{'NO' if check.faults else 'ok'}  {check.what}: {check.seen}", flush=True)
    for fault in check.faults[:_MOST]:
        print(f"      {fault}")
