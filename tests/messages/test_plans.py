from datetime import time, timedelta

import pytest

from followup.messages.catalogue import catalogues
from followup.messages.plans import PlanError, PlanFile, StepFile, packaged_plans, parse_plan
from followup.terms import Channel, Condition, OnQuiet, Overlap, Purpose, Question, Region, Unless

MINUTES, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TEXT_FIRST, EMAIL_FIRST = (Channel.SMS, Channel.EMAIL), (Channel.EMAIL, Channel.SMS)
OVER_THE_LUNGS = (Region.CHEST, Region.NECK, Region.RIBS, Region.SHOULDER, Region.UPPER_BACK)

HEAD = 'key = "ours"\ntitle = "Our plan"\n'
STEP = """
[[step]]
key = "hello"
purpose = "care"
after = "2h"
expires = "18h"
channels = ["sms"]
wording = "check-in"
"""
PLAN = HEAD + STEP


def step_of(lines: str) -> StepFile:
    return parse_plan(PLAN + lines, "ours.toml").steps[0]


def complaint(text: str) -> str:
    with pytest.raises(PlanError) as refused:
        parse_plan(text, "ours.toml")
    return str(refused.value)


def default_plan() -> PlanFile:
    (plan,) = (plan for plan in packaged_plans() if plan.key == "dry-needling")
    return plan


def test_the_default_plan_is_that_of_the_design() -> None:
    plan = default_plan()

    assert (plan.title, plan.overlap) == ("After dry needling", Overlap.SUPERSEDE)
    assert [(s.key, s.purpose, s.channels, s.expires) for s in plan.steps] == [
        ("chest-warning", Purpose.CARE, TEXT_FIRST, 24 * HOUR),
        ("what-to-expect", Purpose.CARE, TEXT_FIRST, 18 * HOUR),
        ("check-in", Purpose.CARE, TEXT_FIRST, 24 * HOUR),
        ("still-or-gone", Purpose.CARE, TEXT_FIRST, 24 * HOUR),
        ("warning-signs", Purpose.CARE, TEXT_FIRST, 2 * DAY),
        ("book-next", Purpose.BOOKING, EMAIL_FIRST, 7 * DAY),
        ("pain-score", Purpose.FEEDBACK, TEXT_FIRST, 7 * DAY),
        ("pain-score-reminder", Purpose.FEEDBACK, TEXT_FIRST, 2 * DAY),
        ("change-score", Purpose.FEEDBACK, EMAIL_FIRST, 7 * DAY),
    ]


def test_the_default_plan_goes_at_the_times_of_the_design() -> None:
    steps = default_plan().steps

    assert [(s.after, s.day, s.on_quiet) for s in steps if s.day is None] == [
        (timedelta(0), None, OnQuiet.IMMEDIATE),
        (2 * HOUR, None, OnQuiet.EARLIER),
        (3 * DAY, None, OnQuiet.LATER),
    ]
    assert [s.day for s in steps if s.day] == [1, 2, 3, 5, 7, 14]
    assert {(s.at, s.on_quiet) for s in steps if s.day} == {(time(10, 0), OnQuiet.LATER)}


def test_the_default_plan_has_the_conditions_of_the_design() -> None:
    steps = {step.key: step for step in default_plan().steps}

    assert {key: step.regions for key, step in steps.items() if step.regions} == {"chest-warning": OVER_THE_LUNGS}
    assert {key: step.unless for key, step in steps.items() if step.unless} == {
        "book-next": (Unless.NEXT_VISIT, Unless.OPEN_ALERT)
    }
    assert {key: step.when for key, step in steps.items() if step.when} == {
        "still-or-gone": Condition.WORRY_OR_SILENT_RISK
    }
    assert {key: step.question for key, step in steps.items() if step.question} == {
        "check-in": Question.CHECK_IN,
        "still-or-gone": Question.STILL_OR_GONE,
        "pain-score": Question.PAIN_0_10,
        "pain-score-reminder": Question.PAIN_0_10,
        "change-score": Question.CHANGE_1_7,
    }


def test_every_step_of_a_packaged_plan_has_its_words_in_every_language() -> None:
    steps = [step for plan in packaged_plans() for step in plan.steps]

    assert all(
        words[step.wording].words(channel) for words in catalogues() for step in steps for channel in step.channels
    )


def test_a_step_may_count_in_minutes() -> None:
    plan = parse_plan(PLAN.replace('"2h"', '"2m"').replace('"18h"', '"30m"'), "ours.toml")

    assert (plan.steps[0].after, plan.steps[0].expires) == (2 * MINUTES, 30 * MINUTES)


