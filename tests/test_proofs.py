"""What `make live` stands on, as far as it can be told without its peers."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest

from followup.actions.csv_rows import read_rows
from followup.actions.entries import TreatmentEntry, content_hash
from followup.actions.fields import Place
from followup.messages.plans import packaged_plans, parse_plan

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def week(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT))
    return import_module("proofs.week")


@pytest.fixture
def relay(week: ModuleType) -> ModuleType:  # noqa: ARG001 - it makes the folder known
    return import_module("proofs.relay")


@pytest.fixture
def entries(week: ModuleType) -> list[TreatmentEntry]:
    rows = read_rows(BytesIO(week.ending_at(NOW).encode()), place_of={"maple": Place("America/New_York", "US")}.get)
    return [row.entry for row in rows if row.entry]


def test_the_shortened_plan_takes_the_place_of_the_packaged_one(week: ModuleType) -> None:
    plan = parse_plan(week.PLAN.read_text(encoding="utf-8"), week.PLAN.name)
    assert plan.key in {each.key for each in packaged_plans()}


def test_the_week_ended_just_now_and_one_session_has_not(entries: list[TreatmentEntry]) -> None:
    ages = [NOW - entry.ended_at for entry in entries]
    assert sum(age < timedelta(0) for age in ages) == 1
    assert timedelta(minutes=1) < max(ages) < timedelta(minutes=3)


def test_the_same_rows_are_taken_and_known_as_in_the_example(week: ModuleType, entries: list[TreatmentEntry]) -> None:
    taken = {entry.external_id: content_hash(entry) for entry in reversed(entries) if entry.external_id < "T-900"}
    repeated = sum(content_hash(entry) in taken.values() for entry in entries)
    assert (len(taken), repeated - len(taken)) == (week.TAKEN, week.KNOWN)


def test_the_relay_treats_people_of_the_week(week: ModuleType, relay: ModuleType) -> None:
    addresses = week.addresses()
    assert {relay.UNKNOWN, relay.MOVED} <= addresses
    assert {relay.COME_BACK, relay.HELD} <= {address.partition("@")[2] for address in addresses}
