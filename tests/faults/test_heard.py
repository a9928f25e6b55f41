"""No reply is lost and no alert is raised twice: wherever a process dies between the hook and the last notice."""

from collections.abc import Callable
from uuid import UUID

import pytest

from followup.models import Alert
from followup.terms import Channel, Label

from .hearing import A_HIGH_SCORE, hear, staff, until_over
from .service import ON_BOTH_DATABASES, Owed, Service

pytestmark = ON_BOTH_DATABASES

POISON = "poison"  # as in worker_app
SID = "SM" + "1" * 32


@pytest.fixture(scope="module")
def on_call(running: Service) -> tuple[UUID, UUID]:
    """Who is told first, and who is told next."""
    return staff(running)


def test_a_web_that_dies_before_it_keeps_a_reply_and_before_it_answers(
    service: Service, on_call: tuple[UUID, UUID]
) -> None:
    asked = service.ask()
    deaths = die_at(service, "after keep_reply", "committed keep_reply")
    service.write(asked, A_HIGH_SCORE)
    assert all(deaths())
    assert_heard_once(service, asked, on_call[0])


def test_a_tick_that_dies_again_and_again_between_a_reply_and_its_alert(
    service: Service, on_call: tuple[UUID, UUID]
) -> None:
    asked = service.ask()
    deaths = die_at(
        service,
        "before understand",
        "before start_clock",  # the alert is there, and nobody is told of it
        "after start_clock",  # all of it is owed to staff
        "after answer",
        "after understand",  # nothing is left to do but to commit
    )
    service.write(asked, A_HIGH_SCORE)
    service.until(lambda: all(deaths()))
    assert_heard_once(service, asked, on_call[0])


def test_a_tick_that_dies_between_two_replies(service: Service, on_call: tuple[UUID, UUID]) -> None:
    both = service.ask(), service.ask()
    deaths = die_at(service, "committed understand")
    with service.stopped("tick-1"):
        for asked in both:
            service.write(asked, A_HIGH_SCORE)
    service.until(lambda: all(deaths()))
    for asked in both:
        assert_heard_once(service, asked, on_call[0])


def test_a_tick_that_dies_again_and_again_while_it_tells_the_next_person(
    service: Service, on_call: tuple[UUID, UUID]
) -> None:
    asked = service.ask()
    service.write(asked, A_HIGH_SCORE)
    [alert] = until_over(service, asked).alerts
    deaths = die_at(service, "after alarm-escalated", "after tell_next", "committed tell_next")
    with service.open_db() as db:
        db.get_one(Alert, alert.id).next_at = service.now()
    service.until(lambda: all(deaths()) and hear(service, asked).alerts[0].told == len(on_call))
    assert_heard_once(service, asked, *on_call)


def test_a_reply_that_comes_three_times(service: Service, on_call: tuple[UUID, UUID]) -> None:
    asked = service.ask()
    for _ in range(3):
        service.write(asked, A_HIGH_SCORE, sid=SID)
    assert_heard_once(service, asked, on_call[0])


def test_a_reply_that_cannot_be_read_goes_to_a_person_and_holds_up_no_other(
    service: Service, on_call: tuple[UUID, UUID]
) -> None:
    before, poisoned, after = service.ask(), service.ask(), service.ask()
    with service.stopped("tick-1"):
        for asked, body in ((before, A_HIGH_SCORE), (poisoned, POISON), (after, A_HIGH_SCORE)):
            service.write(asked, body)
    for asked in (before, after):
        assert_heard_once(service, asked, on_call[0])
    assert_waits_for_a_person(service, poisoned)


def die_at(service: Service, *points: str) -> Callable[[], list[bool]]:
    """Let a process die at each of these in turn; says of each whether one has."""
    for point in points:
        service.kill_at(point)
    return lambda: [service.has_killed_at(point) for point in points]


def assert_heard_once(service: Service, asked: Owed, *told: UUID) -> None:
    """One high score led to one outcome, one alert, one answer, and one notice on each channel to each of these."""
    heard = until_over(service, asked)
    [alert], [_answer], [outcome] = heard.alerts, heard.answers, heard.outcomes
    assert [reply.alert_id for reply in heard.replies] == [alert.id]
    assert (alert.label, alert.told, outcome.value) == (Label.URGENT, len(told), int(A_HIGH_SCORE))
    assert heard.told == {(one, channel): 1 for one in told for channel in Channel}
    taken = service.taken()
    assert {message_id: taken[message_id] for message_id in heard.sent} == dict.fromkeys(heard.sent, 1)


def assert_waits_for_a_person(service: Service, asked: Owed) -> None:
    """Somebody sees it by the end of the working day; until then nothing is said of it."""
    heard = hear(service, asked)
    [reply], [alert] = heard.replies, heard.alerts
    assert (reply.labels, reply.alert_id, alert.label) == ([Label.UNCLEAR], alert.id, Label.UNCLEAR)
    assert alert.next_at == alert.answer_by
    assert (heard.notices, heard.answers, heard.outcomes) == ([], [], [])
