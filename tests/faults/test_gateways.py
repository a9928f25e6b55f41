"""Whatever a gateway does, the patient gets the message once, and nobody is told otherwise."""

import pytest

from followup.actions import settling
from followup.models import Message, Patient
from followup.terms import Channel, Status

from .service import ON_BOTH_DATABASES, WENT, Service

pytestmark = ON_BOTH_DATABASES


@pytest.mark.parametrize(
    "fault",
    ["busy", "slow", "hang", "cut", "error_after_accept", "receipt_late", "receipt_twice", "receipts_out_of_order"],
)
def test_a_text_that_goes_through_trouble_arrives_once(service: Service, fault: str) -> None:
    owed = service.owe(fault, seconds=1)
    service.until_settled(owed, Status.DELIVERED)
    assert len(service.texts(owed)) == 1


def test_a_receipt_that_overtakes_the_answer_stands(service: Service) -> None:
    owed = service.owe("receipt_before_answer")
    service.until_settled(owed, Status.DELIVERED)
    assert len(service.texts(owed)) == 1


def test_a_text_without_a_receipt_stays_sent(service: Service) -> None:
    owed = service.owe("no_receipt")
    service.until_settled(owed, Status.SENT)
    assert len(service.texts(owed)) == 1


@pytest.mark.parametrize("fault", ["cut", "error_after_accept"])
def test_a_text_of_which_nobody_tells_is_found_in_the_list(service: Service, fault: str) -> None:
    owed = service.owe(fault, "no_receipt")
    service.until_settled(owed, *WENT)
    assert service.message(owed).tries == 1
    assert len(service.texts(owed)) == 1


def test_a_text_that_twilio_lost_is_sent_again_once_its_list_proves_it(service: Service) -> None:
    owed = service.owe("error_before_accept")
    service.until_settled(owed, *WENT)
    assert service.message(owed).tries == 2
    assert len(service.texts(owed)) == 1


def test_a_text_that_the_carrier_cannot_deliver_is_not_repeated(service: Service) -> None:
    owed = service.owe("undelivered")
    service.until_settled(owed, Status.UNDELIVERED)
    assert len(service.texts(owed)) == 1


def test_an_email_that_is_put_off_arrives_once(service: Service) -> None:
    owed = service.owe("temporary", channel=Channel.EMAIL)
    service.until_settled(owed, Status.SENT)
    assert service.message(owed).tries == 2
    assert len(service.mails(owed)) == 1


def test_an_email_that_is_refused_fails_and_marks_the_address(service: Service) -> None:
    owed = service.owe("permanent", channel=Channel.EMAIL)
    service.until_settled(owed, Status.FAILED)
    with service.open_db() as db:
        assert db.get_one(Patient, db.get_one(Message, owed.id).patient_id).email_failed_at is not None
    assert service.mails(owed) == []


def test_an_email_without_an_answer_waits_for_a_person(service: Service) -> None:
    owed = service.owe("cut_after_data", channel=Channel.EMAIL)
    service.until(lambda: service.message(owed).status is Status.UNCERTAIN and service.message(owed).check_at is None)
    with service.open_db() as db:
        message = db.get_one(Message, owed.id)
        settling.settle_by_hand(db, message=message, was_sent=True, now=service.now(), by="front desk")
    assert service.message(owed).status is Status.SENT
    assert len(service.mails(owed)) == 1
