"""Where the `followup` command begins; `python -m followup.cli` for where it is not on the path."""

from followup import logs
from followup.cli import app


def main() -> None:
    """One command, with its log on standard error."""
    logs.configure()
    app(prog_name="followup")


if __name__ == "__main__":
    main()
