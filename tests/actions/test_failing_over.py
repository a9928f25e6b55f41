from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, select

from followup.actions import changing, failing_over, settling
from followup.messages.gateway import Refusal, Refused, Uncertain
from followup.models import Alert, Message, Patient, Reply
from followup.rules.slots import Shift
from followup.terms import (
    AlertCause,
    Channel,
    Label,
    Reason,
    ReceiptKind,
    ShiftRule,
    Status,
)
from tests.builders import AT_ONCE, NEW_YORK, Clinic, local
from tests.conftest import on_one_database

NOON = local(7, 12)
LANDLINE = Refused(Refusal.BAD_ADDRESS, "21614")
TWO_WAYS = 'purpose = "{purpose}"\nday = 1\nexpires = "24h"\nwording = "{key}"\nkey = "{key}"\nchannels = {channels}'


def ways(clinic: Clinic, step: str, external_id: str = "T1") -> list[Message]:
    """The messages of one step, in the order in which they came."""
    first = clinic.message(step, external_id)
    with clinic.open_db() as db:
        same = select(Message).where(Message.enrolment_id == first.enrolment_id, Message.step_id == first.step_id)
        return list(db.scalars(same.order_by(Message.id)))


def alerts(clinic: Clinic) -> list[Alert]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Alert).order_by(Alert.id)))


def fail(clinic: Clinic, step: str, *, refused: Refused = LANDLINE) -> None:
    """Let a text leave at its due time, and be refused."""
    clinic.sms.answer_next(refused)
    clinic.tick(clinic.message(step).due_at)


def test_a_text_that_is_refused_goes_by_email(clinic: Clinic) -> None:
    clinic.record()
    fail(clinic, "what-to-expect")
    clinic.tick(NOON)

    text, email = ways(clinic, "what-to-expect")
    assert (text.status, email.status) == (Status.FAILED, Status.SENT)
    assert (email.channel, email.once_key) == (Channel.EMAIL, f"{text.once_key}/email")
    assert (email.wording, email.purpose, email.nominal_at, email.expires_at) == (
        text.wording,
        text.purpose,
        text.nominal_at,
        text.expires_at,
    )
    assert [parcel.message_id for parcel in clinic.email.sent] == [email.id]
    assert alerts(clinic) == []


def test_what_takes_over_says_so(clinic: Clinic) -> None:
    clinic.record()
    fail(clinic, "what-to-expect")

    shift = Shift.from_json(ways(clinic, "what-to-expect")[-1].why[-1])
    assert shift.rule is ShiftRule.TOOK_OVER
    assert shift.sentence(NEW_YORK) == (
        "What was due Mon 7 Jun 12:00 on another channel did not arrive, so it goes here Mon 7 Jun 12:00."
    )


@pytest.mark.parametrize("kind", [ReceiptKind.UNDELIVERED, ReceiptKind.FAILED])
def test_a_text_that_the_carrier_did_not_deliver_goes_by_email(clinic: Clinic, kind: ReceiptKind) -> None:
    clinic.record()
    clinic.tick(NOON)
    for code in ("30006", "30008"):
        clinic.receipt(clinic.sms.sent[0], kind, now=local(7, 13), code=code, reference="SM1")
    clinic.receipt(clinic.sms.sent[0], ReceiptKind.UNDELIVERED, now=local(7, 14), reference="SM1")

    _, email = ways(clinic, "what-to-expect")
    assert (email.status, email.due_at) == (Status.SCHEDULED, local(7, 13))


def test_a_number_on_the_carriers_block_list_leaves_email(clinic: Clinic) -> None:
    clinic.record()
    fail(clinic, "what-to-expect", refused=Refused(Refusal.OPTED_OUT, "21610"))
    assert [each.channel for each in ways(clinic, "what-to-expect")] == [Channel.SMS, Channel.EMAIL]


def test_after_one_text_to_a_landline_the_next_ones_go_by_email_too(clinic: Clinic) -> None:
    clinic.record()
    fail(clinic, "what-to-expect")
    clinic.run_to(local(8, 10))

    text, email = ways(clinic, "check-in")
    assert (text.status, text.reason, text.tries) == (Status.SKIPPED, Reason.BAD_ADDRESS, 0)
    assert email.status is Status.SENT


