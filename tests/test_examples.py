"""What examples/README.md and the head of examples/treatments.csv say of the example week."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from followup.actions.csv_rows import Row, read_rows
from followup.actions.entries import EntryError, TreatmentEntry, check_ended, content_hash
from followup.actions.fields import Place
from followup.terms import Precaution, Region

EXAMPLES = Path(__file__).parents[1] / "examples"
STARTS_AT = datetime(2027, 3, 20, 22, 30, tzinfo=UTC)
CLINIC_ZONE = "America/New_York"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with (EXAMPLES / "treatments.csv").open("rb") as file:
        return list(read_rows(file, place_of={"maple": Place(CLINIC_ZONE, "US")}.get))


@pytest.fixture(scope="module")
def good(rows: list[Row]) -> list[TreatmentEntry]:
    """The sessions that are taken: the first of each id, except those that only the database refuses."""
    first = {row.entry.external_id: row.entry for row in reversed(rows) if row.entry}
    return [entry for external_id, entry in sorted(first.items()) if external_id < "T-900"]


def zone(entry: TreatmentEntry) -> str:
    return entry.patient.timezone or CLINIC_ZONE


def local_end(entry: TreatmentEntry) -> datetime:
    return entry.ended_at.astimezone(ZoneInfo(zone(entry)))


def test_the_start_is_told_in_the_head_and_in_the_readme() -> None:
    head = (EXAMPLES / "treatments.csv").read_text(encoding="utf-8").split("external_id,", 1)[0]
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    told = f"followup clock --to {STARTS_AT:%Y-%m-%dT%H:%M:%SZ} && followup import examples/treatments.csv"

    assert told in head
    assert told in readme
    assert "followup clock --skip 16d" in head
    assert "takes 61 sessions, knows 3 already, and refuses 15" in readme


def test_sixty_one_sessions_are_taken_three_known_and_fifteen_refused(
    rows: list[Row], good: list[TreatmentEntry]
) -> None:
    hashes = {content_hash(entry) for entry in good}
    repeated = [row for row in rows if row.entry and content_hash(row.entry) in hashes]

    assert len(good) == 61
    assert len(repeated) - len(good) == 3
    assert len(rows) - len(repeated) == 15


def test_the_broken_lines_are_refused_for_what_they_show(rows: list[Row]) -> None:
    unread = {row.external_id: (row.line, str(row.problems[0])) for row in rows if not row.entry and row.line < 85}
    expected = {
        "T-901": (72, 'ended_at is "2027-02-30T10:00"'),
        "T-902": (73, 'regions holds "shin"'),
        "": (74, "external_id is missing"),
        "T-904": (75, 'timezone is "America/New York", which is no time zone; write one such as America/New_York'),
        "T-905": (76, 'baseline_pain is "11"'),
        "T-908": (79, 'clinic is "mapel"'),
        "T-910": (81, "given_name is missing"),
        "T-911": (82, "sms_consent is neither yes nor no"),
        "T-912": (83, "next_visit_at is not after the session's end"),
        "T-913": (84, 'precautions holds "asthma"'),
    }
    spoilt = [(row.line, str(row.problems[0])) for row in rows if row.line > 84]

    for external_id, (line, begin) in expected.items():
        assert (unread[external_id][0], unread[external_id][1][: len(begin)]) == (line, begin)
    assert [(line, text.split(";")[0]) for line, text in spoilt] == [
        (85, "the line has 5 fields where the header has 20"),
        (86, "the line cannot be split into fields"),
    ]


def test_three_lines_are_refused_only_when_they_are_recorded(rows: list[Row], good: list[TreatmentEntry]) -> None:
    by_line = {row.line: row.entry for row in rows if row.entry}
    conflict, future, unknown_plan = by_line[77], by_line[78], by_line[80]

    assert conflict.external_id in {entry.external_id for entry in good}
    assert content_hash(conflict) not in {content_hash(entry) for entry in good}
    with pytest.raises(EntryError, match="has not ended yet"):
        check_ended(future.ended_at, STARTS_AT)
    assert unknown_plan.plan == "dry-needeling"


def test_every_session_taken_ended_before_the_start_and_most_within_fourteen_hours(good: list[TreatmentEntry]) -> None:
    ages = [STARTS_AT - entry.ended_at for entry in good]

    assert min(ages) > timedelta(minutes=15)
    assert max(ages) < timedelta(days=8)
    assert sum(age <= timedelta(hours=14) for age in ages) >= 45
    assert sum(age > timedelta(days=1) for age in ages) >= 8


def test_eight_zones_and_every_region_and_precaution_are_there(good: list[TreatmentEntry]) -> None:
    assert {zone(entry) for entry in good} == {
        "America/New_York",
        "America/Los_Angeles",
        "America/Denver",
        "America/Phoenix",
        "Europe/London",
        "Europe/Berlin",
        "Australia/Sydney",
        "Asia/Kolkata",
    }
    assert {region for entry in good for region in entry.regions} == set(Region)
    assert {precaution for entry in good for precaution in entry.precautions} == set(Precaution)


@pytest.mark.parametrize(
    ("zones", "changes_on", "count"),
    [
        ({"America/New_York", "America/Los_Angeles", "America/Denver"}, date(2027, 3, 14), 3),
        ({"Europe/London", "Europe/Berlin"}, date(2027, 3, 28), 6),
        ({"Australia/Sydney"}, date(2027, 4, 4), 2),
    ],
)
def test_clocks_change_during_the_two_weeks_after_a_session(
    good: list[TreatmentEntry], zones: set[str], changes_on: date, count: int
) -> None:
    crossing = list(_crossing(good, zones, changes_on))

    assert len(crossing) >= count
    assert all(_offset(changes_on, name, -1) != _offset(changes_on, name, 1) for name in zones)


def _crossing(entries: list[TreatmentEntry], zones: set[str], day: date) -> Iterator[TreatmentEntry]:
    for entry in entries:
        ended_on = local_end(entry).date()
        if zone(entry) in zones and ended_on <= day <= ended_on + timedelta(days=14):
            yield entry


def _offset(day: date, name: str, days: int) -> timedelta | None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(name))
    return (noon + timedelta(days=days)).utcoffset()


def test_a_message_falls_on_the_morning_of_a_change(good: list[TreatmentEntry]) -> None:
    fortnights = {zone(entry): set[date]() for entry in good}
    for entry in good:
        fortnights[zone(entry)].add(local_end(entry).date() + timedelta(days=14))
    booked = {entry.external_id: entry.next_visit_at for entry in good}

    assert date(2027, 4, 4) in fortnights["Australia/Sydney"]
    assert booked["T-155"] == datetime(2027, 3, 28, 7, tzinfo=UTC)  # 09:00 in summer time


def test_sessions_end_in_quiet_hours_on_four_continents(good: list[TreatmentEntry]) -> None:
    late = {zone(entry).split("/")[0] for entry in good if f"{local_end(entry):%H:%M}" == "20:40"}

    assert late == {"America", "Europe", "Australia", "Asia"}


def test_an_ending_in_the_skipped_hour_moves_forward(good: list[TreatmentEntry]) -> None:
    ends = {entry.external_id: local_end(entry) for entry in good}

    assert f"{ends['T-104']:%Y-%m-%d %H:%M}" == "2027-03-14 03:30"


def test_numbers_that_cannot_get_texts_say_why(good: list[TreatmentEntry]) -> None:
    why = {e.external_id: e.patient.phone.why for e in good if e.patient.phone.given and not e.patient.phone.e164}

    assert {name: next(word for word in WORDS if word in reason) for name, reason in why.items()} == {
        "T-133": "no such number",
        "T-134": "no such number",
        "T-135": "extension",
        "T-136": "toll-free",
        "T-152": "landline",
        "T-155": "landline",
        "T-156": "no such number",
        "T-159": "landline",
    }


WORDS = ("no such number", "extension", "toll-free", "landline")
FICTION = re.compile(r"\+1(\d{3})55501\d\d|\+150055500\d\d|\+447700900\d{3}|\+49171392\d{4}|\+61491570\d{3}")


def test_only_numbers_and_domains_kept_for_examples_are_used(good: list[TreatmentEntry]) -> None:
    patients = [entry.patient for entry in good]
    numbers = [patient.phone.e164 for patient in patients if patient.phone.e164]
    domains = {patient.email.address.rpartition("@")[2] for patient in patients if patient.email.address}

    assert [number for number in numbers if not FICTION.fullmatch(number)] == []
    assert {".".join(domain.split(".")[-2:]) for domain in domains} == {"example.com", "example.net", "example.org"}


def test_families_share_telephones_and_patients_come_twice(good: list[TreatmentEntry]) -> None:
    names: dict[str, set[str]] = {}
    for entry in good:
        names.setdefault(entry.patient.phone.e164 or "", set()).add(entry.patient.given_name)
    people = Counter((entry.patient.phone.e164, entry.patient.given_name) for entry in good)

    assert names["+17185550131"] == {"Chidi", "Adaeze", "Obinna"}
    assert [name for (_, name), count in people.items() if count == 2] == ["Beatriz", "Felix", "Hannelore"]
    assert sum(entry.patient.external_id is None for entry in good) == 4


def test_names_come_in_many_scripts_and_lengths(good: list[TreatmentEntry]) -> None:
    names = [entry.patient.given_name + entry.patient.family_name for entry in good]

    assert min(map(len, names)) == 1
    assert max(map(len, names)) > 150
    for letter in "яمנ雅Δআéłễß":
        assert any(letter in name for name in names)


def test_consents_are_of_every_kind(good: list[TreatmentEntry]) -> None:
    kinds = {(entry.consent.sms, entry.consent.email) for entry in good}

    assert kinds >= {(True, True), (False, False), (None, None), (False, True), (True, False), (True, None)}


def test_pain_runs_from_none_to_worst_and_some_are_new_or_booked_or_spanish(good: list[TreatmentEntry]) -> None:
    assert {0, 10} <= {entry.baseline_pain for entry in good}
    assert sum(entry.first_treatment for entry in good) >= 5
    assert sum(entry.next_visit_at is not None for entry in good) >= 3
    assert sum(entry.patient.language == "es" for entry in good) >= 4
