import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event

from followup.actions import planning, setting_up
from followup.db import OpenDb
from followup.messages.plans import PlanFile, parse_plan
from followup.models import Step
from followup.runtime import Runtime
from followup.terms import Role
from followup.web.desk.plans import axis
from tests.builders import default_plan
from tests.conftest import on_one_database
from tests.web.conftest import NOW

from .conftest import Hire, Person

Load = Callable[..., PlanFile]
SATURDAY = "ended_at=2026-11-14T20:40&timezone=America/Denver&channel=sms&channel=email&language=en"


@pytest.fixture
def desk(hire: Hire) -> Person:
    return hire(Role.DESK)


@pytest.fixture
def load(open_db: OpenDb) -> Load:
    """Load the packaged plan, or one of a single step that is `day` days later."""

    def load(key: str = "", *, day: int = 1, title: str = "Own") -> PlanFile:
        text = (
            f'key = "{key}"\ntitle = "{title}"\n[[step]]\nkey = "check-in"\npurpose = "care"\nday = {day}\n'
            'expires = "24h"\nchannels = ["sms"]\nwording = "check-in"\nquestion = "check_in"\n'
        )
        plan = parse_plan(text, "own.toml") if key else default_plan()
        with open_db() as db:
            planning.load(db, plan=plan, now=NOW, by="ines@oak.example")
        return plan

    return load


def load_many(open_db: OpenDb, several: list[PlanFile]) -> None:
    with open_db() as db:
        for plan in several:
            planning.load(db, plan=plan, now=NOW, by="test")


def words_of(page: str) -> str:
    """A page as it is read, without its marks."""
    return " ".join(re.sub(r"<[^>]*>", "", page).split())


@on_one_database
def test_without_a_plan_the_page_says_what_to_do(desk: Person) -> None:
    page = desk.get("/plans").text

    assert "No plan is loaded yet" in page
    assert "followup plan load FILE.toml" in page
    assert 'href="/plans" aria-current="page"' in page


def test_one_plan_is_shown_at_once_and_several_are_listed(desk: Person, load: Load) -> None:
    load()
    alone = desk.get("/plans")
    load("own", day=1, title="<i>Own</i> بعد العلاج")
    load("own", day=2, title="<i>Own</i> بعد العلاج")
    listed = desk.get("/plans").text

    assert (alone.status_code, alone.headers["Location"]) == (303, "/plans/dry-needling")
    assert '<a href="/plans/own"><bdi>&lt;i&gt;Own&lt;/i&gt; بعد العلاج</bdi></a>' in listed
    assert listed.count("data-row") == 2
    assert "All plans" in desk.get("/plans/own").text


@on_one_database
def test_a_plan_shows_its_steps_in_words_and_the_first_ones_wording(desk: Person, load: Load) -> None:
    load()
    page = desk.get("/plans/dry-needling").text
    words = words_of(page)

    assert "Version 1, in use since 12 Nov 2026. 9 steps." in words
    assert "Day 1, 10:00 · text, else email" in words
    assert "3 days after asking, 10:00" in words
    assert "Only if “Pain score” left and is not answered." in words
    assert "Not sent any more 18 hours after its time." in words
    assert 'id="words-h">Chest warning<' in page
    assert "to be approved by the clinic" in words


@on_one_database
def test_a_step_is_chosen_by_its_address_with_its_words_on_both_channels_and_where_they_come_from(
    desk: Person, load: Load
) -> None:
    load()
    page = desk.get("/plans/dry-needling?step=what-to-expect").text
    words = words_of(page)

    assert 'id="words-h">What to expect<' in page
    assert re.search(r'id="step-what-to-expect"[^>]* aria-current="true"', page)
    assert "267 characters, 2 segments with the STOP line, reading grade 2.3" in words
    assert "Maple Clinic: what to expect now</dd>" in page
    assert re.search(r'<span class="source-seed" title="From [^"]*">Small bruises can happen.</span>', page)
    assert 'title="Added: clinical.md §5">Emergency? Call 911.</span>' in page
    assert "With bleeding disorder or blood thinner, by text" in words


@on_one_database
def test_words_are_shown_in_spanish_without_an_english_grade(desk: Person, load: Load) -> None:
    load()
    words = words_of(desk.get("/plans/dry-needling?step=what-to-expect&language=es").text)

    assert "Gracias por venir, Robert." in words
    assert "native reviewer" in words
    assert "reading grade" not in words


