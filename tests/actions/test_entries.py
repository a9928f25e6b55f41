from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from followup.actions.entries import (
    ConsentEntry,
    EntryError,
    PatientChange,
    PatientEntry,
    TreatmentChange,
    TreatmentEntry,
    check_ended,
    content_hash,
    parse_change,
    parse_entry,
)
from followup.actions.fields import Place
from followup.terms import Precaution, Region

PLACES = {"maple": Place("America/New_York", "US"), "thames": Place("Europe/London", "GB")}

LIKE_THIS = "write it like 2026-10-24T20:40 or 2026-10-24T20:40-04:00"


def body(**fields: Any) -> dict[str, Any]:
    least = {
        "external_id": "T-1",
        "clinic": "maple",
        "patient": {"given_name": "Ana"},
        "ended_at": "2027-03-19T20:40",
    }
    return least | fields


def parse(**fields: Any) -> TreatmentEntry:
    return parse_entry(body(**fields), place_of=PLACES.get)


def refusal(data: Mapping[str, Any]) -> list[str]:
    with pytest.raises(EntryError) as refused:
        parse_entry(data, place_of=PLACES.get)
    assert str(refused.value) == ". ".join(map(str, refused.value.problems))
    return [str(problem) for problem in refused.value.problems]


def test_the_least_that_is_taken_has_defaults_for_the_rest() -> None:
    assert parse() == TreatmentEntry(
        external_id="T-1",
        clinic="maple",
        patient=PatientEntry(given_name="Ana", language="en"),
        consent=ConsentEntry(sms=None, email=None, method=""),
        ended_at=datetime(2027, 3, 20, 0, 40, tzinfo=UTC),
        plan="dry-needling",
    )


def test_a_whole_entry_is_read() -> None:
    entry = parse(
        patient={
            "external_id": "P-7",
            "given_name": " Ana ",
            "family_name": "Silva",
            "phone": "(212) 555-0123",
            "email": "ana@Example.com",
            "language": "ES",
            "timezone": "America/Denver",
        },
        consent={"sms": True, "email": "no", "method": "signed form"},
        practitioner="R. Mehta",
        regions=["neck", "Upper back", "neck"],
        precautions=["blood-thinner"],
        first_treatment=True,
        baseline_pain=7,
        plan="short",
        next_visit_at="2027-04-02T09:00:00-06:00",
    )

    assert (entry.patient.given_name, entry.patient.language) == ("Ana", "es")
    assert (entry.patient.phone.e164, entry.patient.email.address) == ("+12125550123", "ana@example.com")
    assert entry.consent == ConsentEntry(sms=True, email=False, method="signed form")
    assert entry.regions == (Region.NECK, Region.UPPER_BACK)
    assert entry.precautions == (Precaution.BLOOD_THINNER,)
    assert entry.ended_at == datetime(2027, 3, 20, 2, 40, tzinfo=UTC)
    assert entry.next_visit_at == datetime(2027, 4, 2, 15, tzinfo=UTC)


def test_empty_fields_are_missing_fields() -> None:
    assert parse(practitioner=" ", baseline_pain="", consent=None, regions=None, next_visit_at="") == parse()
    assert refusal(body(external_id="  ")) == ["external_id is missing; fill it in"]


@pytest.mark.parametrize(
    ("written", "clinic", "timezone", "utc"),
    [
        ("2027-03-19T20:40", "maple", None, "2027-03-20T00:40"),
        ("2027-03-19 20:40:30", "thames", None, "2027-03-19T20:40:30"),
        ("2027-03-19T20:40", "maple", "Asia/Kolkata", "2027-03-19T15:10"),
        ("2027-03-19T20:40Z", "maple", "Asia/Kolkata", "2027-03-19T20:40"),
        ("2027-03-19T20:40+11:00", "maple", None, "2027-03-19T09:40"),
        ("2027-03-14T02:30", "maple", None, "2027-03-14T07:30"),  # skipped: half past three in summer time
        ("2026-11-01T01:30", "maple", None, "2026-11-01T05:30"),  # doubled: the first, still summer time
    ],
)
def test_local_times_are_those_of_the_patient_else_of_the_clinic(
    written: str, clinic: str, timezone: str | None, utc: str
) -> None:
    entry = parse(clinic=clinic, patient={"given_name": "Ana", "timezone": timezone}, ended_at=written)

    assert entry.ended_at == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_national_number_is_of_the_clinics_country() -> None:
    patient = {"given_name": "Ana", "phone": "07700 900123"}

    assert parse(clinic="thames", patient=patient).patient.phone.e164 == "+447700900123"
    assert parse(clinic="maple", patient=patient).patient.phone.e164 is None


