"""What a person writes to a patient, and when it leaves."""

import re
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select

from followup.actions import by_hand
from followup.actions.clinic_fields import Unfit
from followup.db import new_id
from followup.models import AuditEntry, Message, Patient
from followup.terms import Channel, Reason, Status
from tests.builders import LINKS, PHONE, Clinic, local

NOON, NIGHT = local(7, 12), local(7, 22)
WORDS = "Please call us when you can."


def write(
    clinic: Clinic, text: str = WORDS, *, now: datetime = NOON, channel: Channel = Channel.SMS, once: UUID | None = None
) -> Message:
    with clinic.open_db() as db:
        patient = db.get_one(Patient, clinic.patient().id)
        return by_hand.write(db, patient=patient, text=text, channel=channel, now=now, by="lee", links=LINKS, once=once)


def draw_up(
    clinic: Clinic, text: str = WORDS, *, now: datetime = NOON, channel: Channel = Channel.SMS
) -> by_hand.Draft:
    with clinic.open_db() as db:
        patient = db.get_one(Patient, clinic.patient().id)
        return by_hand.draw_up(db, patient=patient, text=text, channel=channel, now=now, links=LINKS)


def told(text: str) -> str:
    """A text without what differs from message to message: the token of its link."""
    return re.sub(r"/p/[^/]+/", "/p/…/", text)


def test_words_by_hand_leave_at_once_and_say_whose_they_are(clinic: Clinic) -> None:
    clinic.record()
    written = write(clinic)
    clinic.tick(NOON)
    message = clinic.get(written.id)

    assert message.status is Status.SENT
    assert message.body is not None
    assert message.body.startswith(f"Maple Clinic: {WORDS}")
    with clinic.open_db() as db:
        noted = db.scalars(select(AuditEntry).where(AuditEntry.did == "write")).one()
    assert (noted.did_by, noted.subject_id) == ("lee", str(written.id))


def test_a_text_out_of_the_blue_waits_for_the_end_of_quiet_hours_and_says_so(clinic: Clinic) -> None:
    clinic.record()
    written = write(clinic, now=NIGHT)

    assert written.due_at == local(8, 9)
    assert [shift["rule"] for shift in written.why] == ["quiet_hours"]


def test_an_answer_in_a_conversation_leaves_in_quiet_hours(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("can I call you?", now=local(7, 21))
    written = write(clinic, now=NIGHT)
    clinic.tick(NIGHT)

    assert clinic.get(written.id).status is Status.SENT


def test_a_conversation_ends_after_a_day(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("can I call you?", now=local(7, 21))

    assert draw_up(clinic, now=local(8, 20)).is_answer
    assert not draw_up(clinic, now=local(8, 21)).is_answer


def test_an_email_keeps_quiet_hours_whatever_was_texted(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("can I call you?", now=local(7, 21))

    assert write(clinic, now=NIGHT, channel=Channel.EMAIL).due_at == local(8, 9)


def test_who_sent_stop_gets_no_text_even_in_a_conversation(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("STOP", now=NOON)

    assert draw_up(clinic).reason is Reason.OPTED_OUT
    with pytest.raises(Unfit, match="asked us to stop"):
        write(clinic)


def test_a_stop_after_writing_still_holds_it(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(local(7, 12))
    written = write(clinic)
    clinic.reply("STOP", now=NOON, sent_from=PHONE)
    clinic.tick(NOON)

    assert clinic.get(written.id).reason is Reason.OPTED_OUT


def test_more_than_two_segments_are_refused_with_their_number(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(local(7, 12))  # has the STOP line

    assert draw_up(clinic, "a" * 292).segments == 2
    with pytest.raises(Unfit, match="It takes 3 segments"):
        write(clinic, "a" * 293)


def test_curly_quotes_do_not_make_a_text_longer(clinic: Clinic) -> None:
    clinic.record()

    assert draw_up(clinic, "We\N{RIGHT SINGLE QUOTATION MARK}ll call you").text.startswith(
        "Maple Clinic: We'll call you"
    )


@pytest.mark.parametrize("nothing", ["", "  \n", "\u200b"])
def test_nothing_is_not_sent(clinic: Clinic, nothing: str) -> None:
    clinic.record()

    with pytest.raises(Unfit, match="Nothing is written"):
        write(clinic, nothing)


def test_a_placeholder_in_the_words_stays_what_it_is(clinic: Clinic) -> None:
    clinic.record()

    assert "{{ phone }}" in draw_up(clinic, "see {{ phone }}").text


def test_a_form_that_is_sent_twice_writes_once(clinic: Clinic) -> None:
    clinic.record()
    once = new_id()
    first, second = write(clinic, once=once), write(clinic, "other words", once=once)
    with clinic.open_db() as db:
        count = db.scalar(select(func.count()).where(Message.wording == by_hand.WORDING))

    assert (first.id, count) == (second.id, 1)


def test_who_wants_private_messages_gets_a_link_to_the_words(clinic: Clinic) -> None:
    clinic.record()
    clinic.change(clinic.patient(), minimal=True)
    drawn, written = draw_up(clinic), write(clinic)
    clinic.tick(NOON)
    body = clinic.get(written.id).body or ""

    assert WORDS not in body
    assert "/note" in body
    assert drawn.is_behind_link
    assert (told(drawn.text), drawn.segments) == (told(body), clinic.get(written.id).segments)


def test_words_behind_a_link_may_be_as_long_as_they_like(clinic: Clinic) -> None:
    clinic.record()
    clinic.change(clinic.patient(), minimal=True)

    assert not draw_up(clinic, "a" * by_hand.LONGEST).is_too_long


@pytest.mark.parametrize("channel", Channel)
def test_a_draft_shows_exactly_what_leaves(clinic: Clinic, channel: Channel) -> None:
    clinic.record()
    drawn, written = draw_up(clinic, channel=channel), write(clinic, channel=channel)
    clinic.tick(NOON)

    assert drawn.text == clinic.get(written.id).body
    assert bool(drawn.subject) is (channel is Channel.EMAIL)


@pytest.mark.parametrize("channel", Channel)
def test_lines_stay_as_they_were_typed(clinic: Clinic, channel: Channel) -> None:
    clinic.record()
    text = draw_up(clinic, " Hi Ada,\r\n\r\n\n\n* bring\ta towel \n* come at 9", channel=channel).text

    assert "Hi Ada,\n\n* bring a towel\n* come at 9" in text


def test_an_email_has_the_emergency_number(clinic: Clinic) -> None:
    clinic.record()
    written = write(clinic, channel=Channel.EMAIL)
    clinic.tick(NOON)

    assert "Emergency? Call 911." in (clinic.get(written.id).body or "")
