"""One thing that was looked at, and how it is mended: by a command, or on a page."""

from dataclasses import dataclass
from enum import StrEnum

from followup.terms import Role


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"  #: messages leave, yet something is not as it should be
    STOP = "stop"  #: messages do not leave until it is mended


@dataclass(frozen=True, slots=True)
class Mend:
    """How one thing is mended."""

    run: str  #: a sentence for who has the command line
    page: str  #: a path of the staff pages
    label: str  #: of the link that leads there
    needs: Role = Role.ADMIN  #: who may


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `check` is for machines, `what` a sentence."""

    grade: Grade
    check: str
    what: str
    mend: Mend | None = None

    @property
    def detail(self) -> str:
        """What was found, with its mend on the command line."""
        return f"{self.what} {self.mend.run}" if self.mend else self.what