def test_addresses_that_cannot_be_used_are_no_errors() -> None:
    patient = parse(patient={"given_name": "Ana", "phone": "n/a", "email": "none"}).patient

    assert (patient.phone.e164, patient.phone.given) == (None, "n/a")
    assert (patient.email.address, patient.email.given) == (None, "none")


@pytest.mark.parametrize("name", ["O", "José Ñuñez", "مريم", "אבי", "आरती", "李", "Zoë\u200d", "x" * 200])
def test_names_of_every_script_and_length_are_kept(name: str) -> None:
    assert parse(patient={"given_name": name}).patient.given_name == name


def test_accents_are_composed_so_that_a_name_is_the_same_name() -> None:
    assert parse(patient={"given_name": "Jose\u0301"}).patient.given_name == "José"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"clinic": "mapel"}, 'clinic is "mapel", which we do not know; use the key of a clinic'),
        ({"clinic": 7}, "clinic is not text; write it as text"),
        ({"external_id": "x" * 201}, "external_id is longer than 200 characters; shorten it"),
        ({"plan": "x" * 65}, "plan is longer than 64 characters; shorten it"),
        ({"patient": "Ana"}, "patient is not an object; write its fields in braces"),
        ({"patient": {"family_name": "Silva"}}, "patient.given_name is missing; fill it in"),
        (
            {"patient": {"given_name": "A\0na"}},
            "patient.given_name holds the invisible character U+0000; type it again by hand",
        ),
        (
            {"patient": {"given_name": "\u202eanA"}},
            "patient.given_name holds the invisible character U+202E; type it again by hand",
        ),
        (
            {"practitioner": "\ud83d"},
            "practitioner holds the invisible character U+D83D; type it again by hand",
        ),
        ({"patient": {"given_name": "Ana", "phone": 2125550123}}, "patient.phone is not text; write it as text"),
        (
            {"patient": {"given_name": "Ana", "language": "español"}},
            'patient.language is "español", which is no language code; write one such as "en" or "es"',
        ),
        (
            {"patient": {"given_name": "Ana", "timezone": "America/NewYork"}},
            'patient.timezone is "America/NewYork", which is no time zone; write one such as America/New_York',
        ),
        (
            {"patient": {"given_name": "Ana", "timezone": "../../etc/passwd"}},
            'patient.timezone is "../../etc/passwd", which is no time zone; write one such as America/New_York',
        ),
        (
            {"ended_at": "yesterday"},
            f'ended_at is "yesterday", which is no date with a time; {LIKE_THIS}',
        ),
        (
            {"ended_at": "2027-03-19"},
            f'ended_at is "2027-03-19", which is no date with a time; {LIKE_THIS}',
        ),
        ({"ended_at": "0001-01-01T00:00+14:00"}, "ended_at is in the year 1; correct the year"),
        ({"ended_at": "9999-12-31T23:00-14:00"}, "ended_at is in the year 9999; correct the year"),
        (
            {"next_visit_at": "2027-03-19T20:40"},
            "next_visit_at is not after the session's end; correct it, or leave it empty",
        ),
        ({"regions": ["nec"]}, 'regions holds "nec", which we do not know; did you mean neck?'),
        ({"regions": "neck"}, "regions is not a list; write a list of words"),
        (
            {"precautions": ["asthma"]},
            f'precautions holds "asthma", which we do not know; use {", ".join(Precaution)}',
        ),
        ({"first_treatment": "perhaps"}, "first_treatment is neither yes nor no; write yes or no, or leave it empty"),
        ({"consent": {"sms": "ask"}}, "consent.sms is neither yes nor no; write yes or no, or leave it empty"),
        ({"baseline_pain": 11}, 'baseline_pain is "11"; write a whole number from 0 (none) to 10, or leave it empty'),
        ({"baseline_pain": 6.5}, 'baseline_pain is "6.5"; write a whole number from 0 (none) to 10, or leave it empty'),
        (
            {"baseline_pain": True},
            'baseline_pain is "True"; write a whole number from 0 (none) to 10, or leave it empty',
        ),
        ({"region": ["neck"]}, "region is not a field that we know; did you mean regions?"),
        ({"phone": "1"}, "phone is not a field that we know; did you mean patient.phone?"),
        ({"email": "a@b.example"}, "email is not a field that we know; did you mean patient.email?"),
        ({"patient": {"given_name": "A", "age": 4}}, "patient.age is not a field that we know; leave it out"),
        ({"x\n" * 50: 1}, "x\ufffd" * 20 + "… is not a field that we know; leave it out"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_its_mend(fields: dict[str, Any], problem: str) -> None:
    assert refusal(body(**fields)) == [problem]


ANEW = "cannot be corrected; cancel this session, and record it under a new external_id"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"external_id": "T-2"}, f"external_id {ANEW}"),
        ({"plan": "dry-needling"}, f"plan {ANEW}"),
        ({"patient": {"id": "x"}}, f"patient.id {ANEW}"),
        ({"patient": {"external_id": "p-1"}}, f"patient.external_id {ANEW}"),
        ({"consent": {"sms": True}}, "consent cannot be corrected; post it to /patients/{id}/consents"),
        ({"patient": {"phon": "1"}}, "patient.phon is not a field that we know; did you mean patient.phone?"),
        ({"patient": {"ended_at": "x"}}, "patient.ended_at is not a field that we know; did you mean ended_at?"),
    ],
)
def test_what_only_recording_takes_cannot_be_corrected(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(EntryError) as refused:
        parse_change(change, place=PLACES["maple"])
    assert str(refused.value) == problem


def test_every_field_of_a_session_is_corrected_or_stands_for_good() -> None:
    whole = set(TreatmentEntry.model_fields) | {f"patient.{name}" for name in PatientEntry.model_fields}
    corrected = set(TreatmentChange.model_fields) | {f"patient.{name}" for name in PatientChange.model_fields}
    assert corrected | set(TreatmentChange.fixed) == whole
    assert corrected.isdisjoint(TreatmentChange.fixed)


def test_all_problems_are_told_at_once() -> None:
    fields = [problem.split()[0] for problem in refusal({"clinic": "maple", "patient": {}, "baseline_pain": "x"})]

    assert fields == ["external_id", "patient.given_name", "ended_at", "baseline_pain"]


@given(
    st.recursive(st.none() | st.booleans() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each))
)
def test_nothing_that_json_can_say_breaks_the_reading(value: Any) -> None:
    for field in TreatmentEntry.model_fields:
        try:
            told = content_hash(parse(**{field: value}))
        except EntryError as error:
            told = str(error)
        assert told.encode()


