"""Where email leaves from, read from the settings `SMTP_URL`, `EMAIL_FROM` and `SMTP_CA_FILE`."""

import ipaddress
from dataclasses import dataclass, field
from email.headerregistry import Address
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from followup.messages.letter import address_of

URL_FORM = (
    "SMTP_URL: write smtp://name:password@host:587?starttls=required or smtps://name:password@host:465, "
    "with %40 for @, %2F for / and %3A for : in a name or password"
)


class Tls(StrEnum):
    NONE = "none"  #: on loopback only
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """The relay and who we are there. An empty `name` means no login; without `ca_file` the system's CAs are trusted."""

    host: str
    port: int
    tls: Tls
    sender: Address
    name: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None

    @classmethod
    def from_url(cls, url: str, *, sender: str, ca_file: str | Path | None = None) -> Self:
        """Read `SMTP_URL`, `EMAIL_FROM` and `SMTP_CA_FILE`.

        Raises:
            ValueError: one line that names the setting and the mend, never the password.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:  # its text may hold a piece of the password
            raise ValueError(URL_FORM) from None
        if parts.scheme not in ("smtp", "smtps") or not host or (parts.username is None) != (parts.password is None):
            raise ValueError(URL_FORM)
        if ca_file and not Path(ca_file).is_file():
            raise ValueError(f"SMTP_CA_FILE: there is no file {ca_file}")
        return cls(
            host=host,
            port=port or (465 if parts.scheme == "smtps" else 587),
            tls=_tls(parts, host),
            sender=_sender(sender),
            name=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            ca_file=Path(ca_file) if ca_file else None,
        )


def _tls(parts: SplitResult, host: str) -> Tls:
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if query not in ({}, {"starttls": "required"}) or (query and parts.scheme == "smtps"):
        raise ValueError("SMTP_URL: after the ? only starttls=required is known, and only with smtp://")
    if parts.scheme == "smtps":
        return Tls.IMPLICIT
    if query:
        return Tls.STARTTLS
    if not _is_loopback(host):
        raise ValueError(f"SMTP_URL: {host} is another machine; add ?starttls=required or use smtps://")
    return Tls.NONE


def _sender(text: str) -> Address:
    try:
        return address_of(text)
    except ValueError as why:
        raise ValueError(f"EMAIL_FROM: {why}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