def test_what_is_not_written_has_its_default() -> None:
    plan = parse_plan(PLAN, "ours.toml")

    assert plan.overlap is Overlap.SUPERSEDE
    assert plan.steps == (
        StepFile(
            key="hello",
            purpose=Purpose.CARE,
            after=2 * HOUR,
            day=None,
            at=time(10, 0),
            on_quiet=OnQuiet.LATER,
            expires=18 * HOUR,
            channels=(Channel.SMS,),
            wording="check-in",
            regions=(),
            question=None,
            when=None,
            unless=(),
            reminds=None,
        ),
    )


@pytest.mark.parametrize("written", ['"09:30"', "09:30:00"])
def test_a_day_may_have_a_time(written: str) -> None:
    step = parse_plan(PLAN.replace('after = "2h"', f"day = 2\nat = {written}"), "ours.toml").steps[0]

    assert (step.day, step.at, step.after) == (2, time(9, 30), None)


def test_a_reminder_is_a_step_of_its_own_right_after_its_question() -> None:
    asked = HEAD + STEP.replace('"check-in"', '"pain-score"').replace('"care"', '"feedback"').replace("hello", "ask")
    plan = parse_plan(asked + 'question = "pain_0_10"\nregions = ["neck"]\nreminder = "3d"\n' + STEP, "ours.toml")
    question, reminder, other = plan.steps

    assert [question.key, reminder.key, other.key] == ["ask", "ask-reminder", "hello"]
    assert (reminder.reminds, reminder.after, reminder.day, reminder.expires) == ("ask", 3 * DAY, None, 2 * DAY)
    assert reminder.wording == "pain-score-reminder"
    assert (reminder.question, reminder.purpose, reminder.channels, reminder.regions) == (
        question.question,
        question.purpose,
        question.channels,
        question.regions,
    )
    assert question.reminds is None


def test_the_hash_does_not_change_with_comments_blanks_and_the_order_of_what_has_none() -> None:
    one = parse_plan(PLAN + 'regions = ["neck", "chest"]\n', "ours.toml")
    same = parse_plan(f'# ours\n{HEAD}overlap = "supersede"\n\n{STEP}regions = ["chest", "neck"] # lungs\n', "a.toml")

    assert one.content_hash == same.content_hash
    assert len(one.content_hash) == 64


@pytest.mark.parametrize(
    ("this", "that"),
    [
        ('"2h"', '"3h"'),
        ('"Our plan"', '"Their plan"'),
        ('["sms"]', '["sms", "email"]'),
        (STEP, STEP + 'regions = ["neck"]'),
        (HEAD, HEAD + 'overlap = "keep"\n'),
    ],
)
def test_the_hash_changes_with_what_the_plan_says(this: str, that: str) -> None:
    assert parse_plan(PLAN, "a").content_hash != parse_plan(PLAN.replace(this, that), "a").content_hash


def test_two_hours_are_the_same_however_they_are_written() -> None:
    assert step_of("").after == timedelta(minutes=120)
    assert parse_plan(PLAN.replace("2h", "120m"), "a").content_hash == parse_plan(PLAN, "a").content_hash


