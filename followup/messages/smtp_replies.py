"""What an SMTP server's refusal means for us: RFC 5321 §4.2 codes, RFC 3463 statuses, and what relays really say."""

import re
from enum import StrEnum

from followup.messages.gateway import Refusal, Refused, Unavailable


class Step(StrEnum):
    """Where in the talk the server said it."""

    DOOR = "door"  #: greeting, EHLO, STARTTLS, AUTH
    SENDER = "sender"  #: MAIL
    RECIPIENT = "recipient"  #: RCPT
    CONTENT = "content"  #: DATA and the final dot


_STATUS = re.compile(rb"^[45]\.\d{1,3}\.\d{1,3}")
_ADDRESS = re.compile(rb"\S*@\S*")  # taken out first: a patient may be called relay@…
_OUR_ACCOUNT = re.compile(rb"relay|authenticat|log ?in|sender|client host", re.IGNORECASE)
_AUTH_CODES = {530, 534, 535, 538}
_OUR_STATUSES = {"5.1.7", "5.1.8"}  # the sender's address
_ADDRESS_CODES = {501, 521, 550, 551, 553, 556}


def judge(step: Step, code: int, text: bytes) -> Refused | Unavailable:
    """The consequence of a reply other than the wanted one; never for an unreadable answer to the final dot.

    The server's own words are not kept: they may name the patient's address.
    """
    found = _STATUS.match(text)
    status = found.group().decode() if found else ""
    if status[:1] != str(code)[:1]:
        status = ""  # RFC 2034 §4: of the same class as the code, or it says nothing
    label = f"{code} {status}".strip()
    if not 500 <= code < 600 or status == "5.2.2" or (code == 552 and step is Step.RECIPIENT):
        return Unavailable(label)  # 5.2.2 and 552 at RCPT: the mailbox is full, which passes
    if step in (Step.DOOR, Step.SENDER) or code in _AUTH_CODES or _is_about_us(status, text):
        return Unavailable(label, stops_sender=True)
    return Refused(_why(step, code, status), label)


def _is_about_us(status: str, text: bytes) -> bool:
    if status in _OUR_STATUSES:
        return True
    return status[:3] in ("", "5.7") and bool(_OUR_ACCOUNT.search(_ADDRESS.sub(b"", text)))


def _why(step: Step, code: int, status: str) -> Refusal:
    if status.startswith("5.1.") or status in ("5.2.1", "5.6.7"):
        return Refusal.BAD_ADDRESS
    if step is Step.CONTENT:
        return Refusal.CONTENT
    if code in _ADDRESS_CODES and not status.startswith("5.7."):
        return Refusal.BAD_ADDRESS
    return Refusal.UNKNOWN
