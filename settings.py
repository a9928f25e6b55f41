"""Every knob of the operator, read from the environment or `.env`. Each one also as `NAME_FILE`: a file with the value.

Whoever asks for a way out (`settings.twilio`, `settings.smtp`) gets the one that is right for live or not live,
and so needs to know nothing of the difference.
"""

import os
import re
import secrets
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import getaddresses
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field, FilePath, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ENV_FILE = ".env"
SECRET_KEY_LENGTH = 32  #: characters
LONGEST = 32_768  #: characters of a value in a file; no setting is nearly as long
EMULATED_ACCOUNT = "AC" + "0" * 32
EMULATED_TOKEN = "emulator"  # noqa: S105 - opens nothing but the emulator
EMULATED_SENDER = "+15005550006"  # Twilio's own magic number that may always send


class SettingsError(Exception):
    """Settings that can't be used; each problem is one line that names the setting and the mend, never its value."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class TwilioAccess:
    """How to speak to Twilio, or to the emulator of it. `base_url` has no slash at its end."""

    base_url: str
    account_sid: str
    auth_token: SecretStr
    auth_token_secondary: SecretStr | None = None
    api_key: str = ""
    api_secret: SecretStr | None = None
    messaging_service_sid: str = ""
    sender: str = ""  #: E.164; empty when a messaging service chooses the number


@dataclass(frozen=True, slots=True)
class SmtpAccess:
    """How to hand over email. `url` may hold a password; `ca_file` is None for the system's own authorities."""

    url: SecretStr
    ca_file: Path | None
    sender: str


