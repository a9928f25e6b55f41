"""Links that patients get: signed, without a name or a number in them."""

from dataclasses import dataclass
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads the tokens of patients' pages (`/p/<token>/…`)."""

    public_url: str
    secret_key: str

    def to(self, page: str, patient_id: UUID) -> str:
        """The address of one patient's page: feedback, preferences, unsubscribe or book."""
        return f"{self.public_url}/p/{self._signer.dumps(patient_id.hex)}/{page}"

    def patient_of(self, token: str) -> UUID | None:
        """Whose token this is, or None when it was not made here."""
        try:
            return UUID(hex=self._signer.loads(token))
        except (BadSignature, TypeError, ValueError, AttributeError):
            return None

    @property
    def _signer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret_key, salt="patient pages")
