"""`python -m benchmarks [NAME…]`: measure, show what was measured, and end with 1 when a demand is missed."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rich.console import Console

from benchmarks import delivering, desk, enrolling, figures, idle, importing, machine, triaging
from benchmarks.figures import Figure
from benchmarks.ground import Ground, prepared

BENCHMARKS: Mapping[str, Callable[[Ground], Iterator[Figure]]] = {
    "idle": idle.measure,
    "sending": delivering.measure,
    "size": delivering.measure_size,
    "stale": delivering.measure_stale,
    "sqlite": delivering.measure_sqlite,
    "import": importing.measure,
    "triage": triaging.measure,
    "api": enrolling.measure,
    "desk": desk.measure,
}
DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the service, on two cores.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these of {', '.join(BENCHMARKS)}")
    parser.add_argument("--write", action="store_true", help=f"keep the figures in docs/{DOCUMENT.name}")
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {min(unknown)!r}; the benchmarks are {', '.join(BENCHMARKS)}")
    console, measured = Console(soft_wrap=True), list[Figure]()
    cores = machine.take_two_cores()
    with prepared() as ground:
        # In this order, whatever was asked: what is recorded near the end would fall due beside what is sent.
        for name in (name for name in BENCHMARKS if name in (asked.names or BENCHMARKS)):
            for figure in BENCHMARKS[name](ground):
                console.print(f"{figure.what}: {figure.measured} {figure.verdict}", highlight=False)
                measured.append(figure)
        about = list(machine.described(cores, ground))
    console.print(figures.as_table(measured), *about, sep="\n")
    if asked.write:
        _write(measured, about)
    return 0 if all(figure.is_met for figure in measured) else 1


def _write(measured: list[Figure], about: list[str]) -> None:
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = "\n".join(f"- {line}" for line in about)
    DOCUMENT.write_text(f"{before}{BEGIN}{figures.as_markdown(measured)}\n\n{lines}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
