from uuid import UUID, uuid4

import pytest

from followup.messages.gateway import Refusal, Refused, Unavailable, Uncertain
from followup.queries import messages
from followup.queries.cursors import BadCursor
from followup.queries.messages import Filter, MessageView, Page
from followup.terms import Reason, ReceiptKind, Status
from tests.alarms import prove, put_on_call
from tests.builders import MONDAY, Clinic, local

NOON = local(7, 12)
ALL = Filter()


def page(clinic: Clinic, chosen: Filter = ALL, *, cursor: str | None = None, limit: int = 50) -> Page:
    with clinic.open_db() as db:
        return messages.page(db, chosen=chosen, now=MONDAY, cursor=cursor, limit=limit)


def walk(clinic: Clinic, *, limit: int) -> list[MessageView]:
    """Every message, page after page."""
    found, cursor = list[MessageView](), None
    while True:
        one = page(clinic, cursor=cursor, limit=limit)
        found += one.items
        cursor = one.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 3, 8, 9])
def test_pages_of_any_size_show_every_message_once_by_due_time(clinic: Clinic, limit: int) -> None:
    clinic.record()
    found = walk(clinic, limit=limit)
    assert len({view.id for view in found}) == len(found) == 8
    assert [view.due_at for view in found] == sorted(view.due_at for view in found)


def test_messages_due_at_the_very_same_time_are_neither_lost_nor_repeated(clinic: Clinic) -> None:
    patient = clinic.record().treatment.patient_id
    owed = [clinic.owe(patient, due_at=MONDAY.replace(microsecond=7)) for _ in range(7)]
    found = walk(clinic, limit=3)
    assert [view.id for view in found[:7]] == owed
    assert len(found) == 15


def test_a_message_that_left_meanwhile_moves_no_page(clinic: Clinic) -> None:
    clinic.record()
    first = page(clinic, limit=2)
    clinic.run_to(local(9, 12))
    second = page(clinic, cursor=first.next_cursor, limit=2)
    assert [view.step for view in (*first.items, *second.items)] == [
        *("what-to-expect", "check-in", "still-or-gone", "warning-signs")
    ]


def test_a_cursor_needs_no_escaping_in_a_url(clinic: Clinic) -> None:
    clinic.record()
    cursor = page(clinic, limit=1).next_cursor
    assert cursor
    assert set(cursor) <= set("0123456789abcdefTZ.-~")


@pytest.mark.parametrize("cursor", ["x", "~", "20270607T120000.000000Z~x", f"2027-06-07T12:00:00~{UUID(int=7)}"])
def test_a_cursor_of_someone_else_is_refused(clinic: Clinic, cursor: str) -> None:
    with pytest.raises(BadCursor, match="is not one of ours; use next_cursor"):
        page(clinic, cursor=cursor)


def test_messages_are_chosen_by_status_patient_and_due_time(clinic: Clinic) -> None:
    ada = clinic.record("T1").treatment.patient_id
    clinic.record("T2", patient={"given_name": "Ben"})
    clinic.tick(NOON)
    assert len(page(clinic, Filter(patient=ada)).items) == 8
    assert len(page(clinic, Filter(status=Status.SENT)).items) == 2
    chosen = Filter(patient=ada, due_from=NOON, due_to=local(8, 10))
    assert [view.step for view in page(clinic, chosen).items] == ["what-to-expect"]


def test_a_message_shows_its_time_on_the_patients_clock(clinic: Clinic) -> None:
    clinic.record(patient={"timezone": "America/Los_Angeles"})
    view = clinic.view(clinic.message("check-in").id, MONDAY)
    assert (view.due_local, view.blocked, view.because, view.why) == ("2027-06-08T10:00:00-07:00", None, "", [])


def test_a_scheduled_message_says_what_blocks_it(clinic: Clinic) -> None:
    clinic.record(consent={"sms": None, "email": False})
    view = clinic.view(clinic.message("check-in").id, MONDAY)
    assert (view.blocked, view.reason) == (Reason.NO_CONSENT, None)
    assert view.because == "The patient has not agreed to this kind of message on this channel."


def test_a_skipped_message_says_why(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("STOP", now=MONDAY)
    clinic.tick(NOON)
    view = clinic.view(clinic.message("what-to-expect").id, NOON)
    assert (view.blocked, view.reason, view.because) == (
        *(None, Reason.OPTED_OUT),
        "The patient asked us to stop this kind of message.",
    )


def test_a_text_of_today_does_not_block_one_of_another_day(clinic: Clinic) -> None:
    feedback = 'purpose = "feedback"\nquestion = "pain_0_10"\nwording = "pain-score"\nchannels = ["sms"]'
    clinic.load_plan(
        f'key = "one"\n{feedback}\nday = 1\nexpires = "1d"', f'key = "two"\n{feedback}\nday = 2\nexpires = "1h"'
    )
    clinic.record(plan="own")
    clinic.tick(local(8, 10))
    assert clinic.view(clinic.message("two").id, local(8, 11)).blocked is None


def test_what_a_gateway_refused_is_told_in_its_own_words(clinic: Clinic) -> None:
    clinic.record()
    clinic.sms.answer_next(Refused(Refusal.BAD_ADDRESS, "21614"))
    clinic.tick(NOON)
    view = clinic.view(clinic.message("what-to-expect").id, NOON)
    assert view.because == "The gateway did not take it. This is not a mobile number."


def test_the_story_of_a_message_has_every_attempt_and_receipt_in_order(clinic: Clinic) -> None:
    clinic.record()
    for answer in (Unavailable("20429"), Uncertain("cut")):
        clinic.sms.answer_next(answer, arrives=True)
        clinic.tick(NOON)
        clinic.change(clinic.message("what-to-expect"), next_try_at=None)
    parcel = clinic.sms.sent[-1]
    for kind in (ReceiptKind.TAKEN, ReceiptKind.DELIVERED):
        clinic.receipt(parcel, kind, now=NOON)
    with clinic.open_db() as db:
        story = messages.story(db, message_id=parcel.message_id, now=NOON)
    assert story
    assert story.status is Status.DELIVERED
    assert [(one.number, one.outcome) for one in story.attempts] == [(1, "unavailable"), (2, "accepted")]
    assert [one.said for one in story.receipts] == ["taken", "delivered"]


def test_a_message_that_does_not_exist_has_no_story(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        assert messages.story(db, message_id=uuid4(), now=MONDAY) is None


def test_the_daily_test_of_alarms_does_not_speak_of_an_alert(clinic: Clinic) -> None:
    put_on_call(clinic)
    clinic.record()
    prove(clinic, local(8, 9))
    [view] = [view for view in walk(clinic, limit=50) if view.wording == "heartbeat"]
    with clinic.open_db() as db:
        story = messages.story(db, message_id=view.id, now=local(8, 9))
    assert story
    assert story.reckoned == "It tests the way to whoever is first on call."
