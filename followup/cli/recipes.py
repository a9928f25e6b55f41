"""Which plan a command is about: a version in the database, a file that is not loaded yet, or a packaged one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.orm import Session

import settings
from followup.cli.console import fail, service, shown_name
from followup.messages.plans import PlanError, PlanFile, packaged_plans, parse_plan
from followup.models import Step
from followup.queries import plans
from followup.queries.plans import PlanView
from settings import SettingsError

MOST_CHARACTERS = 32_768  # a hundred steps take half of it


@dataclass(frozen=True, slots=True)
class Recipe:
    """A plan with its steps, in order."""

    plan: PlanView
    steps: Sequence[Step]

    @property
    def name(self) -> str:
        """How people speak of it."""
        version = "not loaded" if self.plan.version is None else f"version {self.plan.version}"
        return f"{self.plan.key}, {version}"


@contextmanager
def database_if_any() -> Iterator[Session | None]:
    """One view of the database; None where none was made yet, so that plans can be looked at before anything runs."""
    try:
        url = make_url(settings.load().database_url)
    except SettingsError as error:
        fail(str(error))
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        yield None
        return
    with service() as runtime, runtime.read_db() as db:
        yield db


def list_plans(db: Session | None) -> list[PlanView]:
    """Every version of every plan; before there is a database, the packaged plans."""
    return [PlanView.of_file(plan) for plan in packaged_plans()] if db is None else plans.versions(db)


def find_plan(db: Session | None, key: str, *, version: int | None = None) -> Recipe:
    """The plan of this key; or one line that names those there are, and exit code 1."""
    if db is None:
        packaged = [plan for plan in packaged_plans() if plan.key == key and version is None]
        found = _recipe(packaged[0]) if packaged else None
    else:
        stored = plans.find(db, key=key, version=version)
        found = Recipe(*stored) if stored else None
    if found is None:
        wanted = f"plan {key!r}" if version is None else f"version {version} of plan {key!r}"
        known = ", ".join(f"{each.key} {each.version or ''}".strip() for each in list_plans(db)) or "none"
        fail(f"There is no {wanted}; there is: {known}. `followup plan load FILE.toml` makes one.")
    return found


def read_recipe(path: Path) -> Recipe:
    """A plan that is not loaded yet; or every problem of its file, one line each, and exit code 1."""
    if not path.is_file():
        fail(f"There is no file {path}.")
    try:
        return _recipe(read_plan(path))
    except PlanError as error:
        fail(str(error))


def read_plan(path: Path) -> PlanFile:
    """The plan in a file. Raises PlanError."""
    name = shown_name(path)
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MOST_CHARACTERS + 1)
    except UnicodeDecodeError:
        raise PlanError(f"{name}: is not text in UTF-8; save it as such") from None
    except OSError as error:
        raise PlanError(f"{name}: can't be read ({error.strerror}); name a file that can") from None
    if len(text) > MOST_CHARACTERS:
        raise PlanError(f"{name}: is longer than {MOST_CHARACTERS:,} characters, and no plan is; name the file of one")
    return parse_plan(text, name)


def _recipe(plan: PlanFile) -> Recipe:
    steps = [Step(position=position, **step.model_dump()) for position, step in enumerate(plan.steps)]
    return Recipe(PlanView.of_file(plan), steps)
