"""The Twilio account that is played: who may call, and how what leaves is signed."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from twilio.request_validator import RequestValidator


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """REST calls show the auth token or the API key; webhooks are signed with the auth token alone."""

    sid: str
    auth_token: str = field(repr=False)
    api_key: str = ""
    api_secret: str = field(default="", repr=False)

    def credentials(self) -> frozenset[str]:
        """Every `Authorization` header that is let in."""
        pairs = {(self.sid, self.auth_token)}
        if self.api_key:
            pairs.add((self.api_key, self.api_secret))
        return frozenset("Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode() for name, secret in pairs)

    def sign(self, url: str, form: Mapping[str, str]) -> str:
        """The `X-Twilio-Signature` of a form posted to a URL."""
        return str(RequestValidator(self.auth_token).compute_signature(url, form))


DEFAULT_ACCOUNT = TwilioAccount(sid="AC" + "0" * 32, auth_token="emulator")  # noqa: S106 — everybody may know it
