"""Settings that are taken, and may still keep messages, receipts or replies from arriving, or from being private."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from followup.queries.findings import Finding, Grade
from settings import SECRET_KEY_LENGTH, Settings, is_loopback

_OK, _WARN, _STOP = Grade.OK, Grade.WARN, Grade.STOP


def examine(settings: Settings) -> Iterator[Finding]:
    """What there is to say of settings that could be read."""
    if not settings.followup_live:
        yield Finding(_OK, "settings", "Not live: texts and emails go to the emulators, whatever else is set.")
        if settings.secret_key and len(settings.secret_key.get_secret_value()) < SECRET_KEY_LENGTH:
            longer = (
                f"FOLLOWUP_LIVE=true needs at least {SECRET_KEY_LENGTH} characters; openssl rand -hex 32 makes some"
            )
            yield Finding(_WARN, "secret", f"SECRET_KEY is short; {longer}.")
        return
    yield Finding(_OK, "settings", "Live: texts and emails go to real patients.")
    yield Finding(_OK, "secret", "SECRET_KEY is long enough.")
    yield _public_url(settings.public_url, is_real=_is_twilio(settings.twilio_api_base_url))
    yield _api(settings.twilio_api_base_url)
    yield _mail(settings.smtp.url.get_secret_value())


def _public_url(url: str, *, is_real: bool) -> Finding:
    if is_loopback(url):
        # Twilio refuses such an address for receipts, and with it the text (error 21609).
        grade = _STOP if is_real else _WARN
        return Finding(
            grade, "public", "PUBLIC_URL is this machine alone; set the address that Twilio and patients reach."
        )
    if not url.startswith("https://"):
        return Finding(
            _WARN, "public", "PUBLIC_URL is not https: replies and links can be read on their way; use https."
        )
    return Finding(_OK, "public", "PUBLIC_URL is https.")


def _api(url: str) -> Finding:
    if not _is_twilio(url):
        return Finding(_WARN, "api", "TWILIO_API_BASE_URL is not Twilio's own, so texts go elsewhere; unset it.")
    return Finding(_OK, "api", "TWILIO_API_BASE_URL is Twilio's own.")


def _mail(url: str) -> Finding:
    parts = urlsplit(url)
    if parts.scheme == "smtp" and "starttls" not in parse_qs(parts.query):
        # Settings that are not loopback are refused without it.
        return Finding(_WARN, "mail tls", "SMTP_URL is without TLS, to a relay on this machine; see that it uses TLS.")
    return Finding(_OK, "mail tls", "SMTP_URL asks for TLS.")


def _is_twilio(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and (parts.hostname or "").endswith(".twilio.com")
