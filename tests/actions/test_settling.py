from datetime import timedelta

import pytest

from followup.actions import settling
from followup.actions.patience import Patience
from followup.actions.settling import CannotSettle
from followup.messages.gateway import Sighting, Uncertain
from followup.models import AuditEntry
from followup.terms import AttemptOutcome, Reason, ReceiptKind, Status
from tests.builders import AT_ONCE, Clinic, local

NOON = local(7, 12)


def make_uncertain(clinic: Clinic, *, arrives: bool, patience: Patience = AT_ONCE) -> None:
    clinic.patience = patience
    clinic.record()
    clinic.sms.answer_next(Uncertain("read timeout"), arrives=arrives)
    clinic.tick(NOON)


def settle(clinic: Clinic, sightings: list[Sighting] | None) -> None:
    [attempt] = clinic.attempts(clinic.message("what-to-expect").id)
    with clinic.open_db() as db:
        settling.settle(db, attempt_id=attempt.id, sightings=sightings, now=NOON, patience=clinic.patience)


def test_a_message_in_the_gateways_list_was_sent(clinic: Clinic) -> None:
    make_uncertain(clinic, arrives=True)
    clinic.reconcile()
    message = clinic.message("what-to-expect")
    [attempt] = clinic.attempts(message.id)
    assert (message.status, message.check_at, message.left_at) == (Status.SENT, None, NOON)
    assert (attempt.outcome, attempt.reference) == (AttemptOutcome.ACCEPTED, "outbox-1")


def test_a_message_that_two_lists_lack_never_arrived_and_is_sent(clinic: Clinic) -> None:
    make_uncertain(clinic, arrives=False)
    clinic.reconcile()
    assert clinic.message("what-to-expect").status is Status.UNCERTAIN
    clinic.reconcile()
    assert clinic.message("what-to-expect").status is Status.SCHEDULED
    clinic.tick(NOON)
    message = clinic.message("what-to-expect")
    assert message.status is Status.SENT
    assert [attempt.outcome for attempt in clinic.attempts(message.id)] == [
        AttemptOutcome.ABSENT,
        AttemptOutcome.ACCEPTED,
    ]


def test_a_message_that_never_arrived_and_has_expired_meanwhile_is_not_sent(clinic: Clinic) -> None:
    make_uncertain(clinic, arrives=False)
    clinic.reconcile()
    clinic.reconcile()
    clinic.tick(local(8, 9))
    assert clinic.message("what-to-expect").reason is Reason.TOO_LATE


def test_lists_too_close_together_prove_nothing(clinic: Clinic) -> None:
    make_uncertain(clinic, arrives=False, patience=Patience(surely_listed=timedelta(0)))
    for _ in range(3):
        settle(clinic, [])
    assert clinic.message("what-to-expect").status is Status.UNCERTAIN


def test_a_list_read_too_early_proves_nothing(clinic: Clinic) -> None:
    make_uncertain(clinic, arrives=False, patience=Patience(between_lists=timedelta(0)))
    for _ in range(3):
        settle(clinic, [])
    [attempt] = clinic.attempts(clinic.message("what-to-expect").id)
    assert attempt.missing_since is None


def test_a_list_that_could_not_be_read_whole_proves_nothing(clinic: Clinic) -> None:
    make_uncertain(clinic, arrives=False)
    for _ in range(3):
        settle(clinic, None)
    assert clinic.message("what-to-expect").status is Status.UNCERTAIN


def test_a_text_that_is_another_messages_own_proves_nothing(clinic: Clinic) -> None:
    make_uncertain(clinic, arrives=False)
    clinic.tick(local(8, 10))
    [other] = clinic.attempts(clinic.message("check-in").id)
    assert other.reference
    settle(clinic, [Sighting(other.reference, ReceiptKind.DELIVERED)])
    assert clinic.message("what-to-expect").status is Status.UNCERTAIN


def test_what_the_list_says_of_a_message_is_believed(clinic: Clinic) -> None:
    make_uncertain(clinic, arrives=True)
    settle(clinic, [Sighting("SM1", ReceiptKind.UNDELIVERED, "30003")])
    assert clinic.message("what-to-expect").status is Status.UNDELIVERED


def test_a_receipt_is_faster_than_the_list_and_ends_the_search(clinic: Clinic) -> None:
    make_uncertain(clinic, arrives=True)
    clinic.receipt(clinic.sms.sent[0], ReceiptKind.DELIVERED, now=NOON)
    settle(clinic, [])
    message = clinic.message("what-to-expect")
    assert (message.status, message.check_at) == (Status.DELIVERED, None)


def test_an_attempt_of_a_worker_that_died_becomes_uncertain_and_is_looked_for(clinic: Clinic) -> None:
    clinic.patience = AT_ONCE
    clinic.record()
    [(_, token)] = clinic.lease(NOON)
    clinic.begin(token, NOON)
    clinic.reconcile()
    assert clinic.message("what-to-expect").status is Status.UNCERTAIN
    clinic.reconcile()
    clinic.tick(NOON)
    assert len(clinic.sms.sent) == 1


def test_an_attempt_that_may_still_be_answered_is_left_alone(clinic: Clinic) -> None:
    clinic.record()
    [(_, token)] = clinic.lease(NOON)
    clinic.begin(token, NOON)
    clinic.reconcile()
    assert clinic.message("what-to-expect").status is Status.SENDING


def test_an_uncertain_email_waits_for_a_person(clinic: Clinic) -> None:
    clinic.patience = AT_ONCE
    clinic.record(consent={"sms": False})
    clinic.email.answer_next(Uncertain("cut after data"))
    clinic.tick(NOON)
    for _ in range(3):
        clinic.reconcile()
    message = clinic.message("what-to-expect")
    assert (message.status, message.check_at) == (Status.UNCERTAIN, None)


@pytest.mark.parametrize("was_sent", [True, False], ids=["sent", "not sent"])
def test_a_person_may_say_what_became_of_it(clinic: Clinic, was_sent: bool) -> None:
    make_uncertain(clinic, arrives=was_sent)
    with clinic.open_db() as db:
        message = db.merge(clinic.message("what-to-expect"))
        settling.settle_by_hand(db, message=message, was_sent=was_sent, now=NOON, by="desk")
    message = clinic.message("what-to-expect")
    assert message.status is (Status.SENT if was_sent else Status.FAILED)
    assert (message.left_at, message.check_at) == (NOON if was_sent else None, None)
    with clinic.open_db() as db:
        note = db.query(AuditEntry).filter_by(did="settle").one()
    assert (note.did_by, note.details) == ("desk", {"was_sent": was_sent})


def test_only_what_is_uncertain_can_be_settled(clinic: Clinic) -> None:
    clinic.record()
    message = clinic.message("what-to-expect")
    with clinic.open_db() as db, pytest.raises(CannotSettle, match="is scheduled, not uncertain"):
        settling.settle_by_hand(db, message=message, was_sent=True, now=NOON, by="desk")
