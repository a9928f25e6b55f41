import threading
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from followup.db import OpenDb, connect
from followup.models import Attempt, Message, Patient, Receipt, Reply
from followup.runtime import Runtime
from followup.terms import Channel, Consented, Status
from followup.web import create_app

from .conftest import NOW, PHONE, PUBLIC_URL, SECOND_TOKEN, TOKEN, Browser, Pairs, consents

SID = "SM" + "a" * 32
STRANGE_ID = "0199aaaa-0000-7000-8000-000000000000"
REPLY = "/hooks/twilio/reply"


def receipt_path(attempt: Attempt) -> str:
    return f"/hooks/twilio/receipt?m={attempt.message_id}&a={attempt.id}"


def receipt(status: str, **more: str) -> Pairs:
    return list({"MessageSid": SID, "MessageStatus": status, "To": PHONE, "ErrorCode": "", **more}.items())


def reply(body: str, *, sid: str = SID, **more: str) -> Pairs:
    return list({"MessageSid": sid, "From": PHONE, "To": "+14155550100", "Body": body, **more}.items())


def status_of(open_db: OpenDb, attempt: Attempt) -> Status:
    with open_db() as db:
        return db.get_one(Message, attempt.message_id).status


def kept(open_db: OpenDb, table: type[Receipt | Reply]) -> int:
    with open_db() as db:
        return db.scalars(select(func.count()).select_from(table)).one()


def only_reply(open_db: OpenDb) -> Reply:
    with open_db() as db:
        return db.scalars(select(Reply)).one()


def test_a_receipt_moves_its_message_on(browser: Browser, open_db: OpenDb, attempt: Attempt) -> None:
    answer = browser.hook(receipt_path(attempt), receipt("delivered"))

    assert (answer.status_code, answer.content) == (204, b"")
    assert status_of(open_db, attempt) is Status.DELIVERED


def test_receipts_out_of_order_end_the_same(browser: Browser, open_db: OpenDb, attempt: Attempt) -> None:
    for word in ("delivered", "sent", "queued"):
        assert browser.hook(receipt_path(attempt), receipt(word)).status_code == 204

    assert status_of(open_db, attempt) is Status.DELIVERED
    assert kept(open_db, Receipt) == 3


def test_a_receipt_that_comes_twice_is_kept_once(browser: Browser, open_db: OpenDb, attempt: Attempt) -> None:
    answers = [browser.hook(receipt_path(attempt), receipt("sent")).status_code for _ in range(2)]

    assert answers == [204, 204]
    assert kept(open_db, Receipt) == 1


def test_a_status_that_we_do_not_know_is_taken_and_forgotten(
    browser: Browser, open_db: OpenDb, attempt: Attempt
) -> None:
    assert browser.hook(receipt_path(attempt), receipt("pondered")).status_code == 204
    assert status_of(open_db, attempt) is Status.SENDING


@pytest.mark.parametrize(
    "query", ["", "?m=1&a=2", f"?m={STRANGE_ID}", f"?m={STRANGE_ID}&a={STRANGE_ID}", "?m=%00&a=%ff"]
)
def test_a_receipt_about_nothing_of_ours_is_taken_and_forgotten(browser: Browser, open_db: OpenDb, query: str) -> None:
    assert browser.hook(f"/hooks/twilio/receipt{query}", receipt("sent")).status_code == 204
    assert kept(open_db, Receipt) == 0


def test_a_reply_is_kept_raw_and_answered_with_empty_instructions(
    browser: Browser, open_db: OpenDb, patient: Patient
) -> None:
    answer = browser.hook(REPLY, reply("3, bit sore", NumMedia="0", FutureParameter="x"))

    assert (answer.status_code, answer.text) == (200, "<Response/>")
    assert answer.headers["Content-Type"].startswith("text/xml")
    found = only_reply(open_db)
    assert (found.sent_from, found.body, found.received_at) == (patient.phone, "3, bit sore", NOW)
    assert found.raw["FutureParameter"] == "x"