@pytest.mark.parametrize(
    ("this", "that", "line"),
    [
        ('purpose = "care"\n', "", "step 'hello': purpose: is missing; add purpose = \"care\""),
        ('"care"', '"kare"', "step 'hello': purpose: 'kare' is unknown; use 'care', 'feedback' or 'booking'"),
        ('["sms"]', '["fax"]', "step 'hello': channels: 'fax' is unknown; use 'sms' or 'email'"),
        ('["sms"]', '["sms", "sms"]', "step 'hello': channels: 'sms' stands there twice; take one out"),
        ('["sms"]', "[]", "step 'hello': channels: names none; write sms, email or both, the preferred one first"),
        ('["sms"]', '"sms"', "step 'hello': channels: 'sms' does not fit; write, for example, channels = "),
        ("channels", "chanels", "step 'hello': chanels: is not a known field; did you mean 'channels'?"),
        ("after =", 'colour = "red"\nafter =', "step 'hello': colour: is not a known field; take it out"),
        (
            '"2h"',
            '"two hours"',
            "step 'hello': after: 'two hours' is not a duration; write minutes, hours or days, such",
        ),
        ('"2h"', "2", "step 'hello': after: 2 is not a duration; write"),
        ('after = "2h"\n', "", "step 'hello': after, day: give one of them, after = \"2h\" or day = 1"),
        ('"2h"\n', '"2h"\nday = 1\n', "step 'hello': after, day: give one of them"),
        ('"2h"\n', '"2h"\nat = "10:00"\n', "step 'hello': at: goes with day only; take it out, or write day in place"),
        (
            'after = "2h"',
            'day = 1\nat = "25:00"',
            "step 'hello': at: '25:00' is not a time of day; write it as \"10:00\"",
        ),
        ('after = "2h"', 'day = "1"', "step 'hello': day: '1' does not fit; write, for example, day = 3"),
        ('after = "2h"', "day = -1", "step 'hello': day: -1 does not fit; write, for example, day = 3"),
        ('"18h"', '"0h"', "step 'hello': expires: must be longer than nothing"),
        (
            '"2h"\n',
            '"2h"\non_quiet = "immediate"\n',
            'step \'hello\': on_quiet: "immediate" goes at once; write after = "0m"',
        ),
        (
            '"2h"\n',
            '"2h"\non_quiet = "never"\n',
            "step 'hello': on_quiet: 'never' is unknown; use 'later', 'earlier' or",
        ),
        (
            '"2h"\n',
            '"2h"\nregions = ["elbo"]\n',
            "step 'hello': regions: 'elbo' is unknown; use 'head', 'neck', 'shoulder',",
        ),
        (
            '"2h"\n',
            '"2h"\nquestion = "pain"\n',
            "step 'hello': question: 'pain' is unknown; use 'check_in', 'still_or_gone',",
        ),
        ('"2h"\n', '"2h"\nwhen = "sore"\n', "step 'hello': when: 'sore' is unknown; use 'worry_or_silent_risk'"),
        (
            '"2h"\n',
            '"2h"\nunless = ["rain"]\n',
            "step 'hello': unless: 'rain' is unknown; use 'next_visit' or 'open_alert'",
        ),
        (
            '"2h"\n',
            '"2h"\nunless = ["next_visit", "open_alert"]\n',
            "step 'hello': unless: care goes on beside an open alert, which holds feedback and booking only; take 'open_al",
        ),
        ('"2h"\n', '"2h"\nreminder = "3d"\n', "step 'hello': reminder: reminds of a question; add question, or take"),
        (
            '"2h"\n',
            '"2h"\nreminder_expires = "3d"\n',
            "step 'hello': reminder_expires: goes with a reminder; add reminder",
        ),
        (
            '"hello"',
            '"Hello there"',
            "step 'Hello there': key: 'Hello there' is not a key; use at most 55 of a-z, 0-9 and",
        ),
        ('"hello"', f'"{"h" * 56}"', "is not a key; use at most 55"),
        ('key = "hello"', "", 'step number 1: key: is missing; add key = "check-in"'),
        (
            '"check-in"',
            '"chek-in"',
            "step 'hello': wording: 'chek-in' is no wording of a step in en.toml; use chest-warning,",
        ),
        (
            '"check-in"',
            '"answer-nerve"',
            "step 'hello': wording: 'answer-nerve' is no wording of a step in es.toml; use",
        ),
        (
            '"check-in"',
            '"book-next"',
            "step 'hello': purpose: wording 'book-next' is for booking; write purpose = \"booking\"",
        ),
        (STEP, STEP + STEP, "step 'hello': key: stands there 2 times (a reminder's key ends in -reminder); rename one"),
        (STEP, "", "step: is missing; add [[step]]"),
        (STEP, "step = [1]", "step number 1: 1 does not fit; write, for example, [[step]]"),
        ('key = "ours"\n', "", 'ours.toml: key: is missing; add key = "check-in"'),
        ('"Our plan"', '""', "ours.toml: title: '' does not fit; write, for example, title = "),
        (HEAD, HEAD + 'overlap = "mix"\n', "ours.toml: overlap: 'mix' is unknown; use 'supersede' or 'keep'"),
        (HEAD, "key = \n", "ours.toml: not valid TOML: Invalid value (at line 1, column 7); mend that line"),
    ],
)
def test_a_wrong_plan_is_refused_with_the_mend(this: str, that: str, line: str) -> None:
    said = complaint(PLAN.replace(this, that))

    assert line in said
    assert all(each.startswith("ours.toml: ") for each in said.splitlines())


def test_a_reminder_without_words_is_refused() -> None:
    said = complaint(PLAN + 'question = "check_in"\nreminder = "3d"\n')

    assert "step 'hello-reminder': wording: 'check-in-reminder' is no wording of a step in en.toml" in said


def test_every_problem_is_told_at_once_and_once() -> None:
    said = complaint(PLAN.replace('"care"', '"kare"').replace('"2h"', '"2"').replace('["sms"]', '["fax"]'))

    assert [line.split(": ")[2] for line in said.splitlines()] == ["purpose", "after", "channels"]


def test_a_fault_of_every_language_is_told_once() -> None:
    assert len(complaint(PLAN.replace('"check-in"', '"book-next"')).splitlines()) == 1
