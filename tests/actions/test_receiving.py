from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from followup.messages.gateway import Parcel, Uncertain
from followup.models import Clinic as Place, Consent, Message, Receipt, Reply, Sender
from followup.terms import (
    AttemptOutcome,
    Channel,
    Consented,
    ConsentSource,
    Origin,
    Purpose,
    Reason,
    ReceiptKind,
    Status,
    StopScope,
)
from tests.builders import AT_ONCE, MONDAY, PHONE, Clinic, local

NOON = local(7, 12)
TAKEN, DELIVERED, UNDELIVERED, FAILED = ReceiptKind


def send(clinic: Clinic) -> Parcel:
    clinic.record()
    clinic.tick(NOON)
    return clinic.sms.sent[0]


def confirmations(clinic: Clinic) -> list[Message]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Message).where(Message.origin == Origin.CONFIRMATION).order_by(Message.id)))


def held(clinic: Clinic) -> list[tuple[Channel, Purpose, Consented]]:
    with clinic.open_db() as db:
        return [(line.channel, line.purpose, line.says) for line in db.scalars(select(Consent).order_by(Consent.id))]


def test_receipts_move_a_message_on(clinic: Clinic) -> None:
    parcel = send(clinic)
    clinic.receipt(parcel, DELIVERED, now=NOON)
    assert clinic.message("what-to-expect").status is Status.DELIVERED


def test_a_receipt_that_comes_twice_is_kept_once(clinic: Clinic) -> None:
    parcel = send(clinic)
    assert clinic.receipt(parcel, DELIVERED, now=NOON)
    assert not clinic.receipt(parcel, DELIVERED, now=NOON)
    with clinic.open_db() as db:
        assert len(db.scalars(select(Receipt)).all()) == 1


def test_a_late_receipt_moves_nothing_back(clinic: Clinic) -> None:
    parcel = send(clinic)
    clinic.receipt(parcel, DELIVERED, now=NOON)
    clinic.receipt(parcel, TAKEN, now=NOON)
    assert clinic.message("what-to-expect").status is Status.DELIVERED


def test_a_receipt_may_be_faster_than_the_answer(clinic: Clinic) -> None:
    clinic.record()
    [(_, token)] = clinic.lease(NOON)
    parcels = clinic.begin(token, NOON) or []
    clinic.receipt(parcels[0], DELIVERED, now=NOON, reference="outbox-1")
    clinic.speak(parcels, NOON)
    message = clinic.message("what-to-expect")
    [attempt] = clinic.attempts(message.id)
    assert (message.status, attempt.outcome) == (Status.DELIVERED, AttemptOutcome.ACCEPTED)


def test_a_receipt_settles_an_answer_that_was_uncertain(clinic: Clinic) -> None:
    clinic.record()
    clinic.sms.answer_next(Uncertain("cut"), arrives=True)
    clinic.tick(NOON)
    clinic.receipt(clinic.sms.sent[0], TAKEN, now=NOON)
    message = clinic.message("what-to-expect")
    assert (message.status, message.check_at) == (Status.SENT, None)


@pytest.mark.parametrize("leased", [False, True])
def test_a_receipt_of_an_attempt_that_was_taken_for_absent_keeps_it_from_going_twice(
    clinic: Clinic, leased: bool
) -> None:
    clinic.record()
    clinic.patience = AT_ONCE
    [(_, token)] = clinic.lease(NOON)
    [parcel] = clinic.begin(token, NOON) or []
    clinic.reconcile()
    clinic.reconcile()
    batches = clinic.lease(NOON) if leased else []
    clinic.receipt(parcel, DELIVERED, now=NOON)
    assert [clinic.begin(token, NOON) for _, token in batches] == [None] * len(batches)
    clinic.tick(NOON)
    message = clinic.message("what-to-expect")
    assert (message.status, message.left_at, clinic.sms.sent) == (Status.DELIVERED, NOON, [])


def test_a_message_that_was_skipped_but_had_gone_no_longer_says_why_it_did_not(clinic: Clinic) -> None:
    clinic.record()
    clinic.patience = AT_ONCE
    [(_, token)] = clinic.lease(NOON)
    [parcel] = clinic.begin(token, NOON) or []
    clinic.reconcile()
    clinic.reconcile()
    clinic.tick(local(8, 9))
    assert clinic.message("what-to-expect").reason is Reason.TOO_LATE
    clinic.receipt(parcel, DELIVERED, now=local(8, 9))
    message = clinic.message("what-to-expect")
    assert (message.status, message.reason) == (Status.DELIVERED, None)


