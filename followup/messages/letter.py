"""One email as bytes for the wire: headers that mail programs act on, and addresses that cannot smuggle others in."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.utils import getaddresses

from followup.messages.gateway import Parcel

_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f\"(),:;<>@\[\\\]]{1,64}")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
)


_NOT_ONE = "this is not one email address, such as care@clinic.example"


class _UrlHeader(UnstructuredHeader, BaseHeader):
    """Never folded: a long URL would come out as RFC 2047 words, which no mail program follows."""

    def fold(self, *, policy: policy.Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _UrlHeader)
_POLICY = policy.SMTP.clone(cte_type="7bit", header_factory=_HEADERS)


@dataclass(frozen=True, slots=True)
class Letter:
    sender: str
    to: str
    reference: str  #: its Message-ID, the same on every attempt, so that a mailbox can drop a second copy
    content: bytes  #: CRLF lines, 7-bit unless `needs_utf8`, not yet dot-stuffed
    needs_utf8: bool  #: the address itself is not ASCII: RFC 6531


def address_of(text: str) -> Address:
    """A sender such as `Clinic <care@clinic.example>`, its domain in ASCII.

    Raises:
        ValueError: it is not exactly one address that can be written to.
    """
    written = getaddresses([text])
    if len(written) != 1 or len(text.splitlines()) > 1:
        raise ValueError(_NOT_ONE)
    return Address(written[0][0], *_parts(written[0][1]))


def _parts(spec: str) -> tuple[str, str]:
    local, _, domain = spec.rpartition("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError(_NOT_ONE)
    return local, domain


def write(parcel: Parcel, sender: Address) -> Letter:
    """The whole email.

    Raises:
        ValueError: the recipient's address cannot be written to.
    """
    to = Address("", *_parts(parcel.to))
    needs_utf8 = not (to.addr_spec + sender.addr_spec).isascii()
    reference = f"<{parcel.message_id}@{sender.domain}>"
    email = EmailMessage(policy=_POLICY.clone(utf8=needs_utf8))
    email["Message-ID"] = reference
    email["Date"] = datetime.now(UTC)
    email["From"] = sender
    email["To"] = to
    email["Subject"] = " ".join(parcel.subject.split())
    email["Auto-Submitted"] = "auto-replied" if parcel.is_answer else "auto-generated"  # RFC 3834
    email["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # Exchange; "All" would hide bounces too
    if parcel.unsubscribe_url:
        email["List-Unsubscribe"] = f"<{parcel.unsubscribe_url}>"
        email["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    email.set_content(parcel.text)
    if parcel.html:
        email.add_alternative(parcel.html, subtype="html")
    return Letter(sender.addr_spec, to.addr_spec, reference, email.as_bytes(), needs_utf8)
