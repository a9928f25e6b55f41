from pathlib import Path

import pytest

from followup.messages.smtp_account import SmtpAccount, Tls

SENDER = "Clinic <care@clinic.example>"


@pytest.mark.parametrize(
    ("url", "account"),
    [
        ("smtp://relay.example?starttls=required", ("relay.example", 587, Tls.STARTTLS, "", "")),
        (
            "smtp://care:p%40ss%2Fw%3A@relay.example:25?starttls=required",
            ("relay.example", 25, Tls.STARTTLS, "care", "p@ss/w:"),
        ),
        ("smtps://care:word@relay.example", ("relay.example", 465, Tls.IMPLICIT, "care", "word")),
        ("smtp://localhost:8025", ("localhost", 8025, Tls.NONE, "", "")),
        ("smtp://127.1.2.3", ("127.1.2.3", 587, Tls.NONE, "", "")),
        ("smtp://[::1]:25", ("::1", 25, Tls.NONE, "", "")),
    ],
)
def test_an_smtp_url_names_the_relay_and_the_login(url: str, account: tuple[object, ...]) -> None:
    found = SmtpAccount.from_url(url, sender=SENDER)
    assert (found.host, found.port, found.tls, found.name, found.password) == account


@pytest.mark.parametrize(
    ("url", "mend"),
    [
        ("", "SMTP_URL: write smtp://"),
        ("http://relay.example", "SMTP_URL: write smtp://"),
        ("smtp://", "SMTP_URL: write smtp://"),
        ("smtp://care@relay.example?starttls=required", "SMTP_URL: write smtp://"),
        ("smtp://care:hidden/hidden@relay.example", "SMTP_URL: write smtp://"),
        ("smtp://care:hidden@relay.example:99999?starttls=required", "SMTP_URL: write smtp://"),
        ("smtp://care:hidden@relay.example", "relay.example is another machine; add"),
        ("smtp://10.0.0.1", "10.0.0.1 is another machine; add"),
        ("smtp://relay.example?starttls=maybe", "only starttls=required is known"),
        ("smtp://localhost?tls=1", "only starttls=required is known"),
        ("smtps://relay.example?starttls=required", "only with smtp://"),
    ],
)
def test_a_wrong_smtp_url_is_refused_with_the_mend(url: str, mend: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL") as refused:
        SmtpAccount.from_url(url, sender=SENDER)
    assert mend in str(refused.value)
    assert "hidden" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_wrong_sender_or_ca_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="EMAIL_FROM: this is not one email address"):
        SmtpAccount.from_url("smtp://localhost", sender="Clinic")
    with pytest.raises(ValueError, match="SMTP_CA_FILE: there is no file"):
        SmtpAccount.from_url("smtp://localhost", sender=SENDER, ca_file=tmp_path / "ca.pem")


def test_a_password_is_not_shown() -> None:
    assert "hidden" not in repr(SmtpAccount.from_url("smtps://care:hidden@relay.example", sender=SENDER))
