"""Links that patients get: signed, without a name or a number in them."""

from dataclasses import dataclass
from functools import cache, lru_cache
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads the tokens of patients' pages (`/p/<token>/…`)."""

    public_url: str
    secret_key: str

    def to(self, page: str, patient_id: UUID) -> str:
        """The address of one patient's page: feedback, preferences, unsubscribe or book."""
        return f"{self.public_url}/p/{_token(self.secret_key, patient_id)}/{page}"

    def patient_of(self, token: str) -> UUID | None:
        """Whose token this is, or None when it was not made here."""
        try:
            return UUID(hex=_signer(self.secret_key).loads(token))
        except (BadSignature, TypeError, ValueError, AttributeError):
            return None


@cache
def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="patient pages")


@lru_cache(maxsize=1024)  # a message may hold three links of one patient
def _token(secret_key: str, patient_id: UUID) -> str:
    return str(_signer(secret_key).dumps(patient_id.hex))
