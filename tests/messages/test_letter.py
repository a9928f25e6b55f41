from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from uuid import UUID

import pytest

from followup.messages.gateway import Parcel
from followup.messages.letter import address_of, write

SENDER = address_of("Clínica Alba <care@clinic.example>")
PARCEL = Parcel(
    message_id=UUID(int=1),
    attempt_id=UUID(int=2),
    to="ana@patient.example",
    text="Hello Ana\n",
    subject="After your visit",
)


def read(parcel: Parcel) -> EmailMessage:
    return message_from_bytes(write(parcel, SENDER).content, policy=policy.default)


def test_an_email_says_that_a_machine_wrote_it() -> None:
    email = read(PARCEL)
    assert email["From"] == "Clínica Alba <care@clinic.example>"
    assert email["To"] == "ana@patient.example"
    assert email["Subject"] == "After your visit"
    assert email["Auto-Submitted"] == "auto-generated"
    assert email["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert email["List-Unsubscribe"] is None
    assert email.get_content() == "Hello Ana\r\n"
    assert abs(datetime.now(UTC) - parsedate_to_datetime(str(email["Date"]))) < timedelta(minutes=1)


def test_an_answer_says_so() -> None:
    assert read(replace(PARCEL, is_answer=True))["Auto-Submitted"] == "auto-replied"


def test_every_attempt_has_the_same_message_id() -> None:
    first, second = write(PARCEL, SENDER), write(replace(PARCEL, attempt_id=UUID(int=3)), SENDER)
    assert first.reference == second.reference == f"<{UUID(int=1)}@clinic.example>"
    assert read(PARCEL)["Message-ID"] == first.reference


def test_html_comes_beside_the_text() -> None:
    email = read(replace(PARCEL, text="¿Qué tal?\n", html="<p>¿Qué tal?</p>"))
    plain, html = email.get_body(("plain",)), email.get_body(("html",))
    assert plain
    assert html
    assert plain.get_content() == "¿Qué tal?\r\n"
    assert html.get_content() == "<p>¿Qué tal?</p>\r\n"


def test_a_long_unsubscribe_address_stays_whole() -> None:
    url = "https://clinic.example/p/" + "aB_-9" * 50 + "/unsubscribe"
    content = write(replace(PARCEL, unsubscribe_url=url), SENDER).content
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in content
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in content


@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r", "\x0b", "\x1c", "\x85", "\u2028"])
def test_a_subject_cannot_smuggle_a_header_in(newline: str) -> None:
    email = read(replace(PARCEL, subject=f"Hello{newline}Bcc: eve@evil.example"))
    assert email["Bcc"] is None
    assert email["Subject"] == "Hello Bcc: eve@evil.example"


def test_only_ascii_goes_over_the_wire() -> None:
    letter = write(replace(PARCEL, subject="¿Cómo está? " * 20, text="ñ" * 2000, html="<p>é</p>"), SENDER)
    assert letter.content.isascii()
    assert max(map(len, letter.content.split(b"\r\n"))) <= 998


def test_an_address_beyond_ascii_says_so() -> None:
    letter = write(replace(PARCEL, to="jörg@bücher.example"), SENDER)
    assert letter.needs_utf8
    assert letter.to == "jörg@xn--bcher-kva.example"
    assert "To: jörg@xn--bcher-kva.example\r\n".encode() in letter.content
    assert not write(replace(PARCEL, to="jorg@bücher.example"), SENDER).needs_utf8


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "@clinic.example",
        "ana@",
        "ana@clinic..example",
        "ana@-clinic.example",
        "a b@clinic.example",
        "ana@clinic.example\r\nBcc: eve@evil.example",
        "ana@clinic.example, eve@evil.example",
        "<ana@clinic.example",
        "ana@clinic.example>",
        "ana@ev\u0000il.example",
        f"{'a' * 65}@clinic.example",
    ],
)
def test_what_is_not_one_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not one email address"):
        write(replace(PARCEL, to=text), SENDER)


@pytest.mark.parametrize("text", ["o'brien+x@clinic.example", "a.b-c_d@sub.clinic.example", "ana@localhost"])
def test_what_is_one_address_is_taken(text: str) -> None:
    assert write(replace(PARCEL, to=text), SENDER).to == text


@pytest.mark.parametrize("text", ["", "Clinic", "a@b.example, c@d.example", "Clinic <a@b.example>\nBcc: x@y.example"])
def test_a_sender_is_one_address(text: str) -> None:
    with pytest.raises(ValueError, match="not one email address"):
        address_of(text)
