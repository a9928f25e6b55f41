import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from followup.db import OpenDb
from followup.models import Clinic, Message, Patient
from followup.terms import Role
from tests.web.conftest import NOW

from .conftest import Hire, Person

AddMessage = Callable[..., Message]


@pytest.fixture
def desk(hire: Hire) -> Person:
    return hire(Role.DESK, name="Carla Whitt")


@pytest.fixture
def add(open_db: OpenDb, clinic: Clinic) -> Callable[..., Patient]:
    def add(given: str, family: str = "", phone: str | None = None, **more: object) -> Patient:
        patient = Patient(
            clinic_id=clinic.id, given_name=given, family_name=family, phone=phone, created_at=NOW, **more
        )
        with open_db() as db:
            db.add(patient)
        return patient

    return add


def test_an_empty_list_says_what_comes_next(desk: Person) -> None:
    page = desk.get("/patients").text

    assert "There are no patients yet" in page
    assert 'href="/sessions/new"' in page


def test_patients_are_listed_by_family_name_with_what_matters_about_them(
    desk: Person, patient: Patient, add_message: AddMessage, add: Callable[..., Patient]
) -> None:
    add_message(due_at=NOW + timedelta(hours=2))
    add("Ben", "Aas", phone_given="12")
    page = desk.get("/patients").text

    assert "2 patients, by family name" in page
    assert page.index("Ben Aas") < page.index("Rosalind Achterberg")
    assert f'href="/patients/{patient.id}"' in page
    assert "Thu 12 Nov, 14:42" in page
    assert "No texts" in page


def test_a_list_is_searched_by_name_and_number(desk: Person, patient: Patient, add: Callable[..., Patient]) -> None:
    add("Ben", "Aas")

    assert "One is found by" in desk.get("/patients?q=ach ros").text
    assert "Rosalind" in desk.get("/patients?q=0123").text
    nobody = desk.get("/patients?q=Zsófi").text
    assert "Nobody is found" in nobody
    assert 'href="/sessions/new?add=Zs%C3%B3fi"' in nobody
    assert patient.given_name == "Rosalind"


def test_a_long_list_comes_fifty_at_a_time_and_ends(desk: Person, add: Callable[..., Patient]) -> None:
    for number in range(60):
        add(f"Name{number:02}", "Long")
    first = desk.get("/patients?q=long").text
    [way_on] = re.findall(r'href="(/patients\?[^"]*cursor=[^"]*)" rel="next"', first)
    second = desk.get(way_on.replace("&amp;", "&")).text

    assert first.count("data-row") == 50
    assert second.count("data-row") == 10
    assert "60 are found by" in first
    assert "First page" in second
    assert 'rel="next"' not in second


def test_a_cursor_that_is_not_ours_leads_nowhere(desk: Person) -> None:
    assert desk.get("/patients?cursor=x").status_code == 404


def test_while_someone_types_matches_are_links_or_buttons_of_a_form(desk: Person, patient: Patient) -> None:
    links = desk.get("/patients/search?q=ros").text
    buttons = desk.get("/patients/search?q=ros&choose=yes").text

    assert f'href="/patients/{patient.id}"' in links
    assert f'name="choose" value="{patient.id}"' in buttons
    assert "One match" in links
    assert "<html" not in links
    assert desk.get("/patients/search?q=").text.strip() == ""


def test_nobody_found_can_be_added(desk: Person) -> None:
    assert "/sessions/new?add=%3Cb%3E" in desk.get("/patients/search?q=<b>").text
    assert "<b>" not in desk.get("/patients/search?q=<b>").text


def test_every_page_has_the_search_field_that_finds_while_typing(desk: Person) -> None:
    assert 'hx-get="/patients/search"' in desk.get("/more").text


def test_names_of_every_script_stand_apart_from_the_words_around(desk: Person, add: Callable[..., Patient]) -> None:
    add("عبد الرحمن", "الأنصاري")
    add("<i>Bold</i>", "x" * 200)
    page = desk.get("/patients").text

    assert "<bdi>عبد الرحمن الأنصاري</bdi>" in page
    assert "<i>Bold" not in page
