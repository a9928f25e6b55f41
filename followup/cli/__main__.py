"""Where the `followup` command begins; `python -m followup.cli` for where it is not on the path."""

import sys
from io import TextIOWrapper

from followup import logs
from followup.cli import app


def main() -> None:
    """One command, with its log on standard error."""
    logs.configure()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that can't show a letter is no reason to stop
    app(prog_name="followup")


if __name__ == "__main__":
    main()
