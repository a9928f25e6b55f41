from datetime import datetime, timedelta

import pytest

from followup.messages.gateway import Accepted, Answer, Refusal, Refused, Unavailable, Uncertain
from followup.models import Consent, Message, Sender
from followup.models.facts import latest_consents
from followup.terms import AttemptOutcome, Channel, Consented, ConsentSource, Purpose, Reason, ReceiptKind, Status
from tests.builders import AT_ONCE, EMAIL, PATIENCE, PHONE, Clinic, local

NOON = local(7, 12)
SECOND = timedelta(seconds=1)


def answered(clinic: Clinic, *answers: Answer) -> Message:
    """The message at noon after each of these answers to it in turn, none of which is waited for."""
    if not clinic.sms.sent:
        clinic.record()
    for answer in answers:
        clinic.sms.answer_next(answer)
        clinic.tick(NOON)
        message = clinic.message("what-to-expect")
        waited, message.next_try_at = message.next_try_at, None
        clinic.change(message, next_try_at=None)
        message.next_try_at = waited
    return message


def waits(clinic: Clinic, message: Message) -> timedelta:
    begun_at = clinic.attempts(message.id)[-1].answered_at
    assert begun_at
    assert message.next_try_at
    return message.next_try_at - begun_at


def test_an_accepted_message_is_sent(clinic: Clinic) -> None:
    message = answered(clinic, Accepted("SM1"))
    assert (message.status, message.left_at, message.check_at) == (Status.SENT, NOON, None)


def test_a_message_that_was_surely_not_taken_is_owed_again_at_its_old_time(clinic: Clinic) -> None:
    message = answered(clinic, Unavailable("20429"))
    assert (message.status, message.due_at, message.left_at) == (Status.SCHEDULED, NOON, None)
    assert clinic.attempts(message.id)[0].outcome is AttemptOutcome.UNAVAILABLE


def test_it_waits_longer_each_time_and_then_fails(clinic: Clinic) -> None:
    assert [waits(clinic, answered(clinic, Unavailable("20429"))) for _ in PATIENCE.waits] == list(PATIENCE.waits)
    message = answered(clinic, Unavailable("20429"))
    assert (message.status, message.left_at) == (Status.FAILED, None)
    assert len(clinic.attempts(message.id)) == len(PATIENCE.waits) + 1


def test_it_is_not_tried_while_it_waits(clinic: Clinic) -> None:
    clinic.record()
    clinic.sms.answer_next(Unavailable("20429"))
    clinic.tick(NOON)
    clinic.tick(NOON)
    assert len(clinic.attempts(clinic.message("what-to-expect").id)) == 1


@pytest.mark.parametrize(("asked", "waited"), [(3600, 3600), (1, 10)], ids=["longer than ours", "shorter than ours"])
def test_a_gateway_may_ask_for_a_longer_wait_but_not_for_a_shorter_one(clinic: Clinic, asked: int, waited: int) -> None:
    message = answered(clinic, Unavailable("20429", retry_after=asked * SECOND))
    assert waits(clinic, message) == waited * SECOND


def test_a_fault_of_the_account_stops_the_sender_and_costs_the_message_nothing(clinic: Clinic) -> None:
    message = answered(clinic, Unavailable("20003", stops_sender=True))
    assert (message.status, message.next_try_at) == (Status.SCHEDULED, None)
    with clinic.open_db() as db:
        assert db.get_one(Sender, Channel.SMS).stopped_because == (
            "The gateway refuses our account or settings (20003)."
        )
        assert db.get_one(Sender, Channel.EMAIL).stopped_at is None


def test_a_refused_message_fails_and_counts_as_no_text(clinic: Clinic) -> None:
    message = answered(clinic, Refused(Refusal.CONTENT, "21617"))
    assert (message.status, message.left_at, message.check_at) == (Status.FAILED, None, None)


def test_a_bad_number_is_remembered(clinic: Clinic) -> None:
    answered(clinic, Refused(Refusal.BAD_ADDRESS, "21211"))
    assert clinic.patient().phone_failed_at == NOON
    clinic.tick(local(8, 10))
    assert clinic.message("check-in").reason is Reason.BAD_ADDRESS


