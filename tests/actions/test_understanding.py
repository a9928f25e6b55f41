"""What follows from a reply: labels, the answer to a question, outcomes, alerts and consent; each once."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select

from followup.actions import alerting, reacting
from followup.messages.gateway import Uncertain
from followup.models import Alert, Consent, Message, Outcome, Reply
from followup.terms import Channel, Consented, Label, Measure, Origin, Purpose, Status
from tests.alarms import put_on_call
from tests.builders import MONDAY, PHONE, Clinic, local
from tests.conftest import on_one_database

NOON = local(7, 12)
DAY_7 = local(14, 10)  #: when the pain question leaves
STRANGER = "+12125550177"


def alerts(clinic: Clinic) -> list[Alert]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Alert).order_by(Alert.id)))


def outcomes(clinic: Clinic) -> list[Outcome]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Outcome).order_by(Outcome.id)))


def answers(clinic: Clinic) -> list[str]:
    with clinic.open_db() as db:
        said = select(Message.wording).where(Message.origin.in_((Origin.REPLY, Origin.CONFIRMATION)))
        return list(db.scalars(said.order_by(Message.id)))


def last(clinic: Clinic) -> Reply:
    with clinic.open_db() as db:
        return db.scalars(select(Reply).order_by(Reply.id.desc()).limit(1)).one()


def asked(clinic: Clinic, until: datetime = DAY_7, **session: Any) -> None:
    """A clinic whose patient has been asked for the pain score, or whatever leaves until then."""
    clinic.record(**session)
    clinic.run_to(until)


def test_a_number_answers_the_open_question_and_is_kept(clinic: Clinic) -> None:
    asked(clinic, baseline_pain=6)
    clinic.reply("4", now=local(14, 11))
    reply, [kept] = last(clinic), outcomes(clinic)
    treatment = clinic.owed("pain-score").treatment
    assert treatment
    assert (reply.labels, reply.answers_id) == (["score"], clinic.message("pain-score").id)
    assert (kept.measure, kept.value, kept.measured_at, kept.treatment_id) == (
        Measure.PAIN,
        4,
        local(14, 11),
        treatment.id,
    )
    assert (alerts(clinic), answers(clinic)) == ([], ["answer-score-thanks-booking"])


def test_an_answer_to_the_reminder_is_filed_under_the_question(clinic: Clinic) -> None:
    asked(clinic, local(17, 10))
    assert clinic.message("pain-score-reminder").status is Status.SENT
    clinic.reply("4", now=local(17, 11))
    assert last(clinic).answers_id == clinic.message("pain-score").id


def test_a_reply_before_our_send_was_recorded_is_an_answer(clinic: Clinic) -> None:
    asked(clinic, local(14, 9))
    [(_, token)] = clinic.lease(local(14, 10))
    parcels = clinic.begin(token, local(14, 10)) or []
    clinic.reply("4", now=local(14, 10))
    clinic.speak(parcels, local(14, 10))
    assert [outcome.value for outcome in outcomes(clinic)] == [4]


def test_a_reply_to_what_may_have_gone_is_an_answer(clinic: Clinic) -> None:
    asked(clinic, local(14, 9))
    clinic.sms.answer_next(Uncertain("cut"), arrives=True)
    clinic.tick(local(14, 10))
    clinic.reply("4", now=local(14, 11))
    assert len(outcomes(clinic)) == 1


def test_a_number_long_after_the_question_goes_to_a_person(clinic: Clinic) -> None:
    asked(clinic, local(11, 12))
    clinic.reply("4", now=local(13, 11))
    [alert] = alerts(clinic)
    assert (alert.label, outcomes(clinic), answers(clinic)) == (Label.UNCLEAR, [], ["answer-unclear"])


def test_a_second_number_answers_nothing_any_more(clinic: Clinic) -> None:
    asked(clinic)
    clinic.reply("4", now=local(14, 11))
    clinic.reply("6", now=local(14, 12))
    assert [outcome.value for outcome in outcomes(clinic)] == [4]
    assert last(clinic).labels == ["unclear"]


@on_one_database
@pytest.mark.parametrize(("said", "baseline"), [("8", 9), ("6", 3)])
def test_high_pain_is_urgent_and_kept(clinic: Clinic, said: str, baseline: int) -> None:
    asked(clinic, baseline_pain=baseline)
    clinic.reply(said, now=local(14, 11))
    [alert] = alerts(clinic)
    assert (alert.label, len(outcomes(clinic)), answers(clinic)) == (Label.URGENT, 1, ["answer-urgent"])


def test_a_score_with_a_worry_is_both(clinic: Clinic) -> None:
    asked(clinic)
    clinic.reply("3 but my foot is numb", now=local(14, 11))
    [alert] = alerts(clinic)
    assert (alert.label, outcomes(clinic)[0].value, answers(clinic)) == (Label.NERVE, 3, ["answer-nerve"])


def test_a_number_that_cannot_be_read_is_asked_for_once_and_then_goes_to_a_person(clinic: Clinic) -> None:
    asked(clinic)
    clinic.reply("5-6", now=local(14, 11))
    assert (alerts(clinic), answers(clinic), last(clinic).answers_id) == ([], ["ask-score-again"], None)
    clinic.tick(local(14, 11))
    assert "one number from 0 to 10" in clinic.sms.sent[-1].text
    clinic.reply("6-7", now=local(14, 12))
    assert [alert.label for alert in alerts(clinic)] == [Label.UNCLEAR]
    assert answers(clinic) == ["ask-score-again", "answer-unclear"]


def test_a_number_after_we_asked_again_is_the_answer(clinic: Clinic) -> None:
    asked(clinic)
    clinic.reply("5-6", now=local(14, 11))
    clinic.reply("6", now=local(14, 12))
    assert [outcome.value for outcome in outcomes(clinic)] == [6]


def test_a_letter_answers_the_check_in(clinic: Clinic) -> None:
    asked(clinic, local(8, 10))
    clinic.reply("C", now=local(8, 11))
    reply, [alert] = last(clinic), alerts(clinic)
    assert (reply.answers_id, alert.label) == (clinic.message("check-in").id, Label.NERVE)
    clinic.run_to(local(9, 10))
    assert clinic.message("still-or-gone").status is Status.SENT


def test_who_wants_a_call_hears_that_one_will_come(clinic: Clinic) -> None:
    asked(clinic, local(8, 10))
    clinic.reply("D", now=local(8, 11))
    assert ([alert.label for alert in alerts(clinic)], answers(clinic)) == ([Label.URGENT], ["answer-call"])


def test_gone_lets_prompts_go_and_closes_nothing(clinic: Clinic) -> None:
    asked(clinic, local(8, 10))
    clinic.reply("C", now=local(8, 11))
    clinic.run_to(local(9, 10))
    clinic.reply("GONE", now=local(9, 11))
    [alert] = alerts(clinic)
    assert (alert.released_at, alert.resolved_at) == (local(9, 11), None)


def test_words_that_matched_are_kept_with_their_place(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("my foot is numb", now=NOON)
    reply = last(clinic)
    assert reply.labels == ["nerve"]
    assert all(reply.body[match["start"] : match["end"]] == match["words"] for match in reply.matched)
    assert "nerve" in [match["label"] for match in reply.matched]


def test_a_picture_goes_to_a_person(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("thanks", now=NOON, NumMedia="1", MediaUrl0="https://api.example/media/ME1")
    assert (last(clinic).labels, [alert.label for alert in alerts(clinic)]) == (["unclear", "thanks"], [Label.UNCLEAR])


@on_one_database
@pytest.mark.parametrize("number", ["0", "", "none", "-1", "9" * 5_000, "\N{SUPERSCRIPT TWO}"])
def test_a_strange_number_of_pictures_breaks_nothing(clinic: Clinic, number: str) -> None:
    clinic.record()
    clinic.reply("thanks", now=NOON, NumMedia=number)
    assert "thanks" in last(clinic).labels


def test_a_reply_read_again_raises_no_second_alert_answer_or_outcome(clinic: Clinic) -> None:
    asked(clinic)
    clinic.reply("3 but my foot is numb", now=local(14, 11))
    for minute in (12, 13):
        clinic.change(last(clinic), read_at=None)
        clinic.read(local(14, 11, minute))
    assert (len(alerts(clinic)), answers(clinic), len(outcomes(clinic))) == (1, ["answer-nerve"], 1)
    assert last(clinic).read_at == local(14, 11, 13)


def test_a_reply_that_twilio_delivers_three_times_counts_once(clinic: Clinic) -> None:
    asked(clinic)
    for _ in range(3):
        clinic.reply("3 but my foot is numb", now=local(14, 11), reference="IN1")
    assert (len(alerts(clinic)), answers(clinic), len(outcomes(clinic))) == (1, ["answer-nerve"], 1)


def test_two_replies_within_a_second_are_two_words_about_one_worry(clinic: Clinic) -> None:
    asked(clinic)
    clinic.keep("4", now=local(14, 11), reference="IN1")
    clinic.keep("and my foot is numb", now=local(14, 11) + timedelta(milliseconds=300), reference="IN2")
    clinic.read(local(14, 11))
    assert ([alert.label for alert in alerts(clinic)], len(outcomes(clinic))) == ([Label.NERVE], 1)


def test_a_crash_while_reading_leaves_nothing_and_the_next_tick_reads_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(clinic)
    clinic.keep("3 but my foot is numb", now=local(14, 11))
    with monkeypatch.context() as patch:
        patch.setattr(reacting, "react", _killed)
        with pytest.raises(Killed):
            clinic.read(local(14, 11))
    assert (last(clinic).read_at, alerts(clinic), outcomes(clinic)) == (None, [], [])
    clinic.read(local(14, 12))
    assert (len(alerts(clinic)), answers(clinic), len(outcomes(clinic))) == (1, ["answer-nerve"], 1)


class Killed(BaseException):
    """What ends a process, not what a program raises."""


def _killed(*_: object, **__: object) -> None:
    raise Killed


def test_a_reply_that_cannot_be_read_goes_to_a_person_and_holds_up_no_other(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.record()
    react = reacting.react

    def poisoned(*args: object, **said: object) -> None:
        reply = said["reply"]
        assert isinstance(reply, Reply)
        if reply.reference == "POISON":
            raise RecursionError(reply.body)
        react(*args, **said)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(reacting, "react", poisoned)
    clinic.keep("chest pain", now=NOON, reference="POISON")
    clinic.keep("my foot is numb", now=NOON, reference="IN2", sent_from=STRANGER)
    clinic.read(NOON)
    with clinic.open_db() as db:
        assert not db.scalars(select(Reply).where(Reply.read_at.is_(None))).all()
    assert [alert.label for alert in alerts(clinic)] == [Label.EMERGENCY, Label.NERVE]


def withdrawn(clinic: Clinic) -> set[Purpose]:
    with clinic.open_db() as db:
        lines = db.scalars(select(Consent).where(Consent.channel == Channel.SMS, Consent.says == Consented.WITHDRAWN))
        return {line.purpose for line in lines}


@on_one_database
@pytest.mark.parametrize(
    "said", ["please don't text me any more", "take me off your list", "no me manden mas mensajes"]
)
def test_an_opt_out_in_plain_words_is_one(clinic: Clinic, said: str) -> None:
    clinic.record()
    clinic.reply(said, now=NOON)
    assert (withdrawn(clinic), answers(clinic)) == (set(Purpose), ["stop-confirmation"])
    assert "stop" in last(clinic).labels


def test_stop_with_a_symptom_is_both_and_a_person_must_phone(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("stop, and my leg is still numb", now=NOON)
    [alert] = alerts(clinic)
    assert (alert.label, alert.must_phone, withdrawn(clinic)) == (Label.NERVE, True, set(Purpose))
    assert answers(clinic) == ["stop-confirmation"]


def test_an_emergency_after_stop_is_not_answered_but_phoned(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("STOP", now=MONDAY)
    clinic.reply("I have chest pain", now=NOON)
    [alert] = alerts(clinic)
    assert (alert.label, alert.must_phone, answers(clinic)) == (Label.EMERGENCY, True, ["stop-confirmation"])


def test_a_question_that_has_the_word_is_no_opt_out(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("when will the tingling stop?", now=NOON)
    assert withdrawn(clinic) == set()
    assert alerts(clinic)


def test_a_wrong_number_stops_everyone_there_and_a_person_looks(clinic: Clinic) -> None:
    clinic.record("T1")
    clinic.record("T2", patient={"given_name": "Ben"})
    clinic.reply("wrong number", now=NOON)
    assert len({line.patient_id for line in _withdrawals(clinic)}) == 2
    [alert] = alerts(clinic)
    assert (alert.label, alert.must_phone, answers(clinic)) == (Label.UNCLEAR, True, ["stop-confirmation"])


def _withdrawals(clinic: Clinic) -> list[Consent]:
    with clinic.open_db() as db:
        return list(db.scalars(select(Consent).where(Consent.says == Consented.WITHDRAWN)))


def test_help_is_answered_and_a_person_reads_it(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("HELP", now=NOON)
    assert ([alert.label for alert in alerts(clinic)], answers(clinic)) == ([Label.QUESTION], ["help"])


def test_start_needs_nobody(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("START", now=NOON)
    assert (alerts(clinic), answers(clinic)) == ([], [])


def test_staff_who_answer_a_notice_take_the_alert_and_are_no_patients(clinic: Clinic) -> None:
    put_on_call(clinic, phone=STRANGER)
    clinic.record()
    clinic.reply("my foot is numb", now=NOON)
    clinic.tick(NOON)
    clinic.reply("ok", now=local(7, 12, 1), sent_from=STRANGER)
    [alert] = alerts(clinic)
    assert alert.taken_at == local(7, 12, 1)
    assert last(clinic).labels == []


def test_a_new_worry_after_one_was_taken_is_told_anew(clinic: Clinic) -> None:
    clinic.record()
    clinic.reply("my foot is numb", now=NOON)
    with clinic.open_db() as db:
        alerting.take(db, alert=db.get_one(Alert, alerts(clinic)[0].id), by="K. Osei", now=local(7, 13))
    clinic.reply("now my chest hurts when i breathe", now=local(7, 14))
    assert [alert.label for alert in alerts(clinic)] == [Label.NERVE, Label.EMERGENCY]
    assert answers(clinic) == ["answer-nerve", "answer-emergency"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \t\n ",
        "\u202e3\u202c \u2067x\u2069",
        "\x1b[2J\x07 numb\u2400",
        "<script>alert(1)</script> my foot is numb",
        '=HYPERLINK("http://x.example")',
        "\uffff\ufffe\U0010ffff",
        "\N{FACE WITH THERMOMETER}" * 20_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_whatever_comes_is_read(clinic: Clinic, body: str) -> None:
    assert_read(clinic, body)


@on_one_database
@pytest.mark.parametrize(
    "body",
    ["x" * 100_000, "numb " * 20_000, "7" * 100_000, "e" + "\u0301" * 50_000],
    ids=lambda body: repr(body[:12]),
)
def test_however_long_it_is_it_is_read(clinic: Clinic, body: str) -> None:
    assert_read(clinic, body)


def assert_read(clinic: Clinic, body: str) -> None:
    asked(clinic)
    clinic.reply(body, now=local(14, 11), reference="odd", sent_from=PHONE)
    reply = last(clinic)
    assert (reply.read_at, reply.body) == (local(14, 11), body)
    assert reply.labels


def test_two_ticks_at_once_read_each_reply_once(busy_clinic: Clinic) -> None:
    clinic = busy_clinic
    for number in range(3):
        phone = f"+1212555010{number}"
        clinic.record(f"T{number}", patient={"phone": phone, "given_name": f"P{number}"})
        for said in ("my foot is numb", "thanks", "I have chest pain"):
            clinic.keep(said, now=NOON, sent_from=phone, reference=f"{number} {said}")
    meet = Barrier(2)

    def read() -> None:
        meet.wait()
        clinic.read(NOON)

    threads = [Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clinic.read(NOON)
    assert [alert.label for alert in alerts(clinic)] == [Label.EMERGENCY] * 3
    assert answers(clinic).count("answer-emergency") == 3
