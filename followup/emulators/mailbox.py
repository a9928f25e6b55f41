"""The mails that were taken, opened."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one mailbox. `message_id` is its Message-ID header, `to` the mailbox that SMTP named."""

    message_id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    accepted_at: datetime
    business_at: datetime

    def row(self) -> dict[str, Any]:
        return {
            "message_id": self.message_id,
            "to": self.to,
            "from": self.sender,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "headers": self.headers,
            "accepted_at": self.accepted_at.isoformat(),
            "business_at": self.business_at.isoformat(),
        }


def open_mail(content: bytes, *, to: str, accepted_at: datetime, business_at: datetime) -> Mail:
    message = message_from_bytes(content, policy=policy.default)
    return Mail(
        message_id=str(message.get("Message-ID", "")).strip(),
        to=to,
        sender=parseaddr(str(message.get("From", "")))[1],
        subject=str(message.get("Subject", "")),
        text=_words(message, "plain"),
        html=_words(message, "html"),
        headers=_headers(message),
        accepted_at=accepted_at,
        business_at=business_at,
    )


def _words(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def _headers(message: EmailMessage) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in message.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else str(value)
    return headers
