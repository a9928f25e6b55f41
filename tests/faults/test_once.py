"""The promise "once": wherever a process dies and whatever a gateway does, the patient gets the message one time."""

import os
import signal

import pytest
import redis

from followup.actions import settling
from followup.models import Message, Patient
from followup.terms import Channel, Reason, Status

from .service import ON_BOTH_DATABASES, WENT, Service

pytestmark = ON_BOTH_DATABASES

RECEIPTS = pytest.mark.parametrize("faults", [[], ["no_receipt"]], ids=["receipts", "no receipt"])


def test_a_tick_that_dies_between_its_lease_and_the_queue(service: Service) -> None:
    service.kill_at("leased")
    owed = service.owe()
    service.until_settled(owed, *WENT)
    assert service.has_killed_at("leased")
    assert len(service.texts(owed)) == 1


def test_a_worker_that_dies_with_its_attempt_made_and_no_byte_written(service: Service) -> None:
    service.kill_at("begun")
    owed = service.owe()
    service.until_settled(owed, *WENT)
    assert service.has_killed_at("begun")
    assert service.message(owed).tries == 2
    assert len(service.texts(owed)) == 1


@RECEIPTS
def test_a_worker_that_dies_while_twilio_has_the_text_and_says_nothing(service: Service, faults: list[str]) -> None:
    owed = service.owe("hang", *faults)
    service.until(lambda: service.texts(owed))
    os.kill(service.speaker(), signal.SIGKILL)
    service.until_settled(owed, *WENT)
    assert len(service.texts(owed)) == 1


@RECEIPTS
def test_a_worker_that_dies_with_an_answer_in_its_hand(service: Service, faults: list[str]) -> None:
    service.kill_at("answered")
    owed = service.owe(*faults)
    service.until_settled(owed, *WENT)
    service.until(lambda: service.has_killed_at("answered"))
    assert len(service.texts(owed)) == 1


@RECEIPTS
def test_a_worker_that_dies_after_it_recorded_the_answer(service: Service, faults: list[str]) -> None:
    service.kill_at("recorded")
    owed = service.owe(*faults)
    service.until_settled(owed, *WENT)
    service.until(lambda: service.has_killed_at("recorded"))
    assert len(service.texts(owed)) == 1


@pytest.mark.parametrize("point", ["looking", "looked"])
def test_a_reconciler_that_dies_around_its_look_into_the_list(service: Service, point: str) -> None:
    service.kill_at(point)
    owed = service.owe("cut", "no_receipt")
    service.until_settled(owed, *WENT)
    assert service.has_killed_at(point)
    assert len(service.texts(owed)) == 1


def test_a_hook_that_dies_before_it_kept_the_receipt(service: Service) -> None:
    service.kill_at("after keep_receipts")
    owed = service.owe()
    service.until_settled(owed, Status.DELIVERED)  # Twilio asked again, and a new process heard it
    assert service.has_killed_at("after keep_receipts")
    assert len(service.texts(owed)) == 1


def test_a_whole_worker_killed_in_the_middle_of_its_work(service: Service) -> None:
    caught = service.owe("hang", "no_receipt")
    service.until(lambda: service.texts(caught))
    service.processes.signal("worker-1", signal.SIGKILL)
    waiting = service.owe()
    service.until_settled(caught, *WENT)
    service.until_settled(waiting, *WENT)
    assert [len(service.texts(owed)) for owed in (caught, waiting)] == [1, 1]


def test_a_broker_that_forgets_everything_that_was_queued(service: Service) -> None:
    service.processes.signal("worker-1", signal.SIGSTOP)
    owed = service.owe()
    with redis.Redis(unix_socket_path=service.broker_url.removeprefix("redis+socket://")) as broker:
        service.until(lambda: any(b"send_batch" in task for task in broker.lrange("followup", 0, -1)))
        broker.flushall()
    service.processes.signal("worker-1", signal.SIGCONT)
    service.until_settled(owed, *WENT)
    assert len(service.texts(owed)) == 1


def test_a_stop_that_comes_between_lease_and_attempt_is_obeyed(service: Service) -> None:
    service.kill_at("leased")
    owed = service.owe()
    service.until(lambda: service.has_killed_at("leased"))
    service.write(owed, "STOP")
    service.until_settled(owed, Status.SKIPPED)
    assert service.message(owed).reason is Reason.OPTED_OUT
    assert service.texts(owed) == []


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


def test_a_worker_that_dies_while_the_mail_server_has_the_email(service: Service) -> None:
    owed = service.owe("mail_hang", channel=Channel.EMAIL)
    service.until(lambda: service.mails(owed))
    os.kill(service.speaker(), signal.SIGKILL)
    service.until_settled(owed, Status.UNCERTAIN)
    service.until(lambda: service.message(owed).check_at is None)  # from now on only a person can tell
    assert len(service.mails(owed)) == 1
