from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from followup.actions.enrolling import record_treatment
from followup.db import OpenDb, new_id
from followup.models import Clinic as Clinic_, FoundBy, Patient
from followup.queries import finding
from followup.queries.cursors import BadCursor
from tests.builders import MONDAY, Clinic, entry

Add = Callable[..., UUID]


@pytest.fixture
def add(clinic: Clinic, open_db: OpenDb) -> Add:
    """Someone whom the clinic knows."""
    with open_db() as db:
        clinic_id = db.scalars(select(Clinic_.id)).one()

    def add(given: str, family: str = "", phone: str | None = None, **more: Any) -> UUID:
        with open_db() as db:
            patient = Patient(
                id=new_id(),
                clinic_id=clinic_id,
                given_name=given,
                family_name=family,
                phone=phone,
                created_at=MONDAY,
                **more,
            )
            db.add(patient)
        return patient.id

    assert clinic
    return add


def names(open_db: OpenDb, typed: str, **more: Any) -> list[str]:
    with open_db() as db:
        return [each.name for each in finding.page(db, typed=typed, **more).items]


def test_patients_are_found_by_name_and_number_in_the_order_of_what_matched(add: Add, open_db: OpenDb) -> None:
    add("Rosa", "Zeller", "+12125550102")
    add("Anna", "Rosenthal", "+12125550155")
    add("Bert", "Aas", "+442079460102")

    assert names(open_db, "ros") == ["Rosa Zeller", "Anna Rosenthal"]
    assert names(open_db, "ros a") == ["Anna Rosenthal"]
    assert set(names(open_db, "0102")) == {"Rosa Zeller", "Bert Aas"}
    assert names(open_db, "0102 rosa") == ["Rosa Zeller"]
    assert names(open_db, "212 555 01") == ["Rosa Zeller", "Anna Rosenthal"]


def test_someone_with_two_such_words_is_found_once(add: Add, open_db: OpenDb) -> None:
    add("Anna", "Andersson", "+12122222212")

    assert names(open_db, "an") == ["Anna Andersson"]
    assert names(open_db, "212") == ["Anna Andersson"]


def test_without_a_word_everybody_is_listed_by_family_name(add: Add, open_db: OpenDb) -> None:
    for given, family in (("Ada", "de Vries"), ("Bo", "Ángel"), ("Cy", ""), ("Di", "Zorn")):
        add(given, family)

    assert names(open_db, "") == ["Bo Ángel", "Cy", "Ada de Vries", "Di Zorn"]


def test_a_long_list_is_read_a_page_at_a_time_and_misses_nobody(add: Add, open_db: OpenDb) -> None:
    for number in range(7):
        add("Ann", "Andersen", f"+1212555010{number}")
    read: list[UUID] = []
    cursor = ""
    while True:
        with open_db() as db:
            found = finding.page(db, typed="an", cursor=cursor, limit=3)
        read += [each.id for each in found.items]
        if not found.next_cursor:
            break
        cursor = found.next_cursor

    assert len(read) == len(set(read)) == 7


def test_people_are_counted(add: Add, open_db: OpenDb) -> None:
    add("Ann")
    add("Bo")

    with open_db() as db:
        assert (finding.count(db), finding.count(db, typed="ann"), finding.count(db, typed="x")) == (2, 1, 0)


@pytest.mark.parametrize("cursor", ["x", "~", "nonsense~word"])
def test_a_cursor_of_another_list_is_refused(open_db: OpenDb, cursor: str) -> None:
    with open_db() as db, pytest.raises(BadCursor, match="is not one of ours"):
        finding.page(db, cursor=cursor)


def test_a_new_name_and_number_are_found_at_once_and_the_old_ones_no_more(add: Add, open_db: OpenDb) -> None:
    patient_id = add("Ada", "Lind", "+12125550123")
    with open_db() as db:
        patient = db.get_one(Patient, patient_id)
        patient.family_name, patient.phone = "Moreau", "+12125550188"

    assert names(open_db, "lind") == names(open_db, "0123") == []
    assert names(open_db, "moreau") == names(open_db, "0188") == ["Ada Moreau"]


def test_who_goes_takes_what_they_were_found_by_along(add: Add, open_db: OpenDb) -> None:
    patient_id = add("Ada")
    with open_db() as db:
        db.execute(delete(Patient).where(Patient.id == patient_id))
        assert db.scalars(select(FoundBy)).all() == []


def test_a_line_says_what_is_known_of_the_patient(clinic: Clinic, open_db: OpenDb) -> None:
    with open_db() as db:
        recorded = record_treatment(db, entry=entry(), now=MONDAY, by="test")
        [line] = finding.page(db, typed="ada").items

    assert (line.name, line.phone, line.phone_works, line.email_works) == ("Ada Lind", "+12125550123", True, True)
    assert line.last_session_at == MONDAY
    assert line.next_message_at == recorded.messages[0].due_at
    assert (line.open_alerts, line.clinic) == (0, "Maple Clinic")
    assert clinic