def is_loopback(url: str) -> bool:
    """Whether what is sent to this address stays on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    # Twilio refuses a host name with an underscore as an address for receipts. Patients' links begin with this.
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or "_" in parts.hostname
        or re.search(r"[\s?#@]", url)
    ):
        raise ValueError
    _ = parts.port  # raises ValueError for what is no port
    return url.rstrip("/")


def _database_address(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"} and rest:
        url = f"postgresql+psycopg://{rest}"
    try:
        parts = make_url(url)
    except ArgumentError:
        raise ValueError from None
    # An @ within a password would make its end a part of the host's name, which every error tells.
    if parts.drivername == "postgresql+psycopg" and rest and "@" not in (parts.host or ""):
        return url
    if url.startswith("sqlite:///") and parts.database not in {None, "", ":memory:"}:
        return url
    raise ValueError


def _mail_address(url: str) -> str:
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or query not in ({}, {"starttls": ["required"]}):
        raise ValueError
    _ = parts.port
    return url


def _sender(value: str) -> str:
    written = getaddresses([value])
    if len(written) != 1 or not re.fullmatch(r"[^@\s]+@[^@\s]+", written[0][1]):
        raise ValueError
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
DatabaseAddress = Annotated[str, AfterValidator(_database_address)]
SID = "[0-9A-Za-z]{32}"


class NamedFiles(EnvSettingsSource):
    """Reads `NAME_FILE` wherever the environment or `.env` has one, as container secrets are handed over."""

    def __init__(self, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self.env_vars = {}
        for source in reversed(sources):
            if isinstance(source, EnvSettingsSource):
                self.env_vars = {**self.env_vars, **source.env_vars}

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        problems: list[str] = []
        for name in self.settings_cls.model_fields:
            if not (path := self.env_vars.get(f"{name}_file")):
                continue
            try:
                found[name] = self._read(name, Path(path))
            except SettingsError as error:
                problems += error.problems
        if problems:
            raise SettingsError(*problems)
        return found

    def _read(self, name: str, path: Path) -> str:
        shown = name.upper()
        if self.env_vars.get(name):
            raise SettingsError(f"{shown} and {shown}_FILE are both set; keep one of them.")
        try:
            with path.open(encoding="utf-8") as file:
                content = file.read(LONGEST + 1)
        except (OSError, UnicodeDecodeError) as error:
            # Without the path: it may be the secret itself, put there by mistake.
            line = f"{shown}_FILE can't be read ({_why(error)}); it must be the path of a file that holds the value."
            raise SettingsError(line) from None
        if len(content) > LONGEST:
            raise SettingsError(f"{shown}_FILE names a file that is too long for a setting; name the right one.")
        if not content.strip():
            raise SettingsError(f"{shown}_FILE names an empty file; write the value into it.")
        return content.strip()


class Settings(BaseSettings):
    """What the operator chose. Every description ends the sentence "<NAME> must be …"."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,  # a value may be a secret
        use_attribute_docstrings=True,
        validate_default=True,
    )

    followup_live: bool = False
    """true or false"""
    followup_data_dir: Annotated[Path, AfterValidator(Path.absolute)] = Path("var")
    """a folder for what this machine keeps, such as /srv/followup"""
    followup_host: str = "127.0.0.1"
    """the address to listen on, such as 127.0.0.1"""
    followup_port: int = Field(default=8000, ge=1, le=65535)
    """a port from 1 to 65535, such as 8000"""

    database_url: DatabaseAddress = Field(
        default_factory=lambda found: f"sqlite:///{found['followup_data_dir']}/followup.db", repr=False
    )
    """postgresql://name:password@host/database (%40 for an @ in the password), or sqlite:////path/to/file"""
    redis_url: str = Field(default="", pattern=r"^(rediss?://\S+|redis\+socket:///\S+)?$", repr=False)
    """redis://host:6379/0, or empty for the Valkey that comes along"""
    secret_key: SecretStr | None = None
    """at least 32 characters that nobody can guess (openssl rand -hex 32 makes some)"""
    public_url: WebAddress = Field(default_factory=lambda found: f"http://127.0.0.1:{found['followup_port']}")
    """what Twilio and patients reach, such as https://followup.example.org, with no underscore in its host name and no @, ? or #"""

    twilio_account_sid: str = Field(default="", pattern=rf"^$|^AC{SID}$")
    """the account's SID from Twilio's console, AC and 32 more"""
    twilio_auth_token: SecretStr | None = None
    """the account's token from Twilio's console"""
    twilio_auth_token_secondary: SecretStr | None = None
    """the account's second token, while tokens are being changed"""
    twilio_api_key: str = Field(default="", pattern=rf"^$|^SK{SID}$")
    """an API key's SID from Twilio's console, SK and 32 more"""
    twilio_api_secret: SecretStr | None = None
    """the secret of TWILIO_API_KEY"""
    twilio_messaging_service_sid: str = Field(default="", pattern=rf"^$|^MG{SID}$")
    """a messaging service's SID from Twilio's console, MG and 32 more"""
    twilio_from: str = Field(default="", pattern=r"^$|^\+[1-9]\d{6,14}$")
    """your Twilio number in E.164, such as +14155550123"""
    twilio_api_base_url: WebAddress = "https://api.twilio.com"
    """the root of Twilio's API, such as https://api.twilio.com"""

    smtp_url: MailAddress | None = Field(default=None, repr=False)
    """smtp://name:password@host:587?starttls=required, or smtps://name:password@host:465"""
    smtp_ca_file: FilePath | None = None
    """a file with the certificates to trust (PEM)"""
    email_from: Annotated[str, AfterValidator(_sender)] = "followup@clinic.example"
    """an email address, such as Northside Clinic <followup@clinic.example>"""

    emulator_twilio_url: WebAddress = "http://127.0.0.1:8001"
    """where the Twilio emulator listens, such as http://127.0.0.1:8001"""
    emulator_smtp_url: MailAddress = "smtp://127.0.0.1:8025"
    """where the mail emulator listens, such as smtp://127.0.0.1:8025"""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - NAME_FILE takes its place
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, NamedFiles(settings_cls, env_settings, dotenv_settings)

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_seen(cls, value: Any) -> Any:
        if isinstance(value, str) and any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in value):
            raise PydanticCustomError("unseen", "holds what cannot be seen")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if problems := list(self._contradictions()):
            raise ValueError("\n".join(problems))
        return self

    def _contradictions(self) -> Iterator[str]:
        if bool(self.twilio_api_key) != bool(self.twilio_api_secret):
            yield "TWILIO_API_KEY and TWILIO_API_SECRET belong together; set both, or neither."
        if not self.followup_live:
            return
        for name in ("secret_key", "public_url", "twilio_account_sid", "twilio_auth_token", "smtp_url", "email_from"):
            if name not in self.model_fields_set or not getattr(self, name):
                field: FieldInfo = type(self).model_fields[name]
                yield f"{name.upper()} is missing, and FOLLOWUP_LIVE=true needs it; set it to {field.description}."
        if not (self.twilio_messaging_service_sid or self.twilio_from):
            yield "TWILIO_MESSAGING_SERVICE_SID or TWILIO_FROM is missing, and FOLLOWUP_LIVE=true needs one of them."
        if self.secret_key and len(self.secret_key.get_secret_value()) < SECRET_KEY_LENGTH:
            yield f"SECRET_KEY must have at least {SECRET_KEY_LENGTH} characters; openssl rand -hex 32 makes one."
        if self.smtp_url and not _is_safe_mail(self.smtp_url):
            yield "SMTP_URL would send mail in the clear; use smtps://…, or add ?starttls=required."

    @property
    def twilio(self) -> TwilioAccess:
        """The real account while live; else the emulator, whatever the TWILIO_* settings say."""
        if not self.followup_live:
            return TwilioAccess(
                self.emulator_twilio_url, EMULATED_ACCOUNT, SecretStr(EMULATED_TOKEN), sender=EMULATED_SENDER
            )
        assert self.twilio_auth_token is not None, "checked when the settings were read"
        return TwilioAccess(
            base_url=self.twilio_api_base_url,
            account_sid=self.twilio_account_sid,
            auth_token=self.twilio_auth_token,
            auth_token_secondary=self.twilio_auth_token_secondary,
            api_key=self.twilio_api_key,
            api_secret=self.twilio_api_secret,
            messaging_service_sid=self.twilio_messaging_service_sid,
            sender=self.twilio_from,
        )

    @property
    def smtp(self) -> SmtpAccess:
        """The real mail server while live; else the emulator's mailbox, whatever SMTP_URL says."""
        if not self.followup_live:
            return SmtpAccess(url=SecretStr(self.emulator_smtp_url), ca_file=None, sender=self.email_from)
        assert self.smtp_url is not None, "checked when the settings were read"
        return SmtpAccess(url=SecretStr(self.smtp_url), ca_file=self.smtp_ca_file, sender=self.email_from)

    def signing_key(self) -> str:
        """SECRET_KEY; while not live, else one that is made once and kept in the data folder for its owner alone."""
        if self.secret_key:
            return self.secret_key.get_secret_value()
        path = self.data_folder() / "secret_key"
        if not path.exists():
            _write_once(path, secrets.token_hex(SECRET_KEY_LENGTH))
        return path.read_text(encoding="ascii")

    def data_folder(self) -> Path:
        """FOLLOWUP_DATA_DIR, made for its owner alone if there is none. Raises `SettingsError`."""
        folder = self.followup_data_dir
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            line = f"FOLLOWUP_DATA_DIR can't be used ({error.strerror}); it must be a folder that this process may write to."
            raise SettingsError(line) from None
        return folder


def _is_safe_mail(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "smtps" or "starttls" in parse_qs(parts.query) or is_loopback(url)


def load() -> Settings:
    """The settings of this process. Raises `SettingsError`."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(*_problems(error)) from None  # the original may quote a secret
    except UnicodeDecodeError as error:
        raise SettingsError(f"{ENV_FILE} can't be read ({_why(error)}); save it as text in UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{ENV_FILE} can't be read ({_why(error)}); run this as a user who may read it.") from None


def _why(error: OSError | UnicodeDecodeError) -> str:
    return "it is not text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error.strerror)


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_input=False, include_url=False):
        if not problem["loc"]:
            yield from str(problem["ctx"]["error"]).split("\n")
        elif problem["type"] != "default_factory_not_called":  # follows from a problem that is named already
            name = str(problem["loc"][0])
            unseen = "holds a line break, or another character that can't be seen; it must be"
            what = unseen if problem["type"] == "unseen" else "can't be used as it is; it must be"
            yield f"{name.upper()} {what} {Settings.model_fields[name].description}."


def _write_once(path: Path, content: str) -> None:
    # Web and worker may start in the same moment: a link appears whole, and only for the first of them.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()