def test_a_session_that_has_not_ended_is_refused() -> None:
    entry = parse(ended_at="2027-03-19T20:40Z")

    with pytest.raises(EntryError, match="the session has not ended yet; record it when it has"):
        check_ended(entry.ended_at, entry.ended_at - timedelta(minutes=6))


def test_clocks_may_differ_by_five_minutes() -> None:
    entry = parse(ended_at="2027-03-19T20:40Z")

    check_ended(entry.ended_at, entry.ended_at - timedelta(minutes=5))

    with pytest.raises(EntryError):
        check_ended(entry.ended_at, entry.ended_at - timedelta(minutes=5, seconds=1))


def test_a_repeat_has_the_same_hash() -> None:
    said = body(regions=["neck", "hip"], patient={"given_name": "Ana", "phone": "(212) 555-0123"})
    again = {
        "plan": "dry-needling",
        "practitioner": "",
        **said,
        "regions": ["hip", "neck"],
        "ended_at": "2027-03-20T00:40Z",
    }

    hashes = {content_hash(parse_entry(each, place_of=PLACES.get)) for each in (said, again)}

    assert len(hashes) == 1
    assert len(hashes.pop()) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"external_id": "T-2"},
        {"ended_at": "2027-03-19T20:41"},
        {"patient": {"given_name": "Anna"}},
        {"patient": {"given_name": "Ana", "phone": "n/a"}},
        {"patient": {"given_name": "Ana", "timezone": "America/New_York"}},
        {"consent": {"sms": True}},
        {"consent": {"sms": False}},
        {"regions": ["neck"]},
        {"baseline_pain": 0},
        {"next_visit_at": "2027-04-02T09:00"},
    ],
)
def test_any_other_content_has_another_hash(change: dict[str, Any]) -> None:
    assert content_hash(parse(**change)) != content_hash(parse())


def test_a_better_reading_of_addresses_does_not_turn_a_repeat_into_a_conflict() -> None:
    entry = parse(patient={"given_name": "Ana", "phone": "07700 900123"})
    read_otherwise = parse(clinic="thames", patient={"given_name": "Ana", "phone": "07700 900123"}).patient

    assert content_hash(entry.model_copy(update={"patient": read_otherwise})) == content_hash(entry)


def test_an_entry_made_by_hand_needs_an_offset() -> None:
    with pytest.raises(ValueError, match="see its context"):
        TreatmentEntry.model_validate(body())
    assert TreatmentEntry.model_validate(body(ended_at="2027-03-20T00:40Z")) == parse()


def test_the_api_is_described_as_people_write_it() -> None:
    schema = TreatmentEntry.model_json_schema()

    assert schema["properties"]["ended_at"]["type"] == "string"
    assert schema["$defs"]["PatientEntry"]["properties"]["phone"] == {"type": "string", "default": ""}
    assert "neck" in schema["$defs"]["Region"]["enum"]
