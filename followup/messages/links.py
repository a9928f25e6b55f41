"""Links in messages: signed, without a name or a number in them, and short enough for a text."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
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

    @property
    def to_no_password(self) -> str:
        """Where staff choose a password, without what opens it."""
        return f"{self.public_url}/password/link-left-out"

    def to_password(self, staff_id: UUID, *, mark: str, until: datetime) -> str:
        """The address at which one member of staff chooses a password, while `mark` is true of them and until then."""
        claim = staff_id.bytes + int(until.timestamp()).to_bytes(8, "big")
        token = _password_signer(self.secret_key, mark).sign(urlsafe_b64encode(claim).rstrip(b"="))
        return f"{self.public_url}/password/{token.decode()}"

    def claimed_by(self, token: str) -> UUID | None:
        """Whose password link a token says it is; proven by `is_password` alone."""
        claim = _claim(token)
        return UUID(bytes=claim[:16]) if claim else None

    def is_password(self, token: str, *, mark: str, at: datetime) -> bool:
        """Whether we made this password link, its mark still holds, and it is not over."""
        claim = _claim(token)
        if claim is None or not _password_signer(self.secret_key, mark).validate(token):
            return False
        return at.timestamp() < int.from_bytes(claim[16:], "big")

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


def _password_signer(secret_key: str, mark: str) -> Signer:
    return Signer(secret_key, salt=f"password {mark}")


def _claim(token: str) -> bytes | None:
    try:
        claim = urlsafe_b64decode(token.partition(".")[0] + "==")
    except ValueError:
        return None
    return claim if len(claim) == 24 else None