def test_an_older_version_says_so_and_leads_to_the_newest(desk: Person, load: Load) -> None:
    load("own", day=1)
    load("own", day=2)
    older, newest = desk.get("/plans/own?version=1").text, desk.get("/plans/own").text

    assert "This is an older version" in older
    assert "Day 1, 10:00" in older
    assert "step=check-in&amp;language=en" in older.replace("version=1&amp;", "")
    assert "This is an older version" not in newest
    assert "Day 2, 10:00" in newest
    assert 'href="/plans/own?version=1"' in newest


@on_one_database
@pytest.mark.parametrize(
    "path", ["/plans/none", "/plans/own?version=2", "/plans/own?version=x", "/plans/own?version=9999999999"]
)
def test_what_is_not_there_is_not_found(desk: Person, load: Load, path: str) -> None:
    load("own")
    assert desk.get(path).status_code == 404
    assert desk.get(path.replace("own", "own/rehearse").replace("none", "none/rehearse")).status_code == 404


@on_one_database
def test_a_rehearsal_begins_with_a_session_that_has_just_ended(desk: Person, load: Load) -> None:
    load()
    page = desk.get("/plans/dry-needling/rehearse").text

    assert 'value="2026-11-12T12:42"' in page
    assert 'value="America/New_York"' in page
    assert "8 messages would leave." in page
    assert "Oak Clinic: Thanks for coming in, Robert." in page


@on_one_database
def test_a_rehearsal_has_an_address_and_tells_when_why_and_in_which_words(desk: Person, load: Load) -> None:
    load()
    path = f"/plans/dry-needling/rehearse?{SATURDAY}"
    away = words_of(desk.get(path).text)
    page = desk.get(f"{path}&region=upper_back&precaution=pregnancy&first_treatment=yes&channel=sms").text
    words = words_of(page)

    assert "Left out: Chest warning, which is for after treatment of chest, neck, ribs, shoulder, upper back." in away
    assert "Left out" not in words
    assert "Sat 14 Nov, 20:40 day 0" in words
    assert "It may come in quiet hours until Sat 14 Nov 21:40" in words
    assert "<span>Sat 14 Nov 22:40 is in quiet hours, so it goes Sun 15 Nov 09:00.</span></strong>" in page
    assert "Cramps or bleeding? Call your care team now." in words
    assert "This patient is at high risk." in words
    assert re.search(r'name="region" value="upper_back" checked', page)


@on_one_database
def test_a_rehearsal_in_spanish_by_email_alone_has_no_phone(desk: Person, load: Load) -> None:
    load()
    page = desk.get(
        "/plans/dry-needling/rehearse?ended_at=2026-11-14T10:00&timezone=Europe/Madrid&channel=email&language=es"
    ).text
    none = desk.get("/plans/dry-needling/rehearse?ended_at=2026-11-14T10:00&timezone=Europe/Madrid&language=es").text

    assert "Gracias por venir" in page
    assert 'class="phone"' not in page
    assert "No messages would leave." in none


@on_one_database
def test_what_was_recorded_too_late_does_not_leave(desk: Person, load: Load) -> None:
    load()
    page = words_of(desk.get(f"/plans/dry-needling/rehearse?{SATURDAY}&recorded_at=2026-11-17T10:00").text)

    assert "Sat 14 Nov, 22:40 day 0 Does not leave" in page
    assert "Its time has passed" in page
    assert "too late for Sat 14 Nov 22:40" not in page


@on_one_database
def test_what_is_sent_whatever_is_answered_is_not_said_to_depend_on_it(desk: Person, load: Load) -> None:
    load()
    page = words_of(desk.get(f"/plans/dry-needling/rehearse?{SATURDAY}&precaution=bleeding_disorder").text)

    assert "Whatever the check-in is answered" in page
    assert "Only if the check-in" not in page


