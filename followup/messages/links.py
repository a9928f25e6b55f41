"""Links in messages: signed, without a name or a number in them, and short enough for a text."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import cache, lru_cache
from uuid import UUID

from itsdangerous import BadSignature, Signer


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads the tokens of patients' pages (`/p/<token>/…`), and the addresses that notices to staff hold."""

    public_url: str
    secret_key: str

    def to(self, page: str, about: UUID) -> str:
        """The address of a patient's page: about the patient (preferences) or about one message (check-in)."""
        return f"{self.public_url}/p/{_token(self.secret_key, about)}/{page}"

    def to_alert(self, alert_id: UUID) -> str:
        """The address at which staff open an alert; it tells nothing to who is not signed in."""
        return f"{self.public_url}/alerts/{alert_id}"

    def id_of(self, token: str) -> UUID | None:
        """Which patient or message a token is about, or None when it was not made here."""
        try:
            return UUID(bytes=urlsafe_b64decode(_signer(self.secret_key).unsign(token) + b"=="))
        except (BadSignature, ValueError):
            return None


@cache
def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt="patient pages")


@lru_cache(maxsize=1024)  # a message may hold three links of one patient
def _token(secret_key: str, about: UUID) -> str:
    return _signer(secret_key).sign(urlsafe_b64encode(about.bytes).rstrip(b"=")).decode()