def test_a_reply_that_comes_twice_is_kept_once(browser: Browser, open_db: OpenDb) -> None:
    answers = [browser.hook(REPLY, reply("7")).text for _ in range(2)]

    assert answers == ["<Response/>", "<Response/>"]
    assert kept(open_db, Reply) == 1


def test_a_reply_that_comes_twice_at_once_is_kept_once(browser: Browser, open_db: OpenDb) -> None:
    answers: list[int] = []
    both = [
        threading.Thread(target=lambda: answers.append(browser.hook(REPLY, reply("7")).status_code)) for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert answers == [200, 200]
    assert kept(open_db, Reply) == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "still tingling 😖 in my left foot",
        "لا يزال الخدر في قدمي",
        "قدمي \u202b3\u202c",
        "a" * 1600,
        "<b>&amp;</b>\r\n",
    ],
)
def test_whatever_a_patient_writes_is_kept_word_for_word(browser: Browser, open_db: OpenDb, body: str) -> None:
    assert browser.hook(REPLY, reply(body)).status_code == 200
    assert only_reply(open_db).body == body


def test_a_nul_keeps_its_place_where_the_database_takes_none(browser: Browser, open_db: OpenDb) -> None:
    assert browser.hook(REPLY, reply("numb\x00foot", Odd="\x00")).status_code == 200

    found = only_reply(open_db)
    assert (found.body, found.raw["Odd"]) == ("numb␀foot", "␀")


def test_a_name_that_comes_twice_is_kept_twice(browser: Browser, open_db: OpenDb) -> None:
    pairs = [*reply("hi"), ("Extra", "two"), ("Extra", "one")]

    assert browser.hook(REPLY, pairs).status_code == 200
    assert only_reply(open_db).raw["Extra"] == ["two", "one"]


def test_a_reply_without_an_id_is_refused_in_words(browser: Browser, open_db: OpenDb) -> None:
    answer = browser.hook(REPLY, reply("hi", sid=""))

    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert "MessageSid" in answer.json()["detail"]
    assert kept(open_db, Reply) == 0


def test_stop_is_obeyed_at_once_and_start_restores(browser: Browser, open_db: OpenDb, patient: Patient) -> None:
    browser.hook(REPLY, reply("Stop.", sid="SM1"))
    assert consents(open_db, patient.id, Channel.SMS) == {Consented.WITHDRAWN}
    assert consents(open_db, patient.id, Channel.EMAIL) == {Consented.GIVEN}

    browser.hook(REPLY, reply("START", sid="SM2"))
    assert consents(open_db, patient.id, Channel.SMS) == {Consented.GIVEN}


def test_the_second_token_is_as_good_as_the_first(browser: Browser, open_db: OpenDb) -> None:
    assert browser.hook(REPLY, reply("hi"), token=SECOND_TOKEN).status_code == 200
    assert kept(open_db, Reply) == 1


def test_a_signature_with_another_token_is_refused(browser: Browser, open_db: OpenDb) -> None:
    answer = browser.hook(REPLY, reply("STOP"), token="not-ours")

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert kept(open_db, Reply) == 0


@pytest.mark.parametrize("headers", [{}, {"X-Twilio-Signature": ""}, {"X-Twilio-Signature": "é".encode("latin-1")}])
def test_no_signature_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert browser.post(REPLY, headers={**form, **headers}, content=b"Body=STOP").status_code == 403


def test_a_reply_changed_on_its_way_is_refused(browser: Browser, open_db: OpenDb) -> None:
    tampered = urlencode(reply("STOP")).encode()

    assert browser.hook(REPLY, reply("hello"), sent=tampered).status_code == 403
    assert kept(open_db, Reply) == 0


