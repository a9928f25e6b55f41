import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import urlsplit

import pytest
import requests

from followup.emulators import Emulators

from .conftest import ACCOUNT, CERTIFICATE


def mail(*, to: str = "patient@example.org", subject: str = "After your visit") -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"] = "<one.1@clinic.example>"
    message["From"] = "Clinic <care@clinic.example>"
    message["To"] = to
    message["Date"] = formatdate()
    message["Subject"] = subject
    message.set_content("Mild soreness is común.\n")
    message.add_alternative("<p>Mild soreness is común.</p>\n", subtype="html")
    return message


@contextmanager
def connected(emulators: Emulators, timeout: float = 5) -> Iterator[smtplib.SMTP]:
    url = urlsplit(emulators.smtp_url)
    connection = smtplib.SMTP(url.hostname or "", url.port or 0, local_hostname="localhost", timeout=timeout)
    try:
        yield connection
    finally:
        connection.close()


def test_a_mail_is_kept_and_opened(emulators: Emulators) -> None:
    emulators.clock(timedelta(hours=1))
    with connected(emulators) as smtp:
        assert smtp.send_message(mail(subject="¿Cómo está?")) == {}
        smtp.quit()
    [row] = emulators.mailbox()
    assert row["message_id"] == "<one.1@clinic.example>"
    assert (row["to"], row["from"], row["subject"]) == ("patient@example.org", "care@clinic.example", "¿Cómo está?")
    assert row["text"] == "Mild soreness is común.\n"
    assert row["html"] == "<p>Mild soreness is común.</p>\n"
    assert row["headers"]["From"] == "Clinic <care@clinic.example>"
    assert row["accepted_at"] < row["business_at"]


def test_utf8_addresses_and_8bit_bodies_are_taken(emulators: Emulators) -> None:
    with connected(emulators) as smtp:
        smtp.ehlo()
        assert (smtp.has_extn("smtputf8"), smtp.has_extn("8bitmime")) == (True, True)
        smtp.send_message(mail(to="señora@example.org"))
    assert emulators.mailbox()[0]["to"] == "señora@example.org"


def test_every_recipient_has_a_row(emulators: Emulators) -> None:
    with connected(emulators) as smtp:
        smtp.send_message(mail(to="a@example.org, b@example.org"))
    assert [row["to"] for row in emulators.mailbox()] == ["a@example.org", "b@example.org"]
    asked = requests.get(f"{emulators.mail_http_url}/_emulator/mailbox?to=B@example.org", timeout=5).json()
    assert [row["to"] for row in asked] == ["b@example.org"]


@pytest.mark.parametrize(("kind", "code"), [("temporary", 451), ("permanent", 550)])
def test_a_mailbox_can_be_refused(kind: str, code: int, emulators: Emulators) -> None:
    emulators.fault(kind, match="patient@")
    with connected(emulators) as smtp:
        assert smtp.send_message(mail(to="other@example.org")) == {}
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            smtp.send_message(mail())
        assert caught.value.recipients["patient@example.org"][0] == code
        assert smtp.send_message(mail()) == {}
    assert [row["to"] for row in emulators.mailbox()] == ["other@example.org", "patient@example.org"]


def test_a_connection_can_die_after_the_dot_while_the_mail_is_kept(emulators: Emulators) -> None:
    emulators.fault("cut_after_data", match="visit")
    with connected(emulators) as smtp, pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        smtp.send_message(mail())
    assert len(emulators.mailbox()) == 1


def test_a_server_can_hang_after_the_dot_until_reset(emulators: Emulators) -> None:
    emulators.fault("mail_hang")
    with connected(emulators, timeout=0.2) as smtp, pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        smtp.send_message(mail())
    assert len(emulators.mailbox()) == 1
    emulators.reset()
    with connected(emulators) as smtp:
        assert smtp.send_message(mail()) == {}


def test_faults_of_texts_leave_mail_alone(emulators: Emulators) -> None:
    emulators.fault("busy")
    with connected(emulators) as smtp:
        assert smtp.send_message(mail()) == {}


def test_what_is_no_mail_is_kept_all_the_same(emulators: Emulators) -> None:
    with connected(emulators) as smtp:
        smtp.sendmail("care@clinic.example", ["patient@example.org"], b"not a header\r\n\r\nwords\r\n")
    [row] = emulators.mailbox()
    assert (row["message_id"], row["from"], row["subject"]) == ("", "", "")


def test_with_tls_and_a_login_both_are_insisted_on(server_tls: ssl.SSLContext) -> None:
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    with Emulators(account=ACCOUNT, mail_tls=server_tls, mail_login=("cl/inic", "pass word")) as emulators:
        assert emulators.smtp_url.startswith("smtp://cl%2Finic:pass%20word@127.0.0.1:")
        assert emulators.smtp_url.endswith("?starttls=required")
        with connected(emulators) as smtp:
            with pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"):
                smtp.send_message(mail())
            smtp.starttls(context=trusting)
            with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
                smtp.send_message(mail())
            with pytest.raises(smtplib.SMTPAuthenticationError):
                smtp.login("cl/inic", "wrong")
            smtp.login("cl/inic", "pass word")
            assert smtp.send_message(mail()) == {}
        assert len(emulators.mailbox()) == 1


def test_an_untrusted_certificate_is_noticed_by_the_client(server_tls: ssl.SSLContext) -> None:
    with Emulators(account=ACCOUNT, mail_tls=server_tls) as emulators, connected(emulators) as smtp:
        with pytest.raises(ssl.SSLCertVerificationError):
            smtp.starttls(context=ssl.create_default_context())
        assert emulators.mailbox() == []


def test_a_login_without_tls_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="mail_tls"):
        Emulators(account=ACCOUNT, mail_login=("a", "b")).__enter__()
