"""What processes hold, as Linux tells it; elsewhere nothing is known and everything is 0."""

from collections.abc import Iterator
from pathlib import Path


def peak_memory(pid: int) -> float:
    """The most resident memory, in MB, that a process or one of its living descendants has ever held."""
    return max((_peak(each) for each in _family(pid)), default=0.0)


def _peak(pid: int) -> float:
    peaks = [line.split()[1] for line in _read(pid, "status").splitlines() if line.startswith("VmHWM")]
    return int(peaks[0]) / 1024 if peaks else 0.0


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _family(int(child))


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""
