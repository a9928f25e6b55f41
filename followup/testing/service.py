"""A whole service on one SQLite file, which speaks to the emulators and to nobody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

import migrations
from followup.actions import setting_up
from followup.actions.patience import Patience
from followup.db import connect, opener
from followup.emulators.background import Emulators
from followup.runtime import Runtime, build
from settings import Settings

# Business time stands still in tests, so waiting in real time would show nothing.
_AT_ONCE = timedelta(0)
IMPATIENT = Patience(
    first_look=_AT_ONCE, surely_listed=_AT_ONCE, between_lists=_AT_ONCE, waits=tuple(_AT_ONCE for _ in Patience().waits)
)


class _SettingsOfTest(Settings):
    """Only what is given counts, whatever the environment and `.env` say."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def prepare_database(path: Path, *, now: datetime) -> None:
    """Write a migrated database with the senders, the packaged plans and the sample clinic."""
    url = f"sqlite:///{path}"
    migrations.upgrade(url)
    engine = connect(url)
    with opener(engine)() as db:
        setting_up.ensure_senders(db, live=False)
        setting_up.ensure_plans(db, now=now, by="test")
        setting_up.ensure_sample(db, now=now)
    engine.dispose()


def make_runtime(database: Path, *, emulators: Emulators, public_url: str, now: Callable[[], datetime]) -> Runtime:
    """Wire the product as `followup serve` does while not live, but with the clock of a test."""
    settings = _SettingsOfTest(
        followup_data_dir=database.parent,
        database_url=f"sqlite:///{database}",
        public_url=public_url,
        emulator_twilio_url=emulators.twilio_url,
        emulator_smtp_url=emulators.smtp_url,
    )
    return replace(build(settings, patience=IMPATIENT), now=now)