def test_a_receipt_about_nothing_of_ours_is_forgotten(clinic: Clinic) -> None:
    parcel = send(clinic)
    stranger = Parcel(message_id=parcel.attempt_id, attempt_id=parcel.message_id, to=PHONE, text="")
    assert not clinic.receipt(stranger, DELIVERED, now=NOON)


def test_a_number_that_the_carrier_does_not_know_is_remembered(clinic: Clinic) -> None:
    clinic.receipt(send(clinic), UNDELIVERED, now=NOON, code="30005")
    clinic.tick(local(8, 10))
    assert clinic.message("check-in").reason is Reason.BAD_ADDRESS


def test_a_phone_that_was_off_is_not_taken_for_a_bad_number(clinic: Clinic) -> None:
    clinic.receipt(send(clinic), UNDELIVERED, now=NOON, code="30003")
    assert clinic.patient().phone_failed_at is None


def test_a_block_that_only_the_receipt_tells_of_is_written_into_the_ledger(clinic: Clinic) -> None:
    clinic.receipt(send(clinic), FAILED, now=NOON, code="21610")
    clinic.tick(local(8, 10))
    assert clinic.message("check-in").reason is Reason.OPTED_OUT


def test_an_account_that_the_carriers_refuse_stops_the_sender(clinic: Clinic) -> None:
    clinic.receipt(send(clinic), UNDELIVERED, now=NOON, code="30034")
    with clinic.open_db() as db:
        assert db.get_one(Sender, Channel.SMS).stopped_at == NOON