def test_what_the_patient_did_not_permit_by_text_is_not_taken_over(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("STOP", now=local(7, 11))
    clinic.run_to(local(8, 10))
    assert [each.reason for each in ways(clinic, "check-in")] == [Reason.OPTED_OUT]
    assert alerts(clinic) == []


def test_what_fails_in_the_evening_goes_in_the_morning(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(8, 10))
    clinic.receipt(clinic.sms.sent[-1], ReceiptKind.UNDELIVERED, now=local(8, 21), code="30003")

    email = ways(clinic, "check-in")[-1]
    assert (email.channel, email.due_at) == (Channel.EMAIL, local(9, 9))
    assert [shift["rule"] for shift in email.why] == ["took_over", "quiet_hours"]


def test_what_would_come_too_late_is_for_a_person(clinic: Clinic) -> None:
    clinic.record()
    clinic.tick(NOON)
    clinic.receipt(clinic.sms.sent[0], ReceiptKind.UNDELIVERED, now=local(8, 7), code="30003")

    assert len(ways(clinic, "what-to-expect")) == 1
    assert [alert.cause for alert in alerts(clinic)] == [AlertCause.UNREACHED]


@pytest.mark.parametrize("missing", ["consent", "address"])
def test_who_cannot_be_reached_on_any_channel_is_for_a_person(clinic: Clinic, missing: str) -> None:
    clinic.record(**({"consent": {"email": False}} if missing == "consent" else {"patient": {"email": ""}}))
    fail(clinic, "what-to-expect")

    [alert] = alerts(clinic)
    assert (alert.cause, alert.label) == (AlertCause.UNREACHED, Label.UNCLEAR)
    assert alert.patient_id == clinic.message("what-to-expect").patient_id


def test_a_patient_has_one_such_alert_while_it_is_open(clinic: Clinic) -> None:
    clinic.record(consent={"email": False})
    fail(clinic, "what-to-expect")
    clinic.run_to(local(10, 10))
    [alert] = alerts(clinic)

    clinic.change(alert, resolved_at=local(10, 11), resolved_by="Kim", note="Called.", next_at=None)
    clinic.run_to(local(14, 10))
    assert [each.once_key.rpartition(":")[2] for each in alerts(clinic)] == ["2027-06-07", "2027-06-14"]


def test_nobody_is_called_because_a_link_to_book_or_a_reminder_did_not_arrive(clinic: Clinic) -> None:
    clinic.record(consent={"email": False})
    clinic.run_to(local(14, 10))
    clinic.sms.answer_next(*[Refused(Refusal.CONTENT, "21617")] * 3)
    clinic.run_to(local(18, 10))
    assert {clinic.message(step).status for step in ("book-next", "pain-score-reminder")} == {Status.FAILED}
    assert alerts(clinic) == []


def test_nobody_is_called_who_never_permitted_anything(clinic: Clinic) -> None:
    clinic.record(patient={"phone": "555"}, consent={"sms": False, "email": False})
    clinic.run_to(local(8, 10))
    assert clinic.message("check-in").reason is Reason.BAD_ADDRESS
    assert alerts(clinic) == []


def test_an_email_that_bounces_goes_by_text(clinic: Clinic) -> None:
    clinic.load_plan(TWO_WAYS.format(key="book-next", purpose="booking", channels='["email", "sms"]'))
    clinic.record(plan="own")
    clinic.email.answer_next(Refused(Refusal.BAD_ADDRESS, "550"))
    clinic.run_to(local(8, 10))
    assert [(each.channel, each.status) for each in ways(clinic, "book-next")] == [
        (Channel.EMAIL, Status.FAILED),
        (Channel.SMS, Status.SENT),
    ]


def test_what_fails_on_both_channels_goes_no_third_time(clinic: Clinic) -> None:
    clinic.record()
    clinic.email.answer_next(Refused(Refusal.BAD_ADDRESS, "550"))
    fail(clinic, "what-to-expect")
    clinic.tick(NOON)

    assert [each.status for each in ways(clinic, "what-to-expect")] == [Status.FAILED, Status.FAILED]
    assert [alert.cause for alert in alerts(clinic)] == [AlertCause.UNREACHED]


def test_a_step_for_texts_alone_is_not_sent_by_email(clinic: Clinic) -> None:
    clinic.load_plan(TWO_WAYS.format(key="warning-signs", purpose="care", channels='["sms"]'))
    clinic.record(plan="own")
    fail(clinic, "warning-signs")
    assert len(ways(clinic, "warning-signs")) == 1


def test_what_a_person_says_did_not_go_goes_by_email(clinic: Clinic) -> None:
    clinic.patience = AT_ONCE
    clinic.record()
    clinic.sms.answer_next(Uncertain("read timeout"))
    clinic.tick(NOON)
    with clinic.open_db() as db:
        message = db.get_one(Message, clinic.message("what-to-expect").id)
        settling.settle_by_hand(db, message=message, was_sent=False, now=local(7, 13), by="Kim")
    assert ways(clinic, "what-to-expect")[-1].channel is Channel.EMAIL


def test_nothing_takes_over_after_a_session_that_was_cancelled(clinic: Clinic) -> None:
    treatment = clinic.record().treatment
    clinic.tick(NOON)
    with clinic.open_db() as db:
        changing.cancel_treatment(db, treatment_id=treatment.id, now=local(7, 13), by="Kim")
    clinic.receipt(clinic.sms.sent[0], ReceiptKind.UNDELIVERED, now=local(7, 14), code="30003")
    assert len(ways(clinic, "what-to-expect")) == 1


def test_what_took_over_keeps_its_channel_and_time_when_the_session_is_corrected(clinic: Clinic) -> None:
    clinic.record()
    fail(clinic, "what-to-expect")
    before = ways(clinic, "what-to-expect")[-1]
    with clinic.open_db() as db:
        patient = db.get_one(Patient, before.patient_id)
        patient.phone, patient.phone_failed_at = "+12125550199", None
        changing.follow_patient(db, patient=patient, now=local(7, 12, 1), by="Kim")

    after = ways(clinic, "what-to-expect")[-1]
    assert (after.channel, after.due_at, after.status) == (before.channel, before.due_at, Status.SCHEDULED)


def test_a_newer_session_replaces_what_took_over(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(8, 10))
    clinic.receipt(clinic.sms.sent[-1], ReceiptKind.UNDELIVERED, now=local(8, 21), code="30003")
    newer = clinic.record("T2", ended_at=local(8, 22)).treatment
    with clinic.open_db() as db:
        changing.follow_patient(db, patient=db.get_one(Patient, newer.patient_id), now=local(8, 23), by="Kim")
    assert ways(clinic, "check-in")[-1].replaced_by == newer.id


def test_a_reminder_counts_from_when_its_question_left_by_email(clinic: Clinic) -> None:
    clinic.record()
    clinic.run_to(local(14, 10))
    clinic.receipt(clinic.sms.sent[-1], ReceiptKind.UNDELIVERED, now=local(14, 22), code="30003")
    assert clinic.view(clinic.message("pain-score-reminder").id, local(14, 23)).blocked is Reason.CONDITION_NOT_MET

    clinic.run_to(local(15, 9))
    assert clinic.message("pain-score-reminder").due_at == local(18, 10)
    assert clinic.view(clinic.message("pain-score-reminder").id, local(15, 10)).blocked is None


@on_one_database
@pytest.mark.parametrize("answered", [0, 1], ids=["the text", "the email"])
def test_an_answer_to_either_message_answers_the_question(clinic: Clinic, answered: int) -> None:
    clinic.record()
    clinic.run_to(local(14, 10))
    clinic.receipt(clinic.sms.sent[-1], ReceiptKind.UNDELIVERED, now=local(14, 11), code="30003")
    clinic.run_to(local(14, 12))
    answer(clinic, ways(clinic, "pain-score")[answered].id)

    reminder = clinic.message("pain-score-reminder")
    assert clinic.view(reminder.id, local(15, 10)).blocked is Reason.ALREADY_ANSWERED


def answer(clinic: Clinic, question: UUID) -> None:
    with clinic.open_db() as db:
        fields: dict[str, Any] = {
            "patient_id": db.get_one(Message, question).patient_id,
            "channel": Channel.SMS,
            "reference": "IN1",
            "sent_from": "+1",
            "sent_to": "+2",
            "body": "3",
            "raw": {},
        }
        db.add(Reply(**fields, received_at=local(14, 13), read_at=local(14, 13), answers_id=question))


def test_who_was_asked_by_email_instead_and_is_silent_is_asked_again(clinic: Clinic) -> None:
    clinic.record(first_treatment=True)
    fail(clinic, "what-to-expect")
    clinic.run_to(local(9, 10))
    assert [each.status for each in ways(clinic, "still-or-gone")] == [Status.SKIPPED, Status.SENT]


def test_many_that_fail_at_once_are_followed_up_together(clinic: Clinic, engine: Engine) -> None:
    looked_up = []
    for number in range(6):
        patient = {"phone": f"+1212555011{number}", "given_name": f"P{number}", "email": f"p{number}@mail.example"}
        clinic.record(f"T{number}", patient=patient)
        clinic.change(clinic.message("what-to-expect", f"T{number}"), status=Status.FAILED)
    said = list[str]()
    event.listen(engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    for most in (2, 4):
        said.clear()
        with clinic.open_db() as db:
            failed = db.scalars(select(Message).where(Message.status == Status.FAILED).order_by(Message.id)).all()
            failing_over.take_over(db, failed[most - 2 : 2 * most - 2], now=NOON)
        looked_up.append(sum(each.startswith("SELECT") for each in said))
    assert looked_up[0] == looked_up[1]
    assert all(len(ways(clinic, "what-to-expect", f"T{number}")) == 2 for number in range(6))


def test_nothing_is_looked_up_while_nothing_fails(clinic: Clinic, engine: Engine) -> None:
    clinic.record()
    said = list[str]()
    event.listen(engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    with clinic.open_db() as db:
        messages = db.scalars(select(Message)).all()
        said.clear()
        failing_over.take_over(db, messages, now=NOON)
    assert said == []
