from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from followup.db import OpenDb, new_id
from followup.models import Consent, Patient
from followup.models.inserting import insert_all, row_of, unawaited
from followup.terms import Channel, Consented, ConsentSource, Purpose
from tests.builders import PHONE, Clinic, local

NOON = local(7, 12)
HIDDEN = "Never to be told"


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    clinic.record()
    return clinic.patient()


def consents(patient: Patient, **more: Any) -> list[dict[str, Any]]:
    line = {"patient_id": patient.id, "channel": Channel.SMS, "says": Consented.GIVEN, "source": ConsentSource.DESK}
    line |= {"recorded_at": NOON, "recorded_by": "desk"} | more
    return [line | {"purpose": purpose} for purpose in Purpose]


def named(patient: Patient, *names: str) -> list[dict[str, Any]]:
    known = {"clinic_id": patient.clinic_id, "phone": PHONE, "created_at": NOON}
    return [{**known, "id": new_id(), "given_name": name} for name in names]


def lines(open_db: OpenDb, patient: Patient) -> Iterator[Consent]:
    with open_db() as db:
        yield from db.scalars(select(Consent).where(Consent.patient_id == patient.id, Consent.recorded_at == NOON))


def test_what_is_not_given_has_its_default(open_db: OpenDb, patient: Patient) -> None:
    with open_db() as db:
        insert_all(db, Consent, [])
        insert_all(db, Consent, consents(patient))
    written = list(lines(open_db, patient))
    assert {line.purpose for line in written} == set(Purpose)
    assert len({line.id for line in written}) == len(Purpose)
    assert {(line.says, line.evidence, line.recorded_by) for line in written} == {(Consented.GIVEN, "", "desk")}


def test_rows_differ_in_any_column(open_db: OpenDb, patient: Patient) -> None:
    rows = named(patient, "Bo", 'Zoë "Z" \\ O\'Hara')
    rows[1] |= {"phone": None, "created_at": local(8, 3)}
    with open_db() as db:
        insert_all(db, Patient, rows)
    with open_db() as db:
        for row in rows:
            one = db.get_one(Patient, row["id"])
            assert {name: getattr(one, name) for name in row} == row
            assert (one.language, one.minimal, one.email) == ("en", False, None)


def test_a_new_object_stands_for_a_whole_row(open_db: OpenDb, patient: Patient) -> None:
    new = Patient(id=new_id(), clinic_id=patient.clinic_id, given_name="Bo", created_at=NOON)
    with open_db() as db:
        insert_all(db, Patient, [row_of(new), {**row_of(new), "id": new_id()}])
    with open_db() as db:
        assert row_of(db.get_one(Patient, new.id)) == row_of(new)


@pytest.mark.parametrize("count", [1, 2])
def test_an_instant_without_its_zone_is_refused(open_db: OpenDb, patient: Patient, count: int) -> None:
    rows = [{**row, "created_at": datetime(2027, 3, 7, number + 1)} for number, row in enumerate(named(patient, *"AB"))]  # noqa: DTZ001 (refused)
    with pytest.raises((ValueError, StatementError), match="every instant needs its zone"), open_db() as db:
        insert_all(db, Patient, rows[:count])


def test_rows_must_be_alike(open_db: OpenDb, patient: Patient) -> None:
    one, other = named(patient, "Al", "Bo")
    with pytest.raises(ValueError, match="rows of patient have different columns"), open_db() as db:
        insert_all(db, Patient, [one, other | {"zone": "UTC"}])


def test_what_is_not_waited_for_is_refused_at_the_end_without_saying_whom_it_is_about(
    open_db: OpenDb, patient: Patient
) -> None:
    groups = [named(patient, "Al", "Bo"), [row | {"id": patient.id} for row in named(patient, HIDDEN, "Cy")]]

    def insert_them() -> None:
        with open_db() as db, unawaited(db):
            for rows in (*groups, named(patient, "Di", "Ed")):
                insert_all(db, Patient, rows)

    with pytest.raises(IntegrityError) as refused:
        insert_them()
    assert HIDDEN not in str(refused.value)
    assert PHONE not in str(refused.value)
    assert HIDDEN not in str(refused.value.orig)
    with open_db() as db:
        assert list(db.scalars(select(Patient.given_name))) == [patient.given_name]


def test_rows_of_many_tables_are_waited_for_once(open_db: OpenDb, engine: Engine, patient: Patient) -> None:
    asked = list[str]()
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with open_db() as db, unawaited(db):
        new = named(patient, "Al", "Bo")
        insert_all(db, Patient, new)
        insert_all(db, Consent, [row for one in new for row in consents(Patient(**one))])
    assert len([each for each in asked if each.startswith("INSERT")]) == 2
    with open_db() as db:
        assert len(list(db.scalars(select(Consent).where(Consent.patient_id.in_([one["id"] for one in new]))))) == 6


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_plans_are_kept_no_longer_than_it_takes(patient: Patient, open_db: OpenDb) -> None:
    with open_db() as db:
        insert_all(db, Patient, named(patient, "Al", "Bo"))
        settings = db.execute(
            text("SELECT current_setting('plan_cache_mode'), current_setting('enable_seqscan')")
        ).one()
    assert tuple(settings) == ("force_custom_plan", "on")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_is_refused_on_top_of_another_error_is_told_to_no_log(
    open_db: OpenDb, patient: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [row | {"id": patient.id} for row in named(patient, HIDDEN, "Cy")]

    def insert_them() -> None:
        with open_db() as db, unawaited(db):
            insert_all(db, Patient, rows)
            raise LookupError(patient.id)

    with pytest.raises(LookupError):
        insert_them()
    with open_db() as db:
        assert list(db.scalars(select(Patient.given_name))) == [patient.given_name]
    assert caplog.text == ""