def test_stop_ends_every_purpose_of_that_channel_alone(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("Stop!", now=MONDAY)
    assert held(clinic)[6:] == [(Channel.SMS, purpose, Consented.WITHDRAWN) for purpose in Purpose]
    clinic.run_to(local(30, 10))
    assert clinic.message("check-in").reason is Reason.OPTED_OUT
    assert clinic.message("change-score").status is Status.SENT


def test_stop_is_confirmed_once_and_at_once_also_in_quiet_hours(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("STOP", now=local(7, 23), reference="IN1")
    clinic.reply("STOP", now=local(7, 23), reference="IN1")
    clinic.reply("please stop", now=local(7, 23), reference="IN2")
    clinic.reply("STOP", now=local(7, 23), reference="IN3")
    assert len(confirmations(clinic)) == 1
    clinic.tick(local(7, 23))
    [parcel] = [parcel for parcel in clinic.sms.sent if parcel.is_answer]
    assert "You will get no more texts from us." in parcel.text
    assert "Reply STOP" not in parcel.text


def test_a_confirmation_that_could_not_leave_in_time_is_left_out(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("STOP", now=MONDAY)
    clinic.tick(local(7, 10, 5))
    assert confirmations(clinic)[0].reason is Reason.TOO_LATE


def test_when_twilio_has_answered_we_do_not(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("STOP", now=MONDAY, OptOutType="STOP")
    assert confirmations(clinic) == []
    assert held(clinic)[-1] == (Channel.SMS, Purpose.BOOKING, Consented.WITHDRAWN)


def test_a_word_that_only_twilio_knows_for_stop_is_obeyed(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("toppa", now=MONDAY, OptOutType="STOP")
    assert held(clinic)[-1] == (Channel.SMS, Purpose.BOOKING, Consented.WITHDRAWN)


def test_start_permits_again_and_is_confirmed(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("STOP", now=MONDAY)
    clinic.reply("start", now=local(7, 11))
    assert held(clinic)[-1] == (Channel.SMS, Purpose.BOOKING, Consented.GIVEN)
    assert [message.wording for message in confirmations(clinic)] == ["stop-confirmation", "start-confirmation"]
    clinic.tick(NOON)
    assert clinic.message("what-to-expect").status is Status.SENT


@pytest.mark.parametrize("word", ["HELP", "info!"])
def test_help_is_told_who_we_are_and_changes_nothing_that_was_agreed_or_stopped(clinic: Clinic, word: str) -> None:
    clinic.record()
    clinic.reply("STOP", now=MONDAY)
    before = held(clinic)
    clinic.reply(word, now=local(7, 11))
    assert held(clinic) == before
    assert [message.wording for message in confirmations(clinic)] == ["stop-confirmation", "help"]


def test_help_that_twilio_has_answered_is_not_answered_again(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("HELP", now=local(7, 11), OptOutType="HELP")
    assert confirmations(clinic) == []


def stop_a_part(clinic: Clinic) -> None:
    """STOP to the pain question, where the clinic lets STOP end no more than what it answers."""
    with clinic.open_db() as db:
        db.scalars(select(Place)).one().stop_scope = StopScope.PURPOSE
    clinic.record()
    clinic.run_to(local(14, 10))
    clinic.reply("STOP", now=local(14, 11))


def test_where_the_clinic_says_so_stop_ends_only_what_it_answers(clinic: Clinic) -> None:
    stop_a_part(clinic)
    assert held(clinic)[6:] == [(Channel.SMS, Purpose.FEEDBACK, Consented.WITHDRAWN)]
    assert [message.wording for message in confirmations(clinic)] == ["stop-part-confirmation"]


def test_a_second_stop_ends_everything(clinic: Clinic) -> None:
    stop_a_part(clinic)
    clinic.reply("STOP", now=local(14, 12))
    stopped = [(Channel.SMS, purpose, Consented.WITHDRAWN) for purpose in (Purpose.CARE, Purpose.BOOKING)]
    assert held(clinic)[7:] == stopped
    assert confirmations(clinic)[-1].wording == "stop-confirmation"


def test_a_stop_that_answers_no_text_of_ours_ends_everything(clinic: Clinic) -> None:
    with clinic.open_db() as db:
        db.scalars(select(Place)).one().stop_scope = StopScope.PURPOSE
    clinic.record()
    clinic.reply("STOP", now=MONDAY)
    assert held(clinic)[6:] == [(Channel.SMS, purpose, Consented.WITHDRAWN) for purpose in Purpose]


def test_the_ledger_names_the_words_that_the_patient_saw_last(clinic: Clinic) -> None:
    clinic.record(patient={"language": "es"})
    clinic.tick(NOON)
    clinic.reply("ALTO", now=local(7, 13), reference="IN1")
    with clinic.open_db() as db:
        line = db.scalars(select(Consent).order_by(Consent.id.desc()).limit(1)).one()
    assert (line.source, line.evidence, line.wording_version) == (ConsentSource.REPLY, "reply IN1", "es.1")


def test_start_of_someone_who_never_stopped_changes_nothing(clinic: Clinic) -> None:
    clinic.record()
    before = held(clinic)
    clinic.reply("START", now=MONDAY)
    assert (held(clinic), confirmations(clinic)) == (before, [])


def test_everyone_who_shares_a_phone_is_stopped_and_one_confirmation_goes(clinic: Clinic) -> None:
    clinic.record("T1")
    clinic.record("T2", patient={"given_name": "Ben"})
    clinic.reply("STOP", now=MONDAY)
    clinic.run_to(local(9, 10))
    assert [parcel.is_answer for parcel in clinic.sms.sent] == [True]


def test_a_reply_is_kept_as_it_came_whoever_sent_it(clinic: Clinic) -> None:
    assert clinic.reply("still tingling", now=MONDAY, sent_from="+12125550177", reference="IN1", NumMedia="0")
    assert not clinic.reply("still tingling", now=MONDAY, sent_from="+12125550177", reference="IN1")
    with clinic.open_db() as db:
        [reply] = db.scalars(select(Reply)).all()
    assert (reply.body, reply.sent_from, reply.raw) == ("still tingling", "+12125550177", {"NumMedia": "0"})


def test_a_stop_and_a_batch_that_meet_leave_either_a_skipped_or_a_sent_text(busy_clinic: Clinic) -> None:
    clinic = busy_clinic
    for number in range(6):
        phone = f"+1212555010{number}"
        clinic.record(f"T{number}", patient={"phone": phone, "given_name": f"P{number}"})
    [(_, token)] = clinic.lease(NOON)
    meet = Barrier(2)
    begun: list[Parcel] = []

    def work() -> None:
        meet.wait()
        begun.extend(clinic.begin(token, NOON) or [])

    def stop() -> None:
        meet.wait()
        for number in range(6):
            clinic.reply("STOP", now=NOON, sent_from=f"+1212555010{number}")

    threads = [Thread(target=work), Thread(target=stop)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gone = {parcel.message_id for parcel in begun}
    for number in range(6):
        message = clinic.message("what-to-expect", f"T{number}")
        expected = (Status.SENDING, None) if message.id in gone else (Status.SKIPPED, Reason.OPTED_OUT)
        assert (message.status, message.reason) == expected