def test_of_several_clinics_one_is_chosen_for_its_name_and_quiet_hours(
    desk: Person, load: Load, open_db: OpenDb
) -> None:
    load()
    other = setting_up.SAMPLE
    with open_db() as db:
        setting_up.put_clinic(db, entry=other, now=NOW, by="test")
    path = f"/plans/dry-needling/rehearse?{SATURDAY}&clinic="
    page, wrong = desk.get(path + other.key), desk.get(path + "none")

    assert "Maple Clinic: Thanks for coming in" in page.text
    assert f'<option value="{other.key}" selected>' in page.text
    assert (wrong.status_code, "Clinic: choose one of those below." in wrong.text) == (422, True)


@on_one_database
@pytest.mark.parametrize(
    ("changes", "beside", "said"),
    [
        ({"ended_at=2026-11-14T20:40": "ended_at="}, "ended_at", "Session ended is empty: fill it in."),
        ({"2026-11-14T20:40": "%3Cb%3E"}, "ended_at", "which is no date with a time"),
        ({"America/Denver": "America/Denva"}, "timezone", "write one such as America/Denver"),
        ({"language=en": "language=xx"}, "language", "choose one of those below"),
        ({"channel=sms": "channel=fax"}, "channel", "choose among those below"),
        ({"language=en": "language=en&recorded_at=2026-11-14T10:00"}, "recorded_at", "is before the end"),
    ],
)
def test_what_is_wrong_is_named_beside_its_field_and_what_was_typed_is_kept(
    desk: Person, load: Load, changes: dict[str, str], beside: str, said: str
) -> None:
    load()
    query = f"{SATURDAY}&region=neck"
    for old, new in changes.items():
        query = query.replace(old, new)
    answer = desk.get(f"/plans/dry-needling/rehearse?{query}")
    by_script = desk.get(f"/plans/dry-needling/rehearse?{query}", headers={"HX-Request": "true"})

    assert (answer.status_code, by_script.status_code) == (422, 200)
    assert said in json.loads(by_script.headers["HX-Trigger"])["announce"]
    assert said in answer.text
    assert f'id="{beside}-wrong"' in answer.text
    assert 'value="neck" checked' in answer.text
    assert "<b>" not in answer.text


@on_one_database
def test_a_page_asks_as_often_for_sixty_plans_and_versions_as_for_three(
    desk: Person, load: Load, open_db: OpenDb, runtime: Runtime
) -> None:
    def asked() -> list[int]:
        counts = []
        for path in ("/plans", "/plans/own-0", "/plans/own-0/rehearse"):
            statements: list[str] = []
            note = lambda *event_: statements.append(event_[2])  # noqa: B023, E731 - a listener of one line
            event.listen(runtime.engine, "before_cursor_execute", note)
            assert desk.get(path).status_code == 200
            event.remove(runtime.engine, "before_cursor_execute", note)
            counts.append(len(statements))
        return counts

    own = load("own-0")
    load_many(open_db, [own.model_copy(update={"key": f"own-{number}"}) for number in range(1, 3)])
    few = asked()
    load_many(open_db, [own.model_copy(update={"key": f"own-{number}"}) for number in range(3, 60)])
    load_many(open_db, [own.model_copy(update={"title": f"Version {number}"}) for number in range(2, 60)])
    page = desk.get("/plans").text

    assert asked() == few
    assert page.count("data-row") == 50
    assert desk.get("/plans?after=own-8").text.count("data-row") == 1


def test_on_the_axis_no_name_covers_another_and_every_step_has_a_knot() -> None:
    steps = [Step(position=place, **step.model_dump()) for place, step in enumerate(default_plan().steps)]
    drawn = axis.draw(steps)
    named = [knot for knot in drawn.knots if knot.label_y]

    assert {knot.step for knot in drawn.knots} == {step.key for step in steps}
    assert len(named) == len(steps)
    assert [word for _, word in drawn.ticks][:4] == ["at once", "+2 h", "1", "2"]
    assert all(0 <= knot.x <= axis.WIDTH for knot in drawn.knots)


@pytest.mark.parametrize(("fields", "ticks"), [({"day": 0}, ["10:00"]), ({"after": timedelta(hours=2)}, ["+2 h"])])
def test_an_axis_may_be_of_the_day_of_treatment_alone(fields: dict[str, object], ticks: list[str]) -> None:
    [step] = [one for one in default_plan().steps if one.key == "check-in"]
    drawn = axis.draw([Step(position=0, **(step.model_dump() | {"day": None} | fields))])
    assert [word for _, word in drawn.ticks] == ticks