def test_a_bad_email_address_is_remembered(clinic: Clinic) -> None:
    clinic.record(consent={"sms": False})
    clinic.email.answer_next(Refused(Refusal.BAD_ADDRESS, "550"))
    clinic.tick(NOON)
    patient = clinic.patient()
    assert (patient.email, patient.email_failed_at, patient.phone_failed_at) == (EMAIL, NOON, None)


def test_a_number_that_the_patient_no_longer_has_says_nothing_of_the_new_one(clinic: Clinic) -> None:
    clinic.record()
    [(_, token)] = clinic.lease(NOON)
    parcels = clinic.begin(token, NOON) or []
    clinic.change(clinic.patient(), phone="+12125550199")
    clinic.sms.answer_next(Refused(Refusal.BAD_ADDRESS, "21211"))
    clinic.speak(parcels, NOON)
    assert clinic.patient().phone_failed_at is None


def test_a_number_on_the_gateways_block_list_is_written_into_the_ledger(clinic: Clinic) -> None:
    answered(clinic, Refused(Refusal.OPTED_OUT, "21610"))
    patient = clinic.patient()
    with clinic.open_db() as db:
        held = latest_consents(db, [patient.id])
        lines = [line for line in db.query(Consent) if line.says is Consented.WITHDRAWN]
    assert all(held[patient.id, Channel.SMS, purpose] is Consented.WITHDRAWN for purpose in Purpose)
    assert all(held[patient.id, Channel.EMAIL, purpose] is Consented.GIVEN for purpose in Purpose)
    assert {(line.source, line.evidence) for line in lines} == {(ConsentSource.CARRIER, "refused with 21610")}
    clinic.tick(local(8, 10))
    assert clinic.message("check-in").reason is Reason.OPTED_OUT


def test_an_uncertain_message_is_never_repeated_by_itself(clinic: Clinic) -> None:
    message = answered(clinic, Uncertain("read timeout"))
    assert (message.status, message.left_at) == (Status.UNCERTAIN, NOON)
    clinic.tick(NOON)
    assert len(clinic.attempts(message.id)) == 1


def begun_twice(clinic: Clinic) -> tuple[Clinic, datetime]:
    """A message whose first attempt was taken for absent, and whose second is in the air."""
    clinic.patience = AT_ONCE
    clinic.record()
    clinic.sms.answer_next(Uncertain("cut"))
    clinic.tick(NOON)
    clinic.reconcile()
    clinic.reconcile()
    assert clinic.message("what-to-expect").status is Status.SCHEDULED
    return clinic, NOON


@pytest.mark.parametrize(
    "answer", [Unavailable("20429"), Uncertain("cut"), Refused(Refusal.CONTENT)], ids=["busy", "cut", "refused"]
)
def test_when_the_first_attempt_turns_out_to_have_gone_no_answer_to_the_second_changes_that(
    clinic: Clinic, answer: Answer
) -> None:
    begun_twice(clinic)
    first = clinic.attempts(clinic.message("what-to-expect").id)[0]
    [(_, token)] = clinic.lease(NOON)
    [second] = clinic.begin(token, NOON) or []
    late = type(second)(message_id=second.message_id, attempt_id=first.id, to=PHONE, text="")
    clinic.receipt(late, ReceiptKind.DELIVERED, now=NOON)
    clinic.sms.answer_next(answer)
    clinic.speak([second], NOON)
    clinic.reconcile()
    message = clinic.message("what-to-expect")
    assert (message.status, message.left_at, message.check_at) == (Status.DELIVERED, NOON, None)


def test_an_answer_that_comes_after_its_attempt_was_taken_for_absent_still_keeps_it_from_going_twice(
    clinic: Clinic,
) -> None:
    clinic.patience = AT_ONCE
    clinic.record()
    [(_, token)] = clinic.lease(NOON)
    parcels = clinic.begin(token, NOON) or []
    clinic.reconcile()
    clinic.reconcile()
    assert clinic.message("what-to-expect").status is Status.SCHEDULED
    clinic.speak(parcels, NOON)
    clinic.tick(NOON)
    assert (len(clinic.sms.sent), clinic.message("what-to-expect").status) == (1, Status.SENT)