def test_a_blank_that_was_left_out_is_refused(browser: Browser) -> None:
    without_body = urlencode([pair for pair in reply("") if pair[0] != "Body"]).encode()

    assert browser.hook(REPLY, reply(""), sent=without_body).status_code == 403


def test_a_receipt_replayed_for_another_message_is_refused(browser: Browser, open_db: OpenDb, attempt: Attempt) -> None:
    pairs = receipt("failed")
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}/hooks/twilio/receipt?m=1&a=2", dict(pairs))

    answer = browser.post(receipt_path(attempt), data=dict(pairs), headers={"X-Twilio-Signature": signature})

    assert answer.status_code == 403
    assert status_of(open_db, attempt) is Status.SENDING


@pytest.mark.parametrize("signed_for", ["http://care.example", "http://10.0.0.7:8000", "https://evil.example"])
def test_a_signature_for_another_address_is_refused(browser: Browser, signed_for: str) -> None:
    assert browser.hook(REPLY, reply("hi"), signed_for=signed_for).status_code == 403


def test_a_proxy_cannot_change_what_address_counts(browser: Browser) -> None:
    pairs = reply("hi")
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + REPLY, dict(pairs))
    behind = {"Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}

    answer = browser.post(REPLY, data=dict(pairs), headers={"X-Twilio-Signature": signature, **behind})

    assert answer.status_code == 200


def test_the_port_of_https_may_be_signed(browser: Browser) -> None:
    assert browser.hook(REPLY, reply("hi"), signed_for=f"{PUBLIC_URL}:443").status_code == 200


def test_bytes_that_are_no_utf_8_are_refused_in_order(browser: Browser) -> None:
    answer = browser.hook(REPLY, reply("ol\ufffd"), sent=urlencode(reply("ol")).encode() + b"%e9\xff&%ff=\xfe")

    assert answer.status_code == 403


def test_bytes_that_are_no_utf_8_lose_nothing_else(browser: Browser, open_db: OpenDb) -> None:
    sent = urlencode(reply("pain 7 ")).encode().replace(b"pain+7+", b"pain+7+%e9")

    assert browser.hook(REPLY, reply("pain 7 \ufffd"), sent=sent).status_code == 200
    assert only_reply(open_db).body == "pain 7 \ufffd"


def test_a_body_of_100_kb_is_kept_in_any_script(browser: Browser, open_db: OpenDb) -> None:
    body = "\N{CJK UNIFIED IDEOGRAPH-75DB}" * 33_000
    assert browser.hook(REPLY, reply(body)).status_code == 200
    assert only_reply(open_db).body == body


def test_a_body_of_a_megabyte_is_not_read(browser: Browser, open_db: OpenDb) -> None:
    answer = browser.hook(REPLY, reply("x" * 1_000_000))

    assert (answer.status_code, answer.json()["title"]) == (413, HTTPStatus(413).phrase)
    assert kept(open_db, Reply) == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("path", [REPLY, "/hooks/twilio/receipt"])
def test_hooks_are_only_posted_to(browser: Browser, method: str, path: str) -> None:
    answer = browser.ask(method, path)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_slash_too_many_is_not_redirected(browser: Browser) -> None:
    assert browser.hook(f"{REPLY}/", reply("hi")).status_code == 404


def test_a_failure_says_nothing_of_the_inside(
    runtime: Runtime, caplog: pytest.LogCaptureFixture, blank_database_url: str
) -> None:
    without_tables = connect(blank_database_url)
    answer = Browser(create_app(replace(runtime, engine=without_tables))).hook(REPLY, reply("my foot is numb"))
    without_tables.dispose()

    assert (answer.status_code, answer.json()["title"]) == (500, "Internal Server Error")
    assert "Content-Security-Policy" in answer.headers
    assert not {"Traceback", "reply", "numb", PHONE} & set(answer.text.split())
    told = str([vars(record) for record in caplog.records])
    assert "numb" not in told
    assert PHONE not in told
    assert "OperationalError" in told or "ProgrammingError" in told
